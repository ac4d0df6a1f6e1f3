"""Messages: to SQS, or to a thread of this process; and who gets them."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jobs import LocalJobs, Message, SqsJobs, dispatch
from tests.support.calls import Calls
from tests.support.logs import recorded
from tests.support.ministack import Ministack
from tests.support.system import System


@pytest.fixture
def local() -> Iterator[LocalJobs]:
    jobs = LocalJobs()
    yield jobs
    jobs.wait()


def nobody(message: Message) -> None:
    raise AssertionError(message)


def test_a_message_goes_to_the_handler_of_its_job() -> None:
    seen: list[tuple[str, Message]] = []
    handlers = {name: lambda message, name=name: seen.append((name, message)) for name in ("a", "b")}

    for message in ({"job": "b", "step": 1}, {"job": "a"}):
        dispatch(handlers, message)

    assert seen == [("b", {"job": "b", "step": 1}), ("a", {"job": "a"})]


@pytest.mark.parametrize("message", [{"job": "unknown"}, {"step": 1}])
def test_a_message_that_is_nobodys_is_a_fault(message: Message) -> None:
    """It comes again, and ends where messages end that nobody could work on."""
    with pytest.raises(KeyError):
        dispatch({"a": nobody}, message)


@pytest.mark.parametrize("message", [{"job": "audit", "step": 7}, {"job": "ä", "list": [1, None, "\n"]}])
def test_sqs_gets_a_message_as_json(ministack: Ministack, monkeypatch: pytest.MonkeyPatch, message: Message) -> None:
    for name, value in ministack.access.items():
        monkeypatch.setenv(name, value)
    system = ministack.system()
    url = system.aws.sqs.create_queue(QueueName=system.aws.settings.blob_bucket)["QueueUrl"]
    calls = Calls(system.aws)
    sent = watched(system)

    SqsJobs(url).send(message)

    (received,) = system.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(received["Body"]) == message
    assert sent == ["SendMessage", "ReceiveMessage"]
    assert calls.total == 0


def watched(system: System) -> list[str]:
    """The calls to SQS from now on."""
    made: list[str] = []

    def note(event_name: str, **_: Any) -> None:
        made.append(event_name.rsplit(".", 1)[-1])

    system.aws.sqs.meta.events.register_first("before-send.sqs.*", note)
    return made


def test_the_local_queue_works_in_order_and_elsewhere(local: LocalJobs) -> None:
    seen: list[tuple[int, int]] = []
    local.handle({"count": lambda message: seen.append((message["n"], threading.get_ident()))})

    for n in range(50):
        local.send({"job": "count", "n": n})
    local.wait()

    assert [n for n, _ in seen] == list(range(50))
    (worker,) = {thread for _, thread in seen}
    assert worker != threading.get_ident()


def test_nothing_runs_before_there_is_work() -> None:
    before = threading.active_count()
    LocalJobs().handle({"a": nobody})

    assert threading.active_count() == before


def test_waiting_takes_in_what_comes_of_the_work(local: LocalJobs) -> None:
    seen: list[int] = []

    def step(message: Message) -> None:
        seen.append(message["n"])
        if message["n"]:
            local.send({"job": "step", "n": message["n"] - 1})

    local.handle({"step": step})
    local.send({"job": "step", "n": 5})
    local.wait()

    assert seen == [5, 4, 3, 2, 1, 0]


def test_messages_from_many_threads_have_one_worker(local: LocalJobs) -> None:
    seen: list[int] = []
    local.handle({"note": lambda _: seen.append(threading.get_ident())})
    start = threading.Barrier(8)

    def send() -> None:
        start.wait()
        for _ in range(20):
            local.send({"job": "note"})

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    local.wait()

    assert (len(seen), len(set(seen))) == (160, 1)


def test_a_failed_job_does_not_end_the_others(local: LocalJobs, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told in the log by its type: a message of an exception may carry anything."""
    seen: list[str] = []

    def fail(_: Message) -> None:
        raise OSError("secret")

    local.handle({"fail": fail, "work": lambda message: seen.append(message["what"])})
    with recorded(capsys) as logs:
        for message in ({"job": "fail"}, {"job": "unknown"}, {"job": "work", "what": "done"}):
            local.send(message)
        local.wait()

    assert seen == ["done"]
    assert [(line["message"], line["job"], line["why"]) for line in logs.entries] == [
        ("job failed", "fail", "OSError"),
        ("job failed", "unknown", "KeyError"),
    ]
    assert "secret" not in logs.text
