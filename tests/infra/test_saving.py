import asyncio
import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.listening import Message, Receive, Scope, Send
from infra.local.ministack import Stack
from infra.local.saving import KEYS, PARTS, REST, TABLES, Saver, parts_changed, pause_after
from infra.local.snapshots import Snapshots, StateInUseError


@pytest.mark.parametrize(
    ("method", "path", "target", "parts"),
    [
        ("POST", "/", "DynamoDB_20120810.PutItem", {TABLES}),
        ("POST", "/", "DynamoDB_20120810.TransactWriteItems", {TABLES}),
        ("POST", "/", "DynamoDB_20120810.ExecuteStatement", {TABLES}),
        ("POST", "/", "DynamoDB_20120810.CreateTable", {TABLES}),
        ("POST", "/", "DynamoDB_20120810.TransactGetItems", set()),
        ("POST", "/", "DynamoDB_20120810.Query", set()),
        ("POST", "/", "DynamoDB_20120810.DescribeTimeToLive", set()),
        ("POST", "/", "TrentService.CreateKey", {KEYS}),
        ("POST", "/", "TrentService.ScheduleKeyDeletion", {KEYS}),
        ("POST", "/", "TrentService.EnableKeyRotation", {KEYS}),
        ("POST", "/", "TrentService.GetParametersForImport", {KEYS}),
        ("POST", "/", "TrentService.SomethingNew", {KEYS}),
        ("POST", "/", "TrentService.GenerateDataKeyWithoutPlaintext", set()),
        ("POST", "/", "TrentService.Decrypt", set()),
        ("POST", "/", "TrentService.GetKeyPolicy", set()),
        ("PUT", "/bucket/key", "", {REST}),
        ("DELETE", "/bucket", "", {REST}),
        ("POST", "/bucket", "", {REST}),
        ("GET", "/bucket/key", "", set()),
        ("HEAD", "/bucket/key", "", set()),
        ("POST", "/", "AmazonSQS.SendMessage", {REST}),
        ("POST", "/_ministack/reset", "", PARTS),
    ],
)
def test_which_requests_change_what(method: str, path: str, target: str, parts: set[str]) -> None:
    assert parts_changed(method, path, target) == parts


@pytest.mark.parametrize(("took", "pause"), [(0.0, 2.0), (0.2, 2.0), (0.5, 5.0)])
def test_saves_are_spaced_by_what_they_cost(took: float, pause: float) -> None:
    assert pause_after(took) == pause


class Disk:
    """A store of saves that can be told to refuse."""

    def __init__(self) -> None:
        self.saves: list[set[str]] = []
        self.full = False

    def encode(self, parts: Collection[str]) -> dict[str, bytes]:
        return dict.fromkeys(parts, b"")

    def write(self, files: Mapping[str, bytes]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.saves.append(set(files))


def test_only_what_changed_is_saved_and_at_the_end_everything() -> None:
    disk = Disk()

    async def scenario() -> Saver:
        saver = Saver(disk.encode, disk.write)
        await saver.save()
        saver.changed({TABLES})
        saver.changed({REST})
        await saver.save({KEYS})
        await saver.save()
        await saver.save()
        return saver

    asyncio.run(scenario()).save_at_end()

    assert disk.saves == [{KEYS}, {TABLES, REST}, PARTS]


def test_what_the_disk_refused_is_saved_later() -> None:
    disk = Disk()

    async def scenario() -> None:
        saver = Saver(disk.encode, disk.write)
        saver.changed({TABLES})
        disk.full = True
        with pytest.raises(OSError, match="No space"):
            await saver.save()
        disk.full = False
        await saver.save()

    asyncio.run(scenario())

    assert disk.saves == [{TABLES}]


def test_the_first_change_is_saved_at_once_and_a_second_waits() -> None:
    disk = Disk()

    async def scenario() -> None:
        saver = Saver(disk.encode, disk.write)
        running = asyncio.create_task(saver.run())
        for _ in range(3):
            saver.changed({TABLES})
            await asyncio.sleep(0.1)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(scenario())

    assert disk.saves == [{TABLES}]


def test_the_saver_outlives_a_disk_that_refuses(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    disk.full = True

    async def scenario() -> bool:
        saver = Saver(disk.encode, disk.write)
        running = asyncio.create_task(saver.run())
        saver.changed({TABLES})
        await asyncio.sleep(0.1)
        alive = not running.done()
        running.cancel()
        return alive

    assert asyncio.run(scenario())
    assert "could not be saved" in caplog.text


def call(app: Any, target: str) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"x-amz-target", target.encode())]}
    asyncio.run(app(scope, receive, send))
    return sent


def answering(disk: Disk, order: list[str]) -> Stack:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        order.append("handled")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    return Stack(app, Saver(disk.encode, disk.write))


def test_a_key_is_saved_before_its_maker_hears_of_it() -> None:
    disk, order = Disk(), list[str]()

    sent = call(answering(disk, order), "TrentService.CreateKey")

    assert (order, disk.saves, sent[0]["status"]) == (["handled"], [{KEYS}], 200)


def test_a_key_that_cannot_be_saved_is_not_announced() -> None:
    disk = Disk()
    disk.full = True

    sent = call(answering(disk, []), "TrentService.CreateKey")

    assert [message.get("status") for message in sent] == [500, None]
    assert b"was not saved" in sent[1]["body"]


def test_using_a_key_saves_nothing() -> None:
    disk = Disk()

    sent = call(answering(disk, []), "TrentService.Decrypt")

    assert (disk.saves, sent[0]["status"]) == ([], 200)


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_a_snapshot_keeps_the_files_that_did_not_change(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)

    snapshots.write({"a": b"1", "b": b"1"})
    snapshots.write({"a": b"2"})

    assert contents(snapshots.current) == {"a": b"2", "b": b"1"}
    assert len(list(tmp_path.glob("saved.*"))) == 1


def test_a_snapshot_is_for_its_owner_alone(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "new")
    snapshots.write({"a": b"1"})

    modes = [path.stat().st_mode & 0o777 for path in (snapshots.root, snapshots.current, snapshots.current / "a")]

    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("step", ["fsync", "link", "replace"])
def test_a_save_that_is_cut_off_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    snapshots = Snapshots(tmp_path)
    snapshots.write({"a": b"1", "b": b"1"})

    def cut_off(*_: object, **__: object) -> None:
        raise OSError(5, "cut off")

    with monkeypatch.context() as broken:
        broken.setattr(Path if step == "replace" else os, step, cut_off)
        with pytest.raises(OSError, match="cut off"):
            snapshots.write({"a": b"2"})
    before = contents(Snapshots(tmp_path).current)
    snapshots.write({"a": b"3"})

    assert before == {"a": b"1", "b": b"1"}
    assert contents(snapshots.current) == {"a": b"3", "b": b"1"}


def test_a_directory_has_one_user_at_a_time(tmp_path: Path) -> None:
    first = Snapshots(tmp_path)
    first.lock(0)

    with pytest.raises(StateInUseError, match="in use by another process"):
        Snapshots(tmp_path).lock(0.1)
