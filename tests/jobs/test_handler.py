"""The function that SQS calls: Lambda finds it by its name, and hands it SQS's own events."""

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from chalice.app import ScheduledEventConfig, SQSEventConfig

from chalicelib.composition import build
from chalicelib.metadata.audit import JOB
from chalicelib.settings import Settings
from infra.local.function import LambdaContext
from tests.metadata.records import create
from tests.support.system import Answer, System

REPOSITORY = Path(__file__).resolve().parents[2]
QUEUE = "test-jobs"
URL = f"https://sqs.us-east-1.amazonaws.com/123456789012/{QUEUE}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"jobs_queue_url": URL})


@pytest.fixture
def queue(system: System) -> str:
    url = str(system.aws.sqs.create_queue(QueueName=QUEUE)["QueueUrl"])
    assert url == URL
    return url


def event(*bodies: str) -> dict[str, Any]:
    """What AWS calls a function with for messages of a queue."""
    return {"Records": [record(number, body) for number, body in enumerate(bodies)]}


def record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-66197597{number:04}",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{QUEUE}",
        "awsRegion": "us-east-1",
    }


def invoke(system: System, *bodies: str) -> None:
    system.app.handler_map["jobs"](event(*bodies), LambdaContext("request"))


def received(system: System, queue: str) -> list[str]:
    """Bodies of the messages that wait, which are taken away."""
    messages = system.aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        system.aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in messages]


def verify(system: System) -> Answer:
    answer = system.call("GET", "/api/v1/stats", query={"verify": "true"})
    assert answer.status == 200
    return answer


def test_an_audit_goes_through_the_queue_step_by_step(
    system: System, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.metadata.audit.PAGE", 2)
    for size in (1, 20, 300):
        create(system, size=size)

    assert verify(system).json == {"totalFiles": 3, "totalSizeBytes": 321, "verify": None}

    steps = []
    while bodies := received(system, queue):
        (body,) = bodies
        steps.append(json.loads(body))
        invoke(system, body)
    assert steps == [{"job": JOB, "step": number} for number in (1, 2, 3)]
    assert verify(system).json["verify"]["drift"] == 0


def test_a_message_that_comes_again_does_nothing(system: System, queue: str) -> None:
    verify(system)
    (first,) = received(system, queue)
    invoke(system, first)
    (second,) = received(system, queue)
    before = system.contents()

    invoke(system, first)
    invoke(system, first, first)

    assert system.contents() == before
    assert received(system, queue) == []
    invoke(system, second)
    assert verify(system).json["verify"]["drift"] == 0


def test_of_several_those_that_failed_come_again_soon_and_the_others_do_not(
    system: System, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[dict[str, Any]] = []
    monkeypatch.setattr(system.aws.sqs, "change_message_visibility", lambda **how: given_back.append(how))
    messages = event('{"job": "unknown"}', json.dumps({"job": JOB, "step": 9}), "not JSON")
    messages["Records"][2]["attributes"]["ApproximateReceiveCount"] = "3"

    answer = system.app.handler_map["jobs"](messages, LambdaContext("request"))

    ids = [entry["messageId"] for entry in messages["Records"]]
    assert answer == {"batchItemFailures": [{"itemIdentifier": ids[0]}, {"itemIdentifier": ids[2]}]}
    assert [(how["QueueUrl"], how["VisibilityTimeout"]) for how in given_back] == [(queue, 30), (queue, 120)]


@pytest.mark.parametrize("body", ['{"job": "unknown", "step": 1}', '{"step": 1}', "not JSON", "", "[]"])
def test_what_it_cannot_do_goes_back_to_the_queue(system: System, queue: str, body: str) -> None:
    """By raising: SQS hands it over again, and sets it aside after so many times."""
    assert queue
    with pytest.raises(BatchProcessingError):
        invoke(system, body)


@pytest.mark.parametrize(
    ("surface", "url", "there"),
    [("all", URL, True), ("internal", URL, True), ("public", URL, False), ("all", None, False)],
)
def test_it_is_there_where_there_is_a_queue_and_the_service(
    settings: Settings, surface: str, url: str | None, *, there: bool
) -> None:
    app = build(settings.model_copy(update={"surface": surface, "jobs_queue_url": url}))

    assert ("jobs" in app.handler_map) is there
    assert [source.queue for source in app.event_sources if isinstance(source, SQSEventConfig)] == [QUEUE] * there


@pytest.mark.parametrize(("surface", "there"), [("all", True), ("internal", True), ("public", False)])
def test_the_janitor_comes_by_every_hour_where_the_service_is(settings: Settings, surface: str, *, there: bool) -> None:
    app = build(settings.model_copy(update={"surface": surface}))

    schedules = [source for source in app.event_sources if isinstance(source, ScheduledEventConfig)]
    assert [source.schedule_expression.to_string() for source in schedules] == ["rate(1 hour)"] * there
    assert ("janitor" in app.handler_map) is there


def test_lambda_finds_it_in_the_module_that_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that Chalice writes into the template: an attribute of `app.py`."""
    for name, value in {"TABLE_PREFIX": "t-", "BLOB_BUCKET": "b", "KMS_KEY_ID": "k", "JOBS_QUEUE_URL": URL}.items():
        monkeypatch.setenv(name, value)

    module = runpy.run_path(str(REPOSITORY / "app.py"))

    names = {source.handler_string.removeprefix("app.") for source in module["app"].event_sources}
    assert names == {"jobs", "janitor"}
    for name in names:
        assert module[name] is module["app"].handler_map[name]
