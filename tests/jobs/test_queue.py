"""Messages: to SQS, or to a thread of this process; and who gets them."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws
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


@pytest.fixture
def system(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> System:
    """Over MiniStack, which is found by the client of SQS too, when it is first used."""
    for name, value in ministack.access.items():
        monkeypatch.setenv(name, value)
    return ministack.system()


@pytest.fixture
def url(system: System) -> str:
    """A queue of its own."""
    return str(system.aws.sqs.create_queue(QueueName=system.aws.settings.blob_bucket)["QueueUrl"])


def received(system: System, url: str) -> list[Message]:
    """All messages that stand in a queue, which they leave."""
    found: list[Message] = []
    while answer := system.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for one in answer:
            found.append(json.loads(one["Body"]))
            system.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


@pytest.mark.parametrize("message", [{"job": "audit", "step": 7}, {"job": "ä", "list": [1, None, "\n"]}])
def test_sqs_gets_a_message_as_json(system: System, url: str, message: Message) -> None:
    calls = Calls(system.aws)
    sent = watched(system)

    SqsJobs(url).send(message)

    assert sent == ["SendMessage"]
    assert received(system, url) == [message]
    assert calls.total == 0


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (10, 1), (11, 2), (35, 4)])
def test_sqs_gets_many_messages_in_tens(system: System, url: str, count: int, calls: int) -> None:
    sent = watched(system)

    SqsJobs(url).send_all([{"job": "part", "number": number} for number in range(count)])

    assert sent == ["SendMessageBatch"] * calls
    found = received(system, url)
    assert all(message["job"] == "part" for message in found)
    assert sorted(message["number"] for message in found) == list(range(count))


def test_sqs_that_takes_only_some_is_told_of(system: System, url: str) -> None:
    """As a store that is busy: whoever asked asks again, and a message may come twice."""

    def refuse_the_last(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Failed"] = [{**parsed["Successful"].pop(), "SenderFault": False, "Code": "InternalError"}]

    system.aws.sqs.meta.events.register("after-call.sqs.SendMessageBatch", refuse_the_last)
    sent = watched(system)

    with pytest.raises(aws.StoreBusyError) as caught:
        SqsJobs(url).send_all([{"job": "part", "number": number} for number in range(25)])

    assert sent == ["SendMessageBatch"]
    assert aws.passes(caught.value)


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


def test_many_messages_at_once_have_as_many_workers_as_there_are_threads() -> None:
    jobs, together, seen = LocalJobs(3), threading.Barrier(3), []

    def meet(message: Message) -> None:
        # Three of them must be at it at the same time, or none goes on.
        together.wait(10)
        seen.append((message["n"], threading.get_ident()))

    jobs.handle({"meet": meet})
    jobs.send_all([{"job": "meet", "n": n} for n in range(12)])
    jobs.wait()

    assert sorted(n for n, _ in seen) == list(range(12))
    assert len({worker for _, worker in seen}) == 3


@pytest.mark.parametrize(("threads", "messages", "workers"), [(4, 1, 1), (4, 2, 2), (2, 9, 2), (3, 0, 0)])
def test_no_more_threads_are_started_than_there_is_work_for(threads: int, messages: int, workers: int) -> None:
    before, jobs, go_on = threading.active_count(), LocalJobs(threads), threading.Event()
    jobs.handle({"wait": lambda _: None if go_on.wait(10) else pytest.fail("nobody let it go on")})

    jobs.send_all([{"job": "wait"}] * messages)

    assert threading.active_count() - before == workers
    go_on.set()
    jobs.wait()


def test_workers_in_threads_send_more_work(capsys: pytest.CaptureFixture[str]) -> None:
    """What comes of the work is waited for, and a failure among it ends nothing."""
    jobs, seen = LocalJobs(4), []

    def split(message: Message) -> None:
        seen.append(message["n"])
        if message["n"] == 3:
            raise OSError
        if message["n"] > 1:
            jobs.send_all([{"job": "split", "n": message["n"] - 1}] * 2)

    jobs.handle({"split": split})
    with recorded(capsys) as logs:
        jobs.send({"job": "split", "n": 2})
        jobs.send({"job": "split", "n": 4})
        jobs.wait()

    assert sorted(seen) == [1, 1, 2, 3, 3, 4]
    assert [line["why"] for line in logs.entries] == ["OSError"] * 2


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
