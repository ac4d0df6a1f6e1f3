"""What is seen on a terminal, wide and narrow, and when there is none."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.client.conftest import content
from tests.client.faking import Drive
from tests.client.processes import on_terminal, start
from tests.client.serving import Fault, Reply, Request

SIZE = 20_000_000
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
RATE = re.compile(r"\d (Ki|Mi|Gi)?B/s \d\d:\d\d$")


def slow(request: Request, answer: Callable[[Request], Reply]) -> Reply:
    time.sleep(0.15)
    return answer(request)


def frames(seen: str) -> list[str]:
    """The lines as they were drawn, one after another."""
    return [line for line in re.split(r"[\r\n]+", CONTROL.sub("", seen)) if line.strip()]


@pytest.fixture
def large(drive: Drive, tmp_path: Path) -> Path:
    drive.part_size = 2**20
    drive.processing_rounds = 3
    drive.store.faults = [Fault("PUT /", slow, times=999)]
    drive.api.faults = [Fault("GET /", slow, times=999)]
    (tmp_path / "large.bin").write_bytes(content(SIZE))
    return tmp_path / "large.bin"


@pytest.mark.parametrize("columns", [50, 140])
def test_an_upload_shows_rate_and_time_left(columns: int, drive: Drive, large: Path) -> None:
    code, seen = on_terminal(drive.api.url, large.parent, columns, "put", "large.bin")

    *bars, answer = frames(seen)
    assert code == 0, seen
    assert {bar.split()[0] for bar in bars} == {"hashing", "sending", "storing"}
    assert [bar for bar in bars if len(bar) > columns] == []
    assert [bar for bar in bars if bar.startswith("sending") and RATE.search(bar)]
    assert bool([bar for bar in bars if "/19.1 MiB" in bar]) is (columns == 140)
    assert answer == f"{next(iter(drive.stored))}  large.bin"


@pytest.mark.parametrize("columns", [30, 50, 140])
def test_a_download_shows_how_far_it_is(columns: int, drive: Drive, large: Path) -> None:
    cid = drive.add(large.read_bytes())

    code, seen = on_terminal(drive.api.url, large.parent, columns, "get", cid, "-o", "copy")

    *bars, answer = frames(seen)
    assert code == 0, seen
    assert {bar.split()[0] for bar in bars} == {"getting"}
    assert [bar for bar in bars if len(bar) > columns] == []
    assert bool([bar for bar in bars if RATE.search(bar)]) is (columns >= 50)
    assert answer == f"{cid}  19.1 MiB  {large.parent / 'copy'}"


@pytest.mark.parametrize(("columns", "lines"), [(50, 3), (140, 1)])
def test_a_list_fits(columns: int, lines: int, drive: Drive, tmp_path: Path) -> None:
    drive.add(b"x", "a.bin")

    _, seen = on_terminal(drive.api.url, tmp_path, columns, "ls")

    assert len(frames(seen)) == lines
    assert max(map(len, frames(seen))) <= columns


def test_no_bar_without_a_terminal(drive: Drive, large: Path) -> None:
    with start(drive.api.url, large.parent, "put", "large.bin", "--json") as process:
        out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")
    assert out.count(b"\n") == 1


def test_a_reader_that_goes_away_is_no_error(drive: Drive, tmp_path: Path) -> None:
    cid = drive.add(content(SIZE))
    with start(drive.api.url, tmp_path, "get", cid, "-o", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (141, b"")
