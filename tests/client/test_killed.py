"""Commands that are cut off from outside, and what the next one does again."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.conftest import content
from tests.client.faking import Drive
from tests.client.processes import start, until
from tests.client.serving import Fault, Reply, Request

MIB = 2**20
PART = MIB
PARTS = 12
SIZE = PARTS * PART - 5
RANGE = 4 * MIB


class Stuck:
    """From the `after`-th request on there is no answer, until `free`."""

    def __init__(self) -> None:
        self._freed = threading.Event()

    def fault(self, where: str, after: int) -> Fault:
        return Fault(where, self._wait, times=999, after=after)

    def _wait(self, request: Request, answer: Callable[[Request], Reply]) -> None:
        del request, answer
        self._freed.wait(60)

    def free(self) -> None:
        self._freed.set()


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    made = Stuck()
    yield made
    made.free()


def finish(drive: Drive, cwd: Path, *args: object) -> str:
    """Run a command to its good end; gives what it said on stderr."""
    with start(drive.api.url, cwd, *args) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said.decode()


def begun(notes: Path) -> set[int]:
    """Where the ranges of a download begin that are there."""
    runs = json.loads(notes.read_text())["done"] if notes.exists() else []
    return {start for first, last in runs for start in range(first, last + 1, RANGE)}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)])
def test_an_upload_sends_only_what_is_missing(
    number: signal.Signals, code: int, drive: Drive, tmp_path: Path, stuck: Stuck
) -> None:
    drive.part_size = PART
    (tmp_path / "large.bin").write_bytes(content(SIZE))
    drive.store.faults = [stuck.fault("PUT /part/", after=7)]
    with start(drive.api.url, tmp_path, "put", "large.bin") as process:
        until(lambda: len(drive.store.log) == 7 + 4)
        until(lambda: len(drive.sessions["upload0"].arrived) == 7)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert (b"goes on from there" in said) is (number == signal.SIGINT)
    drive.store.faults.clear()
    drive.store.log.clear()

    said_again = finish(drive, tmp_path, "put", "large.bin")

    assert said_again == f"7 of {PARTS} parts are there already\n"
    assert len(drive.store.log) == PARTS - 7
    assert [one.data for one in drive.stored.values()] == [content(SIZE)]
    assert list(drive.sessions) == ["upload0"]


def test_a_second_command_waits_for_what_the_first_completed(drive: Drive, tmp_path: Path, stuck: Stuck) -> None:
    drive.part_size = PART
    (tmp_path / "large.bin").write_bytes(content(SIZE))
    drive.api.faults = [stuck.fault("POST /api/v0/upload/status", after=0)]
    with start(drive.api.url, tmp_path, "put", "large.bin") as process:
        until(lambda: drive.api.heard("POST /api/v0/upload/status"))
        process.kill()
    drive.api.faults.clear()
    drive.store.log.clear()

    finish(drive, tmp_path, "put", "large.bin")

    assert drive.store.log == []
    assert len(drive.api.heard("POST /api/v0/upload/complete")) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_a_download_gets_only_what_is_missing(
    number: signal.Signals, code: int, drive: Drive, tmp_path: Path, stuck: Stuck
) -> None:
    size = 10 * RANGE + 5
    cid = drive.add(content(size), "large.bin")
    drive.api.faults = [stuck.fault("GET /api/v0/get", after=5)]
    notes = tmp_path / "large.bin.part.json"
    with start(drive.api.url, tmp_path, "get", cid) as process:
        # Which five of the first ones were answered depends on who connected first.
        until(lambda: len(begun(notes)) == 5)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert (b"goes on from there" in said) is (number == signal.SIGINT)
    assert not (tmp_path / "large.bin").exists()
    there = begun(notes)
    drive.api.faults.clear()
    drive.api.log.clear()

    said_again = finish(drive, tmp_path, "get", cid)

    assert "5 of 11 ranges" in said_again
    ranges = [one.headers["range"] for one in drive.api.heard("GET /")]
    asked = {int(one.removeprefix("bytes=").split("-")[0]) for one in ranges}
    assert (len(ranges), asked) == (6, {n * RANGE for n in range(11)} - there)
    assert (tmp_path / "large.bin").read_bytes() == content(size)
    assert [path.name for path in tmp_path.iterdir()] == ["large.bin"]
