"""The package's own workers, under AWS's runtime client and by AWS's own events."""

import io
import json
import os
import uuid
from pathlib import Path
from typing import Any

import boto3
import pytest
from PIL import Image

from infra.runtime import sources
from infra.runtime.deployment import HANDLERS
from infra.runtime.function import Function
from infra.runtime.sandbox import Recipe
from infra.runtime.task import Task
from tests.support.ministack import Ministack
from tests.support.system import System


class Place:
    """A system on MiniStack with a real queue, and the package's functions to work on it."""

    def __init__(self, ministack: Ministack, packaged: Task, log: Path) -> None:
        self.sqs: Any = boto3.client("sqs", region_name="us-east-1")
        made = self.sqs.create_queue(QueueName=f"q{uuid.uuid4().hex}", Attributes={"VisibilityTimeout": "5400"})
        self.queue: str = made["QueueUrl"]
        self.system: System = ministack.system(jobs_queue_url=self.queue, gc_grace_seconds=0)
        described = ministack.environment(self.system)
        self._variables = {name: value for name, value in described.items() if os.environ.get(name) != value}
        self._variables |= {**ministack.access, "SURFACE": "internal"}
        self._packaged, self._log = packaged, log

    def function(self, name: str) -> Function:
        return Function(Recipe(name, HANDLERS[name], self._packaged, self._variables, 60, 512, self._log), 1)

    def counted(self) -> tuple[int, int]:
        """Messages that wait, and messages that are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


@pytest.fixture
def place(ministack: Ministack, packaged: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in {**ministack.access, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    return Place(ministack, packaged, tmp_path / "log")


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(file, "PNG")
    return file.getvalue()


def test_a_picture_gets_its_thumbnails_by_way_of_the_queue(place: Place) -> None:
    alice = place.system.user()
    put = place.system.put(alice, ("green.png", picture()))
    assert put.status == 200
    assert place.counted() == (1, 0)

    with place.function("jobs") as jobs:
        assert sources.Polling(place.sqs, place.queue, jobs).once() == 1

    assert place.counted() == (0, 0)
    thumb = place.system.call("GET", "/api/v0/thumb", user=alice, query={"arg": put.json["hash"]})
    assert (thumb.status, thumb.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize("body", ["no JSON", "{}", json.dumps({"job": "unheard-of"})])
def test_a_message_that_nobody_can_do_is_given_back_for_a_while(place: Place, body: str) -> None:
    place.sqs.send_message(QueueUrl=place.queue, MessageBody=body)

    with place.function("jobs") as jobs:
        assert sources.Polling(place.sqs, place.queue, jobs).once() == 1

    # Then it is hidden, not for the time that a job may take, and not gone
    assert place.counted() == (0, 1)
    assert '"tries":1' in place.function("jobs").recipe.log.read_text()


def test_the_janitor_takes_away_what_nobody_holds(place: Place) -> None:
    alice = place.system.user()
    put = place.system.put(alice, ("a.txt", b"to be collected"))
    removed = place.system.call("POST", "/api/v0/rm", user=alice, query={"arg": put.json["hash"]})
    assert (put.status, removed.status) == (200, 200)
    assert place.system.contents()["objects"]

    with place.function("janitor") as janitor:
        assert sources.strike(janitor, "janitor", "us-east-1", again=())

    assert not place.system.contents()["objects"]
