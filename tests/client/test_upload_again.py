"""Uploads that go on where they were cut off, or begin anew where they cannot."""

import json
from pathlib import Path

import pytest

from client import uploading
from client.crews import Crew
from tests.client.conftest import SIZE, Cli, content, kept
from tests.client.faking import Drive
from tests.client.serving import Fault, instead

EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def test_an_interrupted_upload_goes_on_where_it_was(
    cli: Cli, drive: Drive, large: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C reaches the main thread, which waits for the parts."""
    with monkeypatch.context() as patched:
        patched.setattr(Crew, "do", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        ran = cli("put", large)
    assert (ran.code, "goes on from there" in ran.err) == (130, True)
    (file,) = kept(home)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text())["upload"] == "upload0"
    drive.sessions["upload0"].arrived = {n: content(SIZE)[n * 262_144 :][:262_144] for n in range(7)}

    ran = cli("put", large, "--json")

    assert ran.err == "7 of 10 parts are there already\n"
    assert len(drive.store.log) == 3
    assert len(drive.sessions) == 1


@pytest.mark.parametrize("end", ["expired", "failed", "aborted"])
def test_a_session_that_ended_is_begun_anew(
    end: str, cli: Cli, drive: Drive, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(uploading.Uploader, "run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert cli("put", large).code == 130
    session = drive.sessions["upload0"]
    if end == "expired":
        drive.api.faults.append(
            Fault("POST /api/v0/upload/status", instead(404, {"message": "-", "code": "upload_not_found"}))
        )
    session.state = end

    (stored,) = cli.json("put", large)["files"]

    assert drive.stored[stored["hash"]].data == content(SIZE)
    assert list(drive.sessions) == ["upload0", "upload1"]


def test_a_session_that_ends_meanwhile_is_begun_anew(cli: Cli, drive: Drive, large: Path) -> None:
    gone = {"message": "Upload not found", "code": "upload_not_found"}
    drive.store.faults.append(Fault("PUT /part/", instead(403, EXPIRED)))
    drive.api.faults.append(Fault("POST /api/v0/upload/status", instead(404, gone)))

    ran = cli("put", large, "--json")

    assert ran.code == 0, ran.err
    assert "beginning anew" in ran.err
    assert len(drive.sessions) == 2


def test_another_file_at_the_same_place_is_another_upload(
    cli: Cli, drive: Drive, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(uploading.Uploader, "run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cli("put", large)
    large.write_bytes(content(SIZE, seed=1))

    (stored,) = cli.json("put", large)["files"]

    assert drive.stored[stored["hash"]].data == content(SIZE, seed=1)
    assert drive.api.heard("POST /api/v0/upload/status")[0].query == {"arg": "upload1"}


def test_an_upload_can_be_given_up(
    cli: Cli, drive: Drive, large: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(uploading.Uploader, "run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        cli("put", large)

    assert cli.json("abort", large) == {"aborted": ["upload0"]}
    assert drive.sessions["upload0"].state == "aborted"
    assert kept(home) == []
    assert cli.json("abort", large) == {"aborted": []}
