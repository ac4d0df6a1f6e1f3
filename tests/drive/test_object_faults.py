"""All or nothing: a put of 30 files, with a fault at every one of its S3 calls."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.drive.asking import refusal
from tests.drive.failing import ALWAYS, OBJECTS, Stage, ThisOneAlone, no_patience, no_pauses
from tests.support.faults import conflict, crash_after, crash_before, lose_answer, server_error, timeout_before
from tests.support.system import System


@pytest.fixture
def stage(system: System, monkeypatch: pytest.MonkeyPatch) -> Stage:
    no_pauses(monkeypatch)
    return Stage.set(system)


@pytest.mark.parametrize("fault", [crash_before, crash_after])
def test_a_crash_at_any_object_leaves_nothing_but_objects_for_the_check(
    stage: Stage, fault: Callable[..., Any]
) -> None:
    rows = {name: rows for name, rows in stage.before.items() if name != "objects"}

    for at in range(OBJECTS):
        stage.fail("PutObject", fault, skip=at)
        assert stage.put() is None
        found = stage.system.contents()
        found.pop("objects")
        assert found == rows, at

    stage.repair()
    kept = [entry for entry in stage.system.contents()["objects"] if not entry[0].startswith("quarantine/")]
    assert kept == stage.before["objects"]
    assert stage.stored() == "nothing"


@pytest.mark.parametrize(("fault", "step"), [(server_error, 3), (timeout_before, 9), (lose_answer, 9)])
def test_an_object_that_cannot_be_written_leaves_nothing(stage: Stage, fault: Callable[..., Any], step: int) -> None:
    for at in range(0, OBJECTS, step):
        stage.fail("PutObject", fault, skip=at, times=ALWAYS)

        answer = stage.put()

        assert answer is not None
        assert refusal(answer)[0] == 503
        assert stage.system.contents() == stage.before, at
    assert stage.stored() == "nothing"


@pytest.mark.parametrize("fault", [server_error, timeout_before])
def test_an_object_written_at_the_second_try_is_not_noticed(stage: Stage, fault: Callable[..., Any]) -> None:
    for at in range(0, OBJECTS, 9):
        stage.fail("PutObject", fault, skip=at)

    answer = stage.put()

    assert answer is not None
    assert (answer.status, stage.met) == (200, 4)
    assert stage.stored() == "all"


@pytest.mark.parametrize("fault", [server_error, timeout_before, lose_answer])
def test_objects_that_cannot_be_deleted_are_left_to_the_check(
    stage: Stage, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The put is refused all the same, and with its own error."""
    no_patience(monkeypatch)
    stage.fail("TransactWriteItems", ThisOneAlone(conflict), times=ALWAYS)
    stage.fail("DeleteObjects", fault, times=ALWAYS)

    answer = stage.put()

    assert answer is not None
    assert refusal(answer) == (503, "Too much at once, try again", "busy")
    stage.repair()
    assert stage.stored() == "nothing"
