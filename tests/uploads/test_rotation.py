"""Key generations may change while an upload is under way: its key is wrapped anew like any, and nothing is lost."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive.tables import EntryRow
from chalicelib.keys import Keys
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.tables import UploadRow
from tests.drive.asking import HELLO, read
from tests.support.books import services_of
from tests.support.ministack import Ministack
from tests.support.recording import acting
from tests.support.system import System, User
from tests.uploads.sending import ask, begin, body_of, check, completed, deliver, send, state, work

FILE = {"": b"hello world"}
FOLDER = {"a": b"hello ", "b": b"world"}


@pytest.fixture
def system(ministack: Ministack) -> System:
    """No process keeps a key, so a generation may go as soon as nothing is under it."""
    return ministack.system(key_cache_seconds=0)


def change(system: System) -> None:
    """What an operator does: a new generation, every key wrapped anew, the old generation gone for good."""
    made = services_of(system)
    number = made.keys.add_generation()
    made.rotation().sweep(rate=10_000)
    made.rotation().retire(number - 1)


@pytest.mark.parametrize("contents", [FILE, FOLDER], ids=["file", "folder"])
def test_between_all_steps_of_an_upload(system: System, user: User, contents: dict[str, bytes]) -> None:
    begun = begin(system, user, body_of(contents), **({} if "" in contents else {"name": "it"}))
    change(system)
    assert state(system, user, begun["upload"])["parts"][0]["path" if "" not in contents else "number"] in ("a", 0)

    send(begun["parts"], contents)
    change(system)
    assert ask(system, user, "complete", begun["upload"]).status == 202
    for message in list(system.jobs.held):
        change(system)
        deliver(system, message)
    system.jobs.held.clear()

    change(system)
    told = ask(system, user, "complete", begun["upload"])
    assert (told.status, told.json["status"]) == (200, "success")
    listed = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert [line["name"] for line in listed] == ["disk.img" if "" in contents else "it"]
    check(system, user, used=11, files=1, size=11)


def test_a_sweep_that_comes_between_reading_and_writing_is_not_undone(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file's rows hold is the key as it is wrapped by then."""
    upload = completed(system, user, FILE)
    fresh = Processing._fresh
    swept: list[str] = []

    def sweep(self: Processing, row: UploadRow, cid: str) -> Any:
        if cid and not swept:
            keys: Keys = services_of(system).keys
            with acting(None):
                keys.add_generation()
                with aws.transaction() as tx:
                    wrapped = keys.rewrap(row.dek_enc)
                    tx.update(UploadRow(account=row.account, id=row.id), [UploadRow.dek_enc.set(wrapped)])
            swept.append(wrapped)
        return fresh(self, row, cid)

    with monkeypatch.context() as patch:
        patch.setattr(Processing, "_fresh", sweep)
        work(system)

    assert state(system, user, upload)["state"] == "done"
    row = aws.get(BlobRow, HELLO)
    assert row is not None
    assert [row.dek_enc, *(entry.dek_enc for entry in aws.scan(EntryRow))] == swept * 2
    assert read(system, user, HELLO).body == FILE[""]
