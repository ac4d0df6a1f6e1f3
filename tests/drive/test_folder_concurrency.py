"""Folders put and removed at once, and over a store that fails: stored once and whole, or not at all."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive import manifests
from chalicelib.drive.tables import ManifestRow
from tests.drive.asking import folder_ok, put_folder, read, refusal
from tests.drive.failing import ALWAYS, forget_tokens, no_patience, no_pauses, patience
from tests.support.books import faults_in, listed, reconciler, rm, services_of, status
from tests.support.faults import Crash, Faults, conflict, crash_after, crash_before, lose_answer, server_error
from tests.support.system import Answer, System, User
from tests.support.threads import at_once

FILES = [(f"{number % 3}/{number:03}.txt", b"%03d" % number * 20) for number in range(60)]
SIZE = sum(len(data) for _, data in FILES)


@pytest.fixture(autouse=True, params=[False, True], ids=["one page", "all pages"])
def _manifests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param:
        monkeypatch.setattr(manifests, "MOST_PAGE_BYTES", 1_500)


def whole(system: System, user: User, cid: str) -> bool:
    return all(read(system, user, f"{cid}/{path}").body == data for path, data in FILES[::7])


def pages(cid: str) -> int:
    """How many pages of a folder's manifest there are."""
    return sum(aws.get(ManifestRow, f"{cid}/{number}") is not None for number in range(20))


def test_many_accounts_put_the_same_new_folder_at_once(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(monkeypatch, 30)
    users = [user, *(system.user() for _ in range(7))]

    answers = at_once([partial(put_folder, system, one, *FILES, name=one.zelid) for one in users])

    assert [answer.status for answer in answers] == [200] * len(users)
    (cid,) = {answer.json["folder"]["hash"] for answer in answers}
    assert len(system.contents()["objects"]) == 1
    row = aws.get(BlobRow, cid)
    assert row is not None
    assert (row.refs, pages(cid)) == (len(users), row.pages)
    for one in users:
        assert listed(system, one) == {one.zelid: cid}
        assert whole(system, one, cid)
    assert faults_in(system) == []


def test_one_account_puts_one_folder_under_many_names_at_once(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience(monkeypatch, 30)
    names = [f"name {number}" for number in range(8)]

    answers = at_once([partial(put_folder, system, user, *FILES, name=name) for name in names])

    assert [answer.status for answer in answers] == [200] * len(names)
    assert listed(system, user).keys() == set(names)
    assert status(system, user)["storage_used"] == len(names) * SIZE
    assert faults_in(system) == []


def test_puts_and_removals_of_one_folder_at_once(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    patience(monkeypatch, 30)
    users = [user, system.user()]
    cid = folder_ok(system, user, *FILES)
    works: list[Callable[[], Answer]] = []
    for one in users:
        works += [partial(put_folder, system, one, *FILES), partial(rm, system, one, cid)] * 3

    answers = at_once(works)

    assert {answer.status for answer in answers} <= {200, 404}
    assert faults_in(system) == []
    for one in users:
        assert read(system, one, f"{cid}/{FILES[0][0]}").status == (200 if listed(system, one) else 404)
        rm(system, one, cid)
    services_of(system).janitor(0).run()
    assert (pages(cid), system.contents()["objects"], faults_in(system)) == (0, [], [])


@pytest.mark.parametrize(
    ("operation", "fault"),
    [("PutObject", server_error), ("BatchGetItem", server_error), ("TransactWriteItems", conflict)],
)
def test_what_cannot_be_stored_leaves_nothing(
    system: System, user: User, operation: str, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_ok(system, user, ("there", b"already"))
    no_pauses(monkeypatch)
    no_patience(monkeypatch)
    before, faults = system.contents(), Faults(system.aws)
    faults.add(operation, fault, times=ALWAYS)

    answer = put_folder(system, user, *FILES)

    faults.clear()
    assert refusal(answer) == (503, "Too much at once, try again", "busy")
    assert system.contents() == before


@pytest.mark.parametrize("fault", [conflict, lose_answer, server_error])
def test_a_fault_that_passes_is_not_noticed(
    system: System, user: User, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    no_pauses(monkeypatch)
    forget_tokens(system)
    faults = Faults(system.aws)
    faults.add("TransactWriteItems", fault, times=2)

    cid = folder_ok(system, user, *FILES)

    assert faults.hits == 2
    assert (listed(system, user), status(system, user)["storage_used"]) == ({cid: cid}, SIZE)
    assert whole(system, user, cid)
    assert faults_in(system) == []


@pytest.mark.parametrize("operation", ["PutObject", "TransactWriteItems"])
@pytest.mark.parametrize("fault", [crash_before, crash_after])
def test_a_process_that_dies_leaves_all_or_nothing(
    system: System, user: User, operation: str, fault: Callable[..., Any]
) -> None:
    folder_ok(system, user, ("there", b"already"), name="there")
    faults = Faults(system.aws)
    faults.add(operation, fault)

    with pytest.raises(Crash):
        put_folder(system, user, *FILES, name="new")

    reconciler(system).check(repair=True)
    assert faults_in(system) == []
    if (operation, fault) == ("TransactWriteItems", crash_after):
        assert whole(system, user, listed(system, user)["new"])
    else:
        assert (set(listed(system, user)), status(system, user)["storage_used"]) == ({"there"}, 7)
        cid = folder_ok(system, user, *FILES, name="new")
        assert whole(system, user, cid)
