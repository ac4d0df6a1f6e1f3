"""Whatever fails, and at whichever call: the upload is done once, or over, and the books are right to the byte."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import pytest

from chalicelib import aws
from chalicelib.uploads import tables
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.tables import UploadRow
from tests.drive.failing import no_patience, no_pauses
from tests.support.books import faults_in, listed, rm, services_of, stats, status
from tests.support.faults import lose_answer
from tests.support.system import System, User
from tests.uploads.conftest import Later
from tests.uploads.mishaps import FAULTS, Stumbling, Unlucky, busy, crash, finish, processed
from tests.uploads.sending import (
    NOTHING,
    address,
    ask,
    begin,
    body_of,
    content,
    deliver,
    leftovers,
    part_message,
    send,
    start,
    state,
    work,
)

CONTENTS = {"a": content(700), "b": content(300)}
SIZE = 1_000
CID = address(CONTENTS)
OTHER = address({"": b"something else"})
KINDS = pytest.mark.parametrize("kind", FAULTS)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    no_pauses(monkeypatch)
    no_patience(monkeypatch)


@dataclass
class Step:
    """One step of an upload, and what comes before it: `prepare` gives its name, `act` is what meets the fault."""

    prepare: Callable[[System, User], str]
    act: Callable[[System, User, str], Any]
    ends: str = "done"


def opened(system: System, user: User, **more: Any) -> str:
    """All parts are in."""
    begun = begin(system, user, body_of(CONTENTS, **more))
    send(begun["parts"], CONTENTS)
    return str(begun["upload"])


def queued(system: System, user: User, **more: Any) -> str:
    """It is completed, and nothing is processed."""
    upload = opened(system, user, **more)
    assert ask(system, user, "complete", upload).status == 202
    return upload


def half(system: System, user: User, **more: Any) -> str:
    """The first part is processed."""
    upload = queued(system, user, **more)
    deliver(system, system.jobs.held.pop(0))
    return upload


def whole(system: System, user: User, **more: Any) -> str:
    """All parts are processed, and it is to end."""
    upload = half(system, user, **more)
    with mock.patch.object(Processing, "_finish"):
        work(system)
    system.jobs.held = [part_message(user, upload, None)]
    return upload


def made(system: System, user: User) -> str:
    """The file is there, and nothing is tidy."""
    upload = whole(system, user)
    with mock.patch.object(Ending, "tidy"):
        work(system)
    return upload


def deliver_next(system: System, _user: User, _upload: str) -> None:
    deliver(system, system.jobs.held.pop(0))


def tidy(system: System, user: User, upload: str) -> None:
    row = aws.get(UploadRow, user.zelid, upload)
    assert row is not None
    services_of(system).ending.tidy(row)


STEPS = {
    "complete": Step(opened, lambda system, user, upload: ask(system, user, "complete", upload)),
    "a part": Step(queued, deliver_next),
    "the end": Step(whole, deliver_next),
    "the end, with another address": Step(lambda *given: whole(*given, hash=OTHER), deliver_next, "failed"),
    "giving up": Step(half, lambda system, user, upload: ask(system, user, "abort", upload), "aborted"),
    "tidying": Step(made, tidy),
}


def recover(system: System, user: User, upload: str, ends: str) -> None:
    """What comes after: another process, and a client that asks again."""
    crash(system)
    known = {int(part.number) for part in tables.parts(upload)}
    with processed() as anew:
        if ends != "aborted":
            finish(system)
            ask(system, user, "complete", upload)
            work(system)
        else:
            assert ask(system, user, "abort", upload).status == 200
            finish(system)
    assert known.isdisjoint(anew)
    assert len(anew) == len(set(anew))


def check_over(system: System, user: User, upload: str, ends: str) -> None:
    """It is done once, or left nothing; and then what it made is taken away again."""
    told = state(system, user, upload)
    assert told["state"] == ends
    assert faults_in(system) == []
    if ends == "done":
        assert told["result"]["folder"]["hash"] == CID
        assert listed(system, user) == {CID: CID}
        assert (status(system, user)["storage_used"], stats(system)) == (SIZE, (1, SIZE))
        left = leftovers(system)
        assert left == {**NOTHING, "objects": left["objects"]}
        assert len(left["objects"]) == 2
        assert rm(system, user, CID).status == 200
        services_of(system).janitor(0).run()
    assert leftovers(system) == NOTHING
    assert (status(system, user)["storage_used"], stats(system)) == (0, (0, 0))


TRIED = [
    *((name, kind) for name in ("complete", "a part", "the end", "giving up") for kind in FAULTS),
    # Where there is nothing to clean up, AWS that refuses is like a process that died.
    ("the end, with another address", "dying"),
    ("tidying", "dying"),
    ("tidying", "losing"),
]


@pytest.mark.parametrize(("name", "kind"), TRIED)
def test_a_step_that_fails_at_any_call_is_made_good(system: System, user: User, name: str, kind: str) -> None:
    step, tries = STEPS[name], 0
    for moment in Unlucky(system).moments(kind):
        upload = step.prepare(system, user)

        moment(partial(step.act, system, user, upload))

        recover(system, user, upload, step.ends)
        check_over(system, user, upload, step.ends)
        tries += 1
    assert tries > 3


@KINDS
def test_a_beginning_that_fails_at_any_call_expires(system: System, user: User, later: Later, kind: str) -> None:
    """Or never was; its bytes are given back either way."""
    tries = 0
    for moment in Unlucky(system).moments(kind):
        moment(lambda: start(system, user, body_of(CONTENTS)))

        assert faults_in(system) == []
        assert status(system, user)["storage_used"] in (0, SIZE)
        later(86_401)
        services_of(system).janitor(0).run()
        assert leftovers(system) == NOTHING
        assert status(system, user)["storage_used"] == 0
        later(0)
        tries += 1
    assert tries > 2


@pytest.mark.parametrize(("operation", "fault", "least"), [("*", busy, 20), ("TransactWriteItems", lose_answer, 6)])
def test_an_upload_whose_every_call_fails_once(
    system: System, user: User, operation: str, fault: Callable[..., Any], least: int
) -> None:
    """Each is tried again, and counts once."""
    stumbling = Stumbling(system, operation, fault)

    upload = queued(system, user)
    work(system)

    assert stumbling.failed > least
    check_over(system, user, upload, "done")
