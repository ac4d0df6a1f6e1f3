"""Functions under AWS's own runtime client: an event at a time in each process, and what becomes of those that fail."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from infra.runtime.function import Function, FunctionError
from infra.runtime.sandbox import Sandbox
from tests.runtime.conftest import Make
from tests.support.threads import at_once

ECHO = """
    import os, sys
    def handler(event, context):
        return {"event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn, "pid": os.getpid(),
                "left": context.get_remaining_time_in_millis(), "path": sys.path, "has": dict(os.environ)}
"""
SLOW = """
    import os, time
    def handler(event, context):
        time.sleep(event)
        return os.getpid()
"""
# Each but the last event ends in the way that it names.
FAILING = """
    import os, time
    def handler(event, context):
        if event == "raise":
            raise ValueError("no such luck")
        if event == "exit":
            os._exit(3)
        if event == "long":
            return "x" * (6 * 2**20 + 101)
        if event == "sleep":
            time.sleep(60)
        return os.getpid()
"""


def error(function: Function, event: Any) -> dict[str, Any]:
    """What Lambda says about an event that fails."""
    with pytest.raises(FunctionError) as caught:
        function(event)
    said: dict[str, Any] = json.loads(str(caught.value))
    return said


def until_gone(pid: int) -> None:
    """Wait until there is no such process."""
    until = time.monotonic() + 10
    while Path("/proc", str(pid)).exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_event_reaches_the_handler_and_its_result_comes_back(function: Make) -> None:
    echo = function(ECHO)

    said = [echo(event) for event in ({"a": ["ü", None, 1.5]}, "text")]

    assert [one["event"] for one in said] == [{"a": ["ü", None, 1.5]}, "text"]
    assert said[0]["id"] != said[1]["id"]
    assert said[0]["pid"] == said[1]["pid"] in echo.processes
    assert said[0]["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:tested"
    assert 0 < said[0]["left"] <= 20_000


def test_a_process_sees_its_task_and_nothing_of_this_machine(function: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_PREFIX", "not-for-functions-")
    echo = function(ECHO)

    said = echo(None)

    task = echo.recipe.task
    assert said["path"][0] == str(task.directory)
    assert [path for path in said["path"] if "site-packages" in path] == []
    assert said["has"]["LAMBDA_TASK_ROOT"] == str(task.directory)
    assert said["has"]["AWS_LAMBDA_FUNCTION_NAME"] == "tested"
    assert said["has"]["MINE"] == "yes"
    assert {"TABLE_PREFIX", "HOME", "VIRTUAL_ENV"} & said["has"].keys() == set()


def test_events_at_once_have_a_process_each_up_to_the_limit(function: Make) -> None:
    slow = function(SLOW, most=2)
    at_once([lambda: slow(0.5)] * 2)
    begin = time.monotonic()

    pids = at_once([lambda: slow(0.5)] * 3)

    # Then the third waited for one of the two
    assert len(set(pids)) == 2
    assert set(pids) == set(slow.processes)
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        ("raise", "ValueError", "no such luck"),
        ("exit", "Runtime.ExitError", "Runtime exited with status 3"),
        ("long", "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size"),
        ("sleep", "Sandbox.Timedout", "Task timed out after 1.50 seconds"),
    ],
)
def test_an_event_that_fails_says_so_and_the_next_one_is_served(
    function: Make, event: str, kind: str, text: str
) -> None:
    failing = function(FAILING, seconds=1.5)
    before = failing("")

    said = error(failing, event)

    assert said["errorType"] == kind
    assert text in said["errorMessage"]
    # Then only an exception leaves the process as it was
    assert (failing("") == before) == (event == "raise")
    assert len(failing.processes) == 1


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("raise ValueError('not today')", "ValueError"),
        ("import no_such_module", "Runtime.ImportModuleError"),
        ("handle = None", "Runtime.HandlerNotFound"),
        ("def handler(", "Runtime.UserCodeSyntaxError"),
        ("import os; os._exit(1)", "Runtime.ExitError"),
    ],
)
def test_a_module_that_cannot_be_loaded_fails_each_event(function: Make, source: str, kind: str) -> None:
    broken = function(source)

    assert [error(broken, {})["errorType"] for _ in range(2)] == [kind] * 2
    assert broken.processes == []


def test_a_process_that_dies_between_events_is_replaced(function: Make) -> None:
    slow = function(SLOW)
    pid = slow(0)
    os.kill(pid, signal.SIGKILL)
    until_gone(pid)

    assert slow(0) != pid


def test_the_end_ends_what_is_under_way(function: Make) -> None:
    # Given an event that will take long
    with function(SLOW) as slow:
        slow(0)
        (pid,) = slow.processes

        def end() -> str:
            time.sleep(0.3)
            slow.__exit__(None, None, None)
            return ""

        said, _ = at_once([lambda: error(slow, 30)["errorType"], end])

    assert said == "Runtime.ExitError"
    until_gone(pid)
    with pytest.raises(FunctionError, match="gone"):
        slow(0)


def test_a_process_ends_when_nobody_is_left_to_serve_it(function: Make) -> None:
    sandbox = Sandbox(function(ECHO).recipe)
    sandbox.invoke(b"{}")

    # When the API goes without a word, as if this process had been killed
    sandbox._api.close()

    until_gone(sandbox.pid)
    sandbox.kill()
