"""What calls functions without a request: AWS's own shapes, and what becomes of an event that fails."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, SQSEvent

from infra.runtime import sources
from infra.runtime.events import scheduled
from infra.runtime.function import FunctionError
from tests.support.ministack import Ministack

Sqs = Any


@pytest.fixture(scope="module")
def sqs(ministack: Ministack) -> Sqs:
    keys = {name.lower(): value for name, value in ministack.access.items() if name != "AWS_ENDPOINT_URL"}
    return boto3.client("sqs", endpoint_url=ministack.endpoint_url, region_name="us-east-1", **keys)


@pytest.fixture
def queue(sqs: Sqs) -> str:
    """A queue that shows again after a second what was not deleted."""
    name = f"q{uuid.uuid4().hex}"
    return str(sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"])


class Worker:
    """A function that keeps its events, and answers as it is told."""

    def __init__(self, answer: Callable[[list[dict[str, Any]]], Any]) -> None:
        self._answer = answer
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        return self._answer(event["Records"])

    @property
    def bodies(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.events]


def refuse(event: Any) -> Any:
    del event
    raise FunctionError("no")


def naming(*bodies: str) -> Callable[[list[dict[str, Any]]], Any]:
    """An answer that names the messages with these bodies as failed."""

    def answer(records: list[dict[str, Any]]) -> Any:
        failed = [{"itemIdentifier": one["messageId"]} for one in records if one["body"] in bodies]
        return {"batchItemFailures": failed}

    return answer


def left(sqs: Sqs, queue: str) -> set[str]:
    """What is in the queue."""
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return {message["Body"] for message in got}


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


def once_until(polling: sources.Polling, done: Callable[[], bool]) -> None:
    """Let it take what there is until that is so."""

    def again() -> bool:
        polling.once()
        return done()

    wait_until(again)


def test_a_message_comes_in_the_shape_of_sqs(sqs: Sqs, queue: str) -> None:
    sent = sqs.send_message(QueueUrl=queue, MessageBody='{"job": "thumbs"}')
    worker = Worker(naming())

    assert sources.Polling(sqs, queue, worker).once() == 1

    (event,) = worker.events
    (record,) = json.loads(json.dumps(event))["Records"]
    assert record.keys() == {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody",
        "eventSource", "eventSourceARN", "awsRegion",
    }  # fmt: skip
    assert (record["messageId"], record["md5OfBody"]) == (sent["MessageId"], sent["MD5OfMessageBody"])
    (parsed,) = SQSEvent(event).records
    assert parsed.json_body == {"job": "thumbs"}
    assert (parsed.event_source, parsed.aws_region) == ("aws:sqs", "us-east-1")
    assert parsed.event_source_arn.split(":")[2:4] == ["sqs", "us-east-1"]
    assert parsed.event_source_arn.endswith(f":{queue.rsplit('/', 1)[-1]}")
    assert parsed.attributes.approximate_receive_count == "1"
    assert int(parsed.attributes.sent_timestamp) <= int(parsed.attributes.approximate_first_receive_timestamp)


def test_what_was_done_is_deleted_and_what_failed_comes_again(sqs: Sqs, queue: str) -> None:
    for body in ("good", "bad", "fine"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    worker = Worker(naming("bad"))
    polling = sources.Polling(sqs, queue, worker, batch=10)

    once_until(polling, lambda: ["bad"] in worker.bodies)

    # Then what failed came by itself, and was counted
    assert worker.bodies[-1] == ["bad"]
    assert int(worker.events[-1]["Records"][0]["attributes"]["ApproximateReceiveCount"]) >= 2
    wait_until(lambda: left(sqs, queue) == {"bad"})


def test_an_event_takes_as_many_messages_as_a_batch_may_hold(sqs: Sqs, queue: str) -> None:
    for body in ("one", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    worker = Worker(naming())
    polling = sources.Polling(sqs, queue, worker, batch=1)

    assert [polling.once() for _ in range(3)] == [1, 1, 0]
    assert sorted(worker.bodies) == [["one"], ["two"]]


def test_a_function_that_fails_leaves_its_messages(sqs: Sqs, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="one")

    assert sources.Polling(sqs, queue, refuse).once() == 1

    wait_until(lambda: left(sqs, queue) == {"one"})


def test_a_message_that_fails_too_often_is_set_aside(sqs: Sqs, queue: str) -> None:
    dead = sqs.create_queue(QueueName=f"{queue.rsplit('/', 1)[-1]}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy})
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    polling = sources.Polling(sqs, queue, refuse)

    once_until(polling, lambda: bool(left(sqs, dead)))

    assert left(sqs, queue) == set()


def test_pollers_go_on_until_the_end_whatever_fails(sqs: Sqs, queue: str) -> None:
    worker = Worker(naming("bad"))
    for body in ("bad", "good"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)

    with sources.Polling(sqs, queue, worker, pollers=2) as polling:
        wait_until(lambda: worker.bodies.count(["bad"]) > 1 and ["good"] in worker.bodies)

    for thread in polling._threads:
        thread.join(5)
    assert [thread.is_alive() for thread in polling._threads] == [False, False]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "c"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"item": "b"}]}, {"a", "b"}),
        ({"batchItemFailures": ["b"]}, {"a", "b"}),
        ({"batchItemFailures": 7}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_which_messages_an_answer_fails(answer: Any, failed: set[str]) -> None:
    assert sources.failures(answer, ["a", "b"]) == failed


def test_a_schedule_comes_in_the_shape_of_eventbridge() -> None:
    event = scheduled("janitor", "eu-west-1")

    parsed = EventBridgeEvent(json.loads(json.dumps(event)))
    assert event.keys() == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (parsed.source, parsed.detail_type, parsed.detail) == ("aws.events", "Scheduled Event", {})
    assert parsed.resources == ["arn:aws:events:eu-west-1:000000000000:rule/janitor"]


@pytest.mark.parametrize(("failing", "calls", "taken"), [(0, 1, True), (2, 3, True), (3, 3, False)])
def test_a_stroke_that_fails_is_tried_twice_more(failing: int, calls: int, taken: bool) -> None:
    events: list[Any] = []

    def invoke(event: Any) -> None:
        events.append(event)
        if len(events) <= failing:
            raise FunctionError("no")

    assert sources.strike(invoke, "janitor", "us-east-1", again=(0, 0)) == taken
    assert events == [events[0]] * calls
