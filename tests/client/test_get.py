from collections.abc import Callable
from pathlib import Path

import pytest

from client import downloading
from client.cid import CHUNK
from client.contents import Reader
from client.partfiles import PartFile
from tests.client.conftest import Cli, content
from tests.client.faking import Drive
from tests.client.serving import Fault, Reply, Request, Serving, cut, damaged, hang_up, instead

RANGES = 9
SIZE = (RANGES - 1) * CHUNK + 1000
GET = "GET /api/v0/get"


pytestmark = pytest.mark.usefixtures("there")


def test_a_file_comes_in_ranges(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE), "a.bin")

    got = cli.json("get", cid)

    assert got == {"file": str(there / "a.bin"), "hash": cid, "size": SIZE, "checked": True}
    assert (there / "a.bin").read_bytes() == content(SIZE)
    assert len(drive.api.heard(GET)) == RANGES
    assert {one.headers["if-range"] for one in drive.api.heard(GET)} == {f'"{cid}"'}
    assert sorted(path.name for path in there.iterdir()) == ["a.bin"]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
def test_any_size(size: int, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(size))

    assert cli.json("get", cid)["size"] == size

    assert (there / "a.bin").read_bytes() == content(size)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(GET, hang_up, times=3),
        Fault(GET, cut(100_000), times=5),
        Fault(GET, instead(503, Retry_After="0"), times=3),
        Fault(GET, instead(429, Retry_After="0"), times=3),
        Fault("HEAD /", hang_up),
        Fault("HEAD /", instead(503), times=2),
    ],
    ids=["dropped", "cut off", "503", "429", "head dropped", "head 503"],
)
def test_what_fails_is_asked_for_again(fault: Fault, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    drive.api.faults.append(fault)

    cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)


def test_what_came_before_a_cut_is_not_asked_for_again(cli: Cli, drive: Drive) -> None:
    cid = drive.add(content(CHUNK))
    drive.api.faults.append(Fault(GET, cut(100_000)))

    cli.json("get", cid)

    assert [one.headers["range"] for one in drive.api.heard(GET)] == ["bytes=0-262143", "bytes=100000-262143"]


def test_answers_shorter_than_asked(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    drive.most_answered = 100_000

    cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)
    assert len(drive.api.heard(GET)) == 3 * (RANGES - 1) + 1


@pytest.mark.parametrize("fault", [None, Fault(GET, cut(CHUNK + 7), after=1, times=2)])
def test_a_server_without_ranges(fault: Fault | None, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    drive.ranges = False
    drive.api.faults += [fault] if fault else []

    cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)
    assert len(drive.api.heard(GET)) == (4 if fault else 2)


def test_a_copy_in_the_store_is_read_without_credentials(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    copy = Serving(lambda _: Reply(200, content(SIZE), {"ETag": '"another"'}))
    with copy.started():
        drive.api.faults.append(Fault(GET, instead(303, Location=f"{copy.url}/copy"), times=99))

        cli.json("get", cid)

    assert (there / "a.bin").read_bytes() == content(SIZE)
    assert [one for one in copy.log if "authorization" in one.headers] == []


def test_wrong_bytes_are_not_kept(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    drive.api.faults.append(Fault(GET, damaged, after=4))

    ran = cli("get", cid)

    assert (ran.code, ran.out) == (6, "")
    assert f"What came is not {cid}" in ran.err
    assert list(there.iterdir()) == []


def test_another_content_for_a_hash_is_not_taken(cli: Cli, drive: Drive) -> None:
    cid, other = drive.add(b"one"), drive.add(b"two")
    drive.stored[cid] = drive.stored[other]

    assert cli("get", cid).code == 6


@pytest.mark.parametrize("status", [200, 206])
def test_a_changed_tag_between_ranges_ends_it(status: int, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(content(SIZE))
    headers = {"ETag": '"other"', "Content-Range": f"bytes 0-9/{SIZE}"}
    drive.api.faults.append(Fault(GET, lambda *_: Reply(status, b"x" * 10, headers), after=3))

    ran = cli("get", cid)

    assert ran.code == 6
    assert "changed while it was read" in ran.err
    assert list(there.iterdir()) == []


def test_a_file_that_is_there_stays(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(b"new", "a.bin")
    (there / "a.bin").write_bytes(b"old")

    refused = cli("get", cid)

    assert (refused.code, (there / "a.bin").read_bytes()) == (2, b"old")
    assert "--force" in refused.err
    assert cli("get", cid, "--force").code == 0
    assert (there / "a.bin").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "saved"),
    [("../../up.txt", "up.txt"), ("/etc/passwd", "passwd"), ("a\\b.txt", "b.txt"), ("x\x1b[2J", "x_[2J"), ("né", "né")],
)
def test_a_name_leads_nowhere_else(name: str, saved: str, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(b"x", name)

    assert cli.json("get", cid)["file"] == str(there / saved)


@pytest.mark.parametrize("name", ["..", ".", "a/"])
def test_without_a_usable_name_the_hash_is_one(name: str, cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(b"x", name)

    assert cli.json("get", cid)["file"] == str(there / cid)


def test_where_to(cli: Cli, drive: Drive, there: Path) -> None:
    cid = drive.add(b"x", "a.bin")
    (there / "dir").mkdir()

    assert cli.json("get", cid, "-o", "dir")["file"] == str(there / "dir/a.bin")
    assert cli.json("get", cid, "-o", "dir/b")["file"] == str(there / "dir/b")
    assert "is not a folder" in cli("get", cid, "-o", "none/b").err


def test_stdout_gets_it_in_order(
    cli: Cli, drive: Drive, there: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    cid = drive.add(content(SIZE))
    drive.api.faults.append(Fault(GET, hang_up, times=3, after=2))

    cli.to_stdout("get", cid, "-o", "-")

    assert capfdbinary.readouterr().out == content(SIZE)
    assert list(there.iterdir()) == []


@pytest.mark.parametrize("fault", [None, Fault(GET, cut(CHUNK + 7), after=1, times=2)])
def test_stdout_from_a_server_without_ranges(
    fault: Fault | None, cli: Cli, drive: Drive, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    cid = drive.add(content(SIZE))
    drive.ranges = False
    drive.api.faults += [fault] if fault else []

    cli.to_stdout("get", cid, "-o", "-")

    assert capfdbinary.readouterr().out == content(SIZE)


def test_stdout_says_at_the_end_that_it_was_damaged(cli: Cli, drive: Drive) -> None:
    cid = drive.add(content(SIZE))
    drive.api.faults.append(Fault(GET, damaged))

    assert cli("get", cid, "-o", "-").code == 6


def test_memory_is_bounded(cli: Cli, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than four ranges are in memory at a time."""
    held, most = [], []
    stretch, write = Reader.stretch, PartFile.write

    def get(*args: object) -> bytearray:
        held.append(1)
        most.append(len(held))
        return stretch(*args)  # type: ignore[arg-type]

    def put(*args: object) -> None:
        write(*args)  # type: ignore[arg-type]
        held.pop()

    monkeypatch.setattr(Reader, "stretch", get)
    monkeypatch.setattr(PartFile, "write", put)
    cid = drive.add(content(SIZE))

    cli.json("get", cid)

    assert max(most) <= downloading.THREADS


def test_nothing_there(cli: Cli, drive: Drive) -> None:
    cid = drive.add(b"x")
    drive.stored.clear()

    ran = cli("get", cid)

    assert (ran.code, ran.err) == (4, "File not found: `ls` shows what this account has\n")


def test_the_request_of_a_range_that_was_answered_wrongly(cli: Cli, drive: Drive) -> None:
    def other(request: Request, answer: Callable[[Request], Reply]) -> Reply:
        reply = answer(request)
        reply.headers["Content-Range"] = f"bytes 5-9/{SIZE}"
        return reply

    cid = drive.add(content(SIZE))
    drive.api.faults.append(Fault(GET, other))

    assert "another range" in cli("get", cid).err
