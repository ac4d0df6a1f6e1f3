from collections.abc import Callable
from pathlib import Path

import pytest

from client import uploading
from tests.client.conftest import PARTS, SIZE, Cli, content, kept
from tests.client.faking import Drive, said
from tests.client.serving import Fault, Reply, Request, hang_up, instead

EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def test_a_large_file_goes_in_parts(cli: Cli, drive: Drive, large: Path, home: Path) -> None:
    (stored,) = cli.json("put", large)["files"]

    assert drive.stored[stored["hash"]].data == content(SIZE)
    assert drive.sessions["upload0"].request == {"name": "large.bin", "size": SIZE, "hash": stored["hash"]}
    assert len(drive.store.log) == PARTS
    assert kept(home) == []


def test_the_store_gets_the_headers_of_the_link_and_no_credentials(cli: Cli, drive: Drive, large: Path) -> None:
    cli.json("put", large)

    assert {one.headers["x-signed"] for one in drive.store.log} == {"yes"}
    assert [one for one in drive.store.log if "authorization" in one.headers] == []
    assert sum(int(one.headers["content-length"]) for one in drive.store.log) == SIZE


def test_a_large_folder_goes_in_parts(cli: Cli, drive: Drive, tmp_path: Path) -> None:
    files = {"a/b.bin": content(600_000), "a/empty": b"", "z": b"z"}
    for path, data in files.items():
        (tmp_path / "f" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "f" / path).write_bytes(data)

    folder = cli.json("putfolder", tmp_path / "f")["folder"]

    asked = drive.sessions["upload0"].request
    assert asked["files"] == [{"path": path, "size": len(data)} for path, data in files.items()]
    assert asked["hash"] == folder["hash"]
    assert len(drive.store.log) == 4


def test_a_file_that_changes_once_all_is_read_is_given_up(cli: Cli, drive: Drive, large: Path) -> None:
    def change(request: Request, answer: Callable[[Request], Reply]) -> Reply:
        large.write_bytes(b"other")
        return answer(request)

    drive.store.faults.append(Fault("PUT /part/", change, after=PARTS - 1))

    ran = cli("put", large)

    assert (ran.code, drive.api.heard("POST /api/v0/upload/complete")) == (6, [])
    assert drive.sessions["upload0"].state == "aborted"


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        (Fault("PUT /part/", hang_up, times=3), 3),
        (Fault("PUT /part/", instead(503, b"<Error><Code>SlowDown</Code></Error>"), times=3), 3),
        (Fault("PUT /part/", instead(500, b"<Error><Code>InternalError</Code></Error>"), times=2), 2),
        (Fault("PUT /part/", instead(400, b"<Error><Code>RequestTimeout</Code></Error>"), times=2), 2),
        (Fault("PUT /part/", instead(403, EXPIRED), times=2), 2),
        (Fault("PUT /part/", instead(400, b"<Error><Code>ExpiredToken</Code></Error>"), times=2), 2),
    ],
    ids=["dropped", "slow down", "internal", "timeout", "expired", "token"],
)
def test_parts_that_fail_are_sent_again(fault: Fault, more: int, cli: Cli, drive: Drive, large: Path) -> None:
    drive.store.faults.append(fault)

    cli.json("put", large)

    assert len(drive.store.log) == PARTS + more


def test_an_expired_link_gets_a_fresh_one(cli: Cli, drive: Drive, large: Path) -> None:
    drive.store.faults.append(Fault("PUT /part/upload0/3", instead(403, EXPIRED)))

    cli.json("put", large)

    old, new = drive.store.heard("PUT /part/upload0/3")
    assert int(new.query["round"]) > int(old.query["round"])


def test_a_link_that_is_known_to_be_dead_is_not_tried(cli: Cli, drive: Drive, large: Path) -> None:
    """`expires` has passed by the server's own clock, which is an hour off."""
    drive.clock_error = -3600
    drive.link_seconds = -1

    cli.json("put", large)

    assert [one for one in drive.store.log if one.query["round"] == "1"] == []


def test_a_wrong_clock_makes_no_link_dead(cli: Cli, drive: Drive, large: Path) -> None:
    drive.clock_error = -3600

    cli.json("put", large)

    assert {one.query["round"] for one in drive.store.log} == {"1"}


def test_a_store_that_goes_on_refusing_ends_it(cli: Cli, drive: Drive, large: Path, home: Path) -> None:
    drive.store.faults.append(Fault("PUT /part/", instead(403, b"<Error><Code>AccessDenied</Code></Error>"), times=999))

    ran = cli("put", large)

    assert ran.code == 3
    assert "AccessDenied" in ran.err
    assert len(kept(home)) == 1


def test_links_come_by_the_thousand(cli: Cli, drive: Drive, large: Path) -> None:
    drive.links_at_once = 4

    cli.json("put", large)

    assert len(drive.store.log) == PARTS
    assert len(drive.api.heard("POST /api/v0/upload/status")) >= 2


def test_parts_that_the_server_misses_are_sent_again(cli: Cli, drive: Drive, large: Path) -> None:
    def lose(request: Request, answer: object) -> Reply:
        drive.sessions["upload0"].arrived.pop(2)
        assert callable(answer)
        reply: Reply = answer(request)
        return reply

    drive.api.faults.append(Fault("POST /api/v0/upload/complete", lose))

    cli.json("put", large)

    assert len(drive.store.log) == PARTS + 1


def test_processing_is_waited_for(cli: Cli, drive: Drive, large: Path, waits: list[float]) -> None:
    drive.processing_rounds = 5

    cli.json("put", large)

    assert len(drive.api.heard("POST /api/v0/upload/status")) == 5
    assert waits == sorted(waits)
    assert len(waits) == 5


def test_processing_that_stands_still_is_nudged(
    cli: Cli, drive: Drive, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that lost its messages sends them again when it is told once more that all is there."""
    monkeypatch.setattr(uploading, "_NUDGE_SECONDS", -1)
    drive.processing_rounds = 0
    drive.api.faults.append(Fault("POST /api/v0/upload/complete", processing_forever(drive), times=2))

    cli.json("put", large)

    assert len(drive.api.heard("POST /api/v0/upload/complete")) == 3


def test_processing_that_never_ends_is_not_waited_for(
    cli: Cli, drive: Drive, large: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "_STALLED_SECONDS", -1)
    drive.api.faults.append(Fault("POST /api/v0/upload/complete", processing_forever(drive), times=99))
    drive.api.faults.append(Fault("POST /api/v0/upload/status", processing_forever(drive), times=99))

    ran = cli("put", large)

    assert (ran.code, len(kept(home))) == (7, 1)
    assert "the same command looks again" in ran.err


def processing_forever(drive: Drive) -> Callable[..., Reply]:
    def reply(*_: object) -> Reply:
        return said({**drive.standing("upload0"), "state": "processing", "left": 5})

    return reply


def test_done_at_once(cli: Cli, drive: Drive, large: Path) -> None:
    drive.processing_rounds = 0

    assert cli.json("put", large)["files"][0]["name"] == "large.bin"


def test_a_transfer_that_was_damaged_is_refused(cli: Cli, drive: Drive, large: Path, home: Path) -> None:
    def damage(request: Request, answer: object) -> Reply:
        request.body = bytes(len(request.body))
        assert callable(answer)
        reply: Reply = answer(request)
        return reply

    drive.store.faults.append(Fault("PUT /part/", damage))

    ran = cli("put", large)

    assert ran.code == 6
    assert "the declared hash does not match" in ran.err
    assert kept(home) == []


def test_a_file_that_changes_is_given_up(cli: Cli, drive: Drive, large: Path, home: Path) -> None:
    def change(_request: Request, _answer: object) -> Reply:
        large.write_bytes(b"other")
        return Reply()

    drive.store.faults.append(Fault("PUT /part/", change))

    ran = cli("put", large)

    assert ran.code == 6
    assert drive.sessions["upload0"].state == "aborted"
    assert kept(home) == []


def test_without_a_place_for_state_it_works_all_the_same(cli: Cli, drive: Drive, large: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ran = cli("put", large, XDG_STATE_HOME=str(tmp_path / "file"))

    assert ran.code == 0, ran.err
    assert "cannot be resumed" in ran.err
    assert len(drive.stored) == 1


def test_a_server_that_cuts_parts_otherwise_is_not_believed(cli: Cli, drive: Drive, large: Path) -> None:
    drive.api.faults.append(
        Fault(
            "POST /api/v0/upload",
            instead(200, {"upload": "u", "part_size": 8388608, "parts": [{"number": 0, "size": 5}]}),
        )
    )

    ran = cli("put", large)

    assert ran.code == 1
    assert "cuts the parts otherwise" in ran.err
