"""Downloads that go on where they were cut off."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cid import CHUNK
from client.partfiles import PartFile
from tests.client.conftest import Cli, content
from tests.client.faking import Drive

SIZE = 8 * CHUNK + 1000

pytestmark = pytest.mark.usefixtures("there")


def sent(drive: Drive) -> int:
    """Bytes that the drive was asked for, by ranges."""
    asked = [one.headers["range"].removeprefix("bytes=").split("-") for one in drive.api.heard("GET /api/v0/get")]
    return sum(int(end) - int(start) + 1 for start, end in asked)


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Ctrl-C comes once `after` ranges are written."""
    write: Callable[[PartFile, int, bytes], None] = PartFile.write
    count: list[int] = []

    def some(self: PartFile, start: int, data: bytes) -> None:
        if len(count) == after:
            raise KeyboardInterrupt
        count.append(start)
        write(self, start, data)

    monkeypatch.setattr(PartFile, "write", some)


def test_an_interrupted_download_goes_on_where_it_was(
    cli: Cli, drive: Drive, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = drive.add(content(SIZE))
    with monkeypatch.context() as patched:
        interrupt(patched, after=5)
        ran = cli("get", cid)
    assert (ran.code, "goes on from there" in ran.err) == (130, True)
    done = sum(
        (last - first) // CHUNK + 1 for first, last in json.loads((there / "a.bin.part.json").read_text())["done"]
    )
    drive.api.log.clear()

    cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)
    assert done == 5
    assert SIZE - done * CHUNK <= sent(drive) <= SIZE - done * CHUNK + CHUNK
    assert sorted(path.name for path in there.iterdir()) == ["a.bin"]


def test_what_an_earlier_command_left_is_not_believed(
    cli: Cli, drive: Drive, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = drive.add(content(SIZE))
    with monkeypatch.context() as patched:
        interrupt(patched, after=5)
        cli("get", cid)
    with (there / "a.bin.part").open("r+b") as file:
        file.write(b"damage")

    ran = cli("get", cid)

    assert ran.code == 0
    assert "beginning anew" in ran.err
    assert (there / "a.bin").read_bytes() == content(SIZE)


@pytest.mark.parametrize("notes", ["", "{}", "[]", '{"done": 5}', "null"])
def test_notes_that_make_no_sense_are_passed_over(notes: str, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    (there / "a.bin.part").write_bytes(b"junk")
    (there / "a.bin.part.json").write_text(notes)

    cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)


def test_notes_of_another_content_are_passed_over(
    cli: Cli, drive: Drive, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = drive.add(content(SIZE)), drive.add(content(SIZE, seed=1))
    with monkeypatch.context() as patched:
        interrupt(patched, after=5)
        cli("get", one)

    ran = cli("get", two)

    assert (ran.code, ran.err) == (0, "")
    assert (there / "a.bin").read_bytes() == content(SIZE, seed=1)
