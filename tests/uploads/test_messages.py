"""The queue may hand a message over twice, late, in any order and to several workers: a part is a part all the same."""

import random
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.uploads import filelists, tables
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.tables import FilesRow, PartRow, UploadRow
from tests.support.books import listed, services_of
from tests.support.calls import Calls
from tests.support.system import System, User
from tests.uploads.conftest import Later
from tests.uploads.ends import check_done
from tests.uploads.sending import (
    address,
    ask,
    check,
    completed,
    content,
    deliver,
    part_message,
    queues,
    state,
    work,
)

CONTENTS = {"a": b"hello world", "b/c": b"other", "d": b"", "e": b"!"}
SIZE = 17
CID = address(CONTENTS)


def test_one_message_a_part(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)

    assert system.jobs.held == [part_message(user, upload, number) for number in range(3)]


def test_an_empty_file_has_one_message_for_its_end(system: System, user: User) -> None:
    upload = completed(system, user, {"": b""})

    assert system.jobs.held == [part_message(user, upload, None)]


def test_completing_again_sends_nothing_again(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    held = list(system.jobs.held)

    again = ask(system, user, "complete", upload)

    assert (again.status, again.json["state"]) == (202, "processing")
    assert system.jobs.held == held
    work(system)
    assert [ask(system, user, "complete", upload).status for _ in range(2)] == [200, 200]
    assert system.jobs.held == []
    check_done(system, user, upload, CONTENTS)


def test_completing_again_after_a_while_sends_what_was_lost(system: System, user: User, later: Later) -> None:
    upload = completed(system, user, CONTENTS)
    system.jobs.held, lost = system.jobs.held[:1], system.jobs.held[1:]
    work(system)

    later(50)
    ask(system, user, "complete", upload)
    assert system.jobs.held == []
    later(62)
    ask(system, user, "complete", upload)

    assert system.jobs.held == lost
    work(system)
    check_done(system, user, upload, CONTENTS)


def test_the_janitor_sends_what_was_lost(system: System, user: User, later: Later) -> None:
    upload = completed(system, user, CONTENTS)
    system.jobs.held, lost = system.jobs.held[:1], system.jobs.held[1:]
    work(system)
    janitor = services_of(system).janitor(0)

    assert (janitor.run().resent, queues(system)[1].held) == (0, [])
    later(901)
    assert (janitor.run(dry=True).resent, queues(system)[1].held) == (1, [])
    assert (janitor.run().resent, queues(system)[1].held) == (1, lost)

    work(system)
    check_done(system, user, upload, CONTENTS)


@pytest.mark.parametrize("seed", range(3))
def test_messages_twice_and_in_any_order(system: System, user: User, seed: int) -> None:
    upload = completed(system, user, CONTENTS)
    system.jobs.held = [*system.jobs.held * 2, part_message(user, upload, None)]
    random.Random(seed).shuffle(system.jobs.held)

    work(system)

    check_done(system, user, upload, CONTENTS)


def test_a_part_that_was_processed_is_not_processed_again(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    first = system.jobs.held[0]
    deliver(system, first)
    calls = Calls(system.aws)

    deliver(system, first)

    assert calls.by_operation() == {"GetItem": 3}
    work(system)
    check_done(system, user, upload, CONTENTS)


def test_messages_of_an_upload_that_is_over_do_nothing(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    messages = list(system.jobs.held)
    work(system)
    before = system.contents()

    for message in (*messages, part_message(user, upload, None), part_message(user, upload, 99)):
        deliver(system, message)

    assert system.contents() == before


def test_messages_of_no_upload_do_nothing(system: System, user: User) -> None:
    before = system.contents()

    for message in (part_message(user, "0" * 32, 0), {**part_message(user, "0" * 32, None), "account": "nobody"}):
        deliver(system, message)

    assert system.contents() == before


@pytest.mark.parametrize("rows", ["filelists.read", "tables.parts"])
@pytest.mark.usefixtures("small_parts")
def test_who_is_late_at_the_end_finds_it_tidy(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    """Another has made the file, and taken the rows away, before this one has read them."""
    contents = {"a": content(262_144 + 1), "b": b"other"}
    with monkeypatch.context() as patch:
        patch.setattr(Processing, "_finish", lambda *_: None)
        upload = completed(system, user, contents)
        work(system)
    read_rows: Any = {"filelists.read": filelists.read, "tables.parts": tables.parts}[rows]
    end = part_message(user, upload, None)
    overtaken: list[bool] = []

    def late(*args: Any) -> Any:
        if not overtaken:
            overtaken.append(True)
            deliver(system, end)
        return read_rows(*args)

    with monkeypatch.context() as patch:
        patch.setattr(f"chalicelib.uploads.{rows}", late)
        deliver(system, end)

    assert overtaken
    assert state(system, user, upload)["result"]["folder"]["hash"] == address(contents)
    check(system, user, used=262_150, files=1, size=262_150)


@pytest.mark.parametrize("row", [FilesRow, PartRow])
def test_rows_that_are_lost_end_in_a_fault_and_in_no_file(
    system: System, user: User, row: type[FilesRow] | type[PartRow]
) -> None:
    """Not in a file of another address: what is missing might have any."""
    upload = completed(system, user, CONTENTS)
    for message in system.jobs.held[:2]:
        deliver(system, message)
    with aws.transaction() as tx:
        tx.delete(row(upload, 0))

    with pytest.raises(LookupError):
        deliver(system, system.jobs.held[2])

    assert (state_of(user, upload), listed(system, user)) == ("processing", {})
    check(system, user, used=SIZE, files=0, size=0)


def state_of(user: User, upload: str) -> str:
    row = aws.get(UploadRow, user.zelid, upload)
    assert row is not None
    return str(row.state)
