"""A file that is put again after a put that was cut off is there to stay: its second put was promised."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.drive.tables import BatchRow
from tests.drive.asking import many, put_ok
from tests.drive.failing import ThisOneAlone, no_patience, no_pauses
from tests.support.books import cat, faults_in, listed, reconciler, status
from tests.support.calls import Calls
from tests.support.faults import Crash, Faults, conflict, crash_after, lose_answer
from tests.support.system import System, User
from tests.workers.collecting import collect, later
from tests.workers.mishaps import ALWAYS

FILES = [*many(13), ("once more", many(1)[0][1])]
"""The first content has two names; twelve files are placed before the cut."""
PLACED = 12


@pytest.fixture
def user(system: System) -> User:
    # The first put of all makes a key generation, in a transaction of its own.
    put_ok(system, system.user(), ("first", b"first of all"))
    return system.user()


@pytest.fixture
def faults(system: System, monkeypatch: pytest.MonkeyPatch) -> Faults:
    no_pauses(monkeypatch)
    return Faults(system.aws)


@pytest.fixture
def _cut_off(system: System, user: User, faults: Faults) -> None:
    """A put of all files died when twelve were placed."""
    faults.add("TransactWriteItems", crash_after)
    with pytest.raises(Crash):
        system.put(user, *FILES)
    faults.clear()
    assert len(listed(system, user)) == PLACED


def undo_by_check(system: System, _patch: pytest.MonkeyPatch) -> None:
    assert "batch_cut_off" in {finding.kind for finding in reconciler(system).check(repair=True)}


def undo_by_janitor(system: System, patch: pytest.MonkeyPatch) -> None:
    later(patch, 3_700)
    assert collect(system).undone == 1


UNDO = pytest.mark.parametrize("undo", [undo_by_check, undo_by_janitor])
Undo = Callable[[System, pytest.MonkeyPatch], None]


@UNDO
@pytest.mark.parametrize(
    "again", [FILES, FILES[:1], FILES[3:5], FILES[-1:], FILES[:PLACED]], ids=["all", "one", "two", "a name", "placed"]
)
@pytest.mark.usefixtures("_cut_off")
def test_what_was_put_again_stays(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, undo: Undo, again: list[tuple[str, bytes]]
) -> None:

    cids = put_ok(system, user, *again)
    undo(system, monkeypatch)

    assert listed(system, user) == {name: cid for (name, _), cid in zip(again, cids, strict=True)}
    for (_, data), cid in zip(again, cids, strict=True):
        assert cat(system, user, cid).body == data
    assert status(system, user)["storage_used"] == sum(len(data) for _, data in again)
    assert list(aws.scan(BatchRow)) == []
    assert not {finding.kind for finding in faults_in(system)} - {"orphan_object"}


@pytest.mark.usefixtures("_cut_off")
@UNDO
def test_another_accounts_put_saves_the_content_and_not_the_list(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, undo: Undo
) -> None:
    other = system.user()

    (cid,) = put_ok(system, other, FILES[0])
    undo(system, monkeypatch)

    assert listed(system, user) == {}
    assert status(system, user)["storage_used"] == 0
    assert cat(system, other, cid).body == FILES[0][1]


@pytest.mark.parametrize("heard", [True, False], ids=["refused", "applied unheard"])
def test_a_put_beside_one_that_fails_keeps_what_it_promised(
    system: System, user: User, faults: Faults, monkeypatch: pytest.MonkeyPatch, heard: bool
) -> None:
    """Both put the same files at once, and the one that placed them fails at its last transaction."""
    no_patience(monkeypatch)
    refuse, answers = ThisOneAlone(conflict), []

    def beside(request: Any) -> Any:
        answers.append(system.put(user, *FILES[:2]).status)
        faults.add("TransactWriteItems", refuse if heard else lose_answer, times=ALWAYS)
        return refuse(request) if heard else None

    faults.add("TransactWriteItems", beside, skip=1)
    answers.append(system.put(user, *FILES).status)
    faults.clear()
    reconciler(system).check(repair=True)

    assert answers == [200, 503]
    assert listed(system, user).keys() == {name for name, _ in (FILES[:2] if heard else FILES)}
    assert faults_in(system) == []


@pytest.mark.usefixtures("_cut_off")
def test_what_is_taken_back_while_it_is_put_again_is_put_anew(system: System, user: User, faults: Faults) -> None:
    def undo(_request: Any) -> None:
        reconciler(system).check(repair=True)

    faults.add("TransactWriteItems", undo)
    (cid,) = put_ok(system, user, FILES[0])

    assert listed(system, user) == {FILES[0][0]: cid}
    assert cat(system, user, cid).body == FILES[0][1]
    assert faults_in(system) == []


def test_it_costs_one_transaction_once(system: System, user: User) -> None:
    put_ok(system, user, *FILES[1:], ("last", b"last"))
    calls = Calls(system.aws)

    put_ok(system, user, FILES[1])
    assert calls.by_operation() == {"BatchGetItem": 1, "TransactWriteItems": 1}

    calls.clear()
    put_ok(system, user, FILES[1])
    assert calls.by_operation() == {"BatchGetItem": 1}
