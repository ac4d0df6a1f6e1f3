"""The janitor finishes what it began, whatever stops it, and takes nothing from those who come while it works."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.workers.janitor import Report
from tests.drive.asking import many, put_ok
from tests.drive.failing import no_patience, no_pauses
from tests.support.books import cat, faults_in, listed, rm
from tests.support.faults import Crash, Faults, crash_after, crash_before, lose_answer, timeout_before
from tests.support.system import System, User
from tests.support.threads import at_once
from tests.workers.collecting import blob_of, collect, left, put_folder, put_unused, tombstones
from tests.workers.mishaps import ALWAYS, busy

FOLDER = {"a/b": b"in a folder", "c": b"likewise"}
DATA = b"some"


@pytest.fixture
def user(system: System) -> User:
    return system.user()


@pytest.fixture
def faults(system: System, monkeypatch: pytest.MonkeyPatch) -> Faults:
    no_pauses(monkeypatch)
    return Faults(system.aws)


def unused(system: System, user: User) -> tuple[str, str]:
    """A file and a folder that nobody holds."""
    (file,) = put_unused(system, user, ("some", DATA))
    folder = put_folder(system, user, FOLDER)
    assert rm(system, user, folder).status == 200
    return file, folder


@pytest.mark.parametrize("fault", [crash_before, crash_after])
def test_a_run_that_was_killed_is_finished_by_the_next(
    system: System, user: User, faults: Faults, fault: Callable[..., Any]
) -> None:
    """Killed at each of its calls; a check in between finds nothing to put aside."""
    killed = 0
    while True:
        unused(system, user)
        faults.add("*", fault, skip=killed)
        try:
            collect(system)
        except Crash:
            killed += 1
        else:
            break
        faults.clear()
        assert faults_in(system) == [], killed
        collect(system)
        assert left(system) == {}, killed

    # Eight shards and two tables to look at, and four calls for each of two contents, and one for the manifest
    assert killed >= 8 + 2 + 2 * 4 + 1


def errors(status: int, code: str, request: Any) -> AWSResponse:
    """S3 deletes nothing of what it is asked to, and says so for each key."""
    request.url = "https://fault.invalid/"
    body = f"<DeleteResult><Error><Key>k</Key><Code>{code}</Code><Message>no</Message></Error></DeleteResult>"
    return AWSResponse(request.url, status, {"content-type": "application/xml"}, _Body(body.encode()))


class _Body:
    def __init__(self, text: bytes) -> None:
        self._text = text

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._text


@pytest.mark.parametrize("fault", [busy, timeout_before, lose_answer])
def test_a_store_in_trouble_is_asked_again_by_the_next_run(
    system: System, user: User, faults: Faults, fault: Callable[..., Any]
) -> None:
    unused(system, user)
    faults.add("DeleteObjects", fault, times=ALWAYS)

    with pytest.raises(Exception) as caught:  # noqa: PT011 - any, if it is one that passes
        collect(system)

    assert aws.passes(caught.value)
    assert len(tombstones()) == 2
    faults.clear()
    assert len(collect(system).collected) == 2
    assert left(system) == {}


def test_what_s3_will_not_delete_is_left_for_the_next_run_and_keeps_nothing_waiting(
    system: System, user: User, faults: Faults
) -> None:
    file, folder = unused(system, user)
    first = next(row.cid for row in sorted(tombstones(), key=lambda row: row.shard))
    faults.add("DeleteObjects", partial(errors, 200, "AccessDenied"))

    report = collect(system)

    # Of the other nothing is left; of the first, its tombstone and its objects, which no check puts aside
    assert {one.cid for one in report.collected} == {file, folder} - {first}
    assert [(row.cid, row.doomed is not None) for row in tombstones()] == [(first, True)]
    assert left(system).keys() == {"tombstones", "objects"}
    assert faults_in(system) == []
    assert [one.cid for one in collect(system).collected] == [first]
    assert left(system) == {}


def test_an_answer_that_forbids_all_is_our_own_fault(system: System, user: User, faults: Faults) -> None:
    unused(system, user)
    faults.add("DeleteObjects", partial(errors, 403, "AccessDenied"))

    with pytest.raises(ClientError):
        collect(system)

    assert len(collect(system).collected) == 2


@pytest.mark.parametrize("same", [True, False], ids=["the same account", "another account"])
@pytest.mark.parametrize("call", ["GetItem", "TransactWriteItems"])
def test_a_put_just_before_collection_saves_a_content(
    system: System, user: User, faults: Faults, call: str, same: bool
) -> None:
    again = user if same else system.user()
    (cid,) = put_unused(system, user, ("some", DATA))
    blob = blob_of(cid).blob
    faults.add(call, lambda _request: put_ok(system, again, ("some", DATA)) and None)

    assert collect(system).collected == []

    assert blob_of(cid).blob == blob
    assert cat(system, again, cid).body == DATA
    assert collect(system).collected == []
    assert tombstones() == []
    assert faults_in(system) == []


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_a_put_whose_content_is_collected_under_it_stores_it_anew(
    system: System, user: User, faults: Faults, folder: bool
) -> None:
    (file, tree), reports = unused(system, user), []

    def come(_request: Any) -> None:
        reports.append(collect(system))

    # When the janitor comes between look-up and transaction
    faults.add("TransactWriteItems", come)
    if folder:
        cid = put_folder(system, user, FOLDER)
    else:
        (cid,) = put_ok(system, user, ("some", DATA))

    # Then both have done their work
    assert {one.cid for one in reports[0].collected} == {file, tree}
    assert cid == (tree if folder else file)
    assert cat(system, user, f"{cid}/a/b" if folder else cid).body == (FOLDER["a/b"] if folder else DATA)
    assert tombstones() == []
    assert faults_in(system) == []


def test_a_put_whose_content_is_collected_and_stored_anew_shares_the_new_one(
    system: System, user: User, faults: Faults
) -> None:
    other = system.user()
    (cid,) = put_unused(system, user, ("some", DATA))

    def come(_request: Any) -> None:
        assert [one.cid for one in collect(system).collected] == [cid]
        put_ok(system, other, ("theirs", DATA))

    faults.add("TransactWriteItems", come)
    put_ok(system, user, ("some", DATA))

    assert blob_of(cid).refs == 2
    assert listed(system, user) == {"some": cid}
    for each in (user, other):
        # `get` opens the name too, which is sealed under the key of its blob.
        assert system.call("GET", "/api/v0/get", user=each, query={"arg": cid}).body == DATA
    assert left(system)["objects"] == [f"{blob_of(cid).blob}/0"]
    assert faults_in(system) == []


@pytest.mark.parametrize("call", ["DeleteObjects", "TransactWriteItems"], ids=["before deletion", "after it"])
def test_a_put_after_the_rows_are_gone_has_objects_of_its_own(
    system: System, user: User, faults: Faults, call: str
) -> None:
    (cid,) = put_unused(system, user, ("some", DATA))
    old = blob_of(cid).blob
    faults.add(call, lambda _request: put_ok(system, user, ("some", DATA)) and None, skip=call != "DeleteObjects")

    assert [one.blob for one in collect(system).collected] == [old]

    assert blob_of(cid).blob != old
    assert cat(system, user, cid).body == DATA
    assert left(system)["objects"] == [f"{blob_of(cid).blob}/0"]
    assert faults_in(system) == []


def test_what_is_put_and_removed_while_the_janitor_looks_has_a_new_grace_time(
    system: System, user: User, faults: Faults
) -> None:
    (cid,) = put_unused(system, user, ("some", DATA))

    def comes_and_goes(_request: Any) -> None:
        put_unused(system, user, ("some", DATA))

    faults.add("TransactWriteItems", comes_and_goes)
    assert collect(system).collected == []

    assert blob_of(cid).refs == 0
    assert len(tombstones()) == 2
    assert [one.cid for one in collect(system).collected] == [cid]
    assert left(system) == {}


@pytest.mark.parametrize("call", ["GetItem", "TransactWriteItems"])
def test_a_run_that_read_late_does_not_forget_what_another_began(
    system: System, user: User, faults: Faults, call: str
) -> None:
    """The other dooms a content and dies; the tombstone is all that tells of the objects."""
    put_unused(system, user, ("some", DATA))

    def other(_request: Any) -> None:
        faults.add("DeleteObjects", crash_before)
        with pytest.raises(Crash):
            collect(system)

    faults.add(call, other)
    assert collect(system).collected == []

    assert [row.doomed is not None for row in tombstones()] == [True]
    assert len(left(system)["objects"]) == 1
    assert len(collect(system).collected) == 1
    assert left(system) == {}


def test_two_at_once_do_what_one_does(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    no_patience(monkeypatch)
    kept = put_ok(system, user, ("kept", b"kept"))
    cids = put_unused(system, user, *many(12))

    runs: list[Callable[[], Report]] = [partial(collect, system), partial(collect, system)]
    collected = [one.cid for report in at_once(runs) for one in report.collected]

    assert set(collected) == set(cids)
    assert [row.cid for row in aws.scan(BlobRow)] == kept
    assert tombstones() == []
    assert len(left(system)["objects"]) == 1
    assert cat(system, user, kept[0]).body == b"kept"
    assert faults_in(system) == []
