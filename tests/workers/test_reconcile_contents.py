"""The check of contents: thumbnails, tombstones and objects are what the rows say."""

from collections.abc import Callable, Iterable

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow, tables
from chalicelib.blobs.objects import QUARANTINE
from chalicelib.blobs.tables import TombstoneRow
from chalicelib.drive.tables import ThumbJobRow
from chalicelib.drive.thumbs import SIZES
from chalicelib.workers import contents
from chalicelib.workers.books import Books
from chalicelib.workers.finding import Finding
from tests.drive.asking import put_ok
from tests.support.books import cat, faults_in, reconciler, rm
from tests.support.faults import Crash, Faults, crash_before
from tests.support.system import System
from tests.workers.collecting import (
    PICTURE,
    blob_of,
    collect,
    come_by,
    left,
    tombstones,
)
from tests.workers.damage import add, lose
from tests.workers.shelf import Shelf, repaired


@pytest.fixture
def shelf(system: System) -> Shelf:
    return Shelf.fill(system)


def test_a_content_without_its_tombstone_gets_one_and_is_collected(shelf: Shelf) -> None:
    lose(tombstones()[0])

    assert repaired(shelf) == [
        ("tombstone_missing", shelf.unused, "nobody pins this content, and no tombstone says so")
    ]

    (row,) = tombstones()
    blob = blob_of(shelf.unused)
    assert (row.cid, row.blob, row.size, row.generation) == (shelf.unused, blob.blob, blob.size, blob.generation)
    assert row.doomed is None
    assert [one.cid for one in collect(shelf.system).collected] == [shelf.unused]


def test_a_tombstone_of_another_generation_is_none(shelf: Shelf) -> None:
    (row,) = tombstones()
    lose(row)
    add(tables.tombstone(blob_of(shelf.unused), int(row.generation) - 1, int(row.since)))

    assert [kind for kind, _, _ in repaired(shelf)] == ["tombstone_missing"]

    assert [one.cid for one in collect(shelf.system).collected] == [shelf.unused]
    assert tombstones() == []


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_thumbnail_comes_back(shelf: Shelf, size: str) -> None:
    shelf.drop_object(f"{blob_of(shelf.picture).blob}/{size}")

    assert repaired(shelf) == [("thumbnail_missing", shelf.picture, "a thumbnail is lost")]

    # It is asked for again, sent at the janitor's next round, and made
    assert [(job.account, job.cid) for job in aws.scan(ThumbJobRow)] == [(shelf.user.zelid, shelf.picture)]
    assert shelf.thumb(size) == 404
    come_by(shelf.system)
    assert shelf.system.jobs.work() == 1
    assert [shelf.thumb(each) for each in SIZES] == [200, 200, 200]
    assert list(aws.scan(ThumbJobRow)) == []
    assert faults_in(shelf.system) == []


def test_a_thumbnail_of_what_nobody_holds_is_not_missed(shelf: Shelf) -> None:
    shelf.drop_object(f"{blob_of(shelf.picture).blob}/mobile")
    rm(shelf.system, shelf.user, shelf.picture)

    assert faults_in(shelf.system) == []


@pytest.mark.parametrize("part", ["1", "00", "\u00b2", "0x", "tablet", "mobile/0", "-1", ""])
def test_an_object_that_its_content_does_not_have_is_put_aside(shelf: Shelf, part: str) -> None:
    key = f"{blob_of(shelf.picture).blob}/{part}"
    shelf.put_object(key)

    assert repaired(shelf) == [("orphan_object", key, "no row knows this object")]

    keys = [name for name, _ in shelf.system.contents()["objects"]]
    assert f"{QUARANTINE}{key}" in keys
    assert key not in keys
    assert cat(shelf.system, shelf.user, shelf.picture).body == PICTURE
    assert shelf.thumb("web") == 200


def test_a_copy_is_made_before_anything_goes(shelf: Shelf) -> None:
    """A process that dies in between leaves both; the next check goes on."""
    shelf.put_object("deadbeef/0")
    faults = Faults(shelf.system.aws)
    faults.add("DeleteObject", crash_before)

    with pytest.raises(Crash):
        reconciler(shelf.system).check(repair=True)

    keys = [name for name, _ in shelf.system.contents()["objects"]]
    assert {"deadbeef/0", f"{QUARANTINE}deadbeef/0"} <= set(keys)
    assert [kind for kind, _, _ in repaired(shelf)] == ["orphan_object"]
    assert "deadbeef/0" not in [name for name, _ in shelf.system.contents()["objects"]]


def test_what_is_being_deleted_is_no_orphan(shelf: Shelf) -> None:
    faults = Faults(shelf.system.aws)
    faults.add("DeleteObjects", crash_before)
    with pytest.raises(Crash):
        collect(shelf.system)
    assert aws.get(BlobRow, shelf.unused) is None
    objects = left(shelf.system)["objects"]

    assert reconciler(shelf.system).check(repair=True) == []

    assert left(shelf.system)["objects"] == objects
    assert [one.cid for one in collect(shelf.system).collected] == [shelf.unused]


def _again(shelf: Shelf) -> None:
    put_ok(shelf.system, shelf.user, ("unused", b"unused"))


def _given_up(shelf: Shelf) -> None:
    """Redrawn meanwhile: the mark is another."""
    with aws.transaction() as tx:
        tx.update(BlobRow(cid=shelf.picture), [BlobRow.thumbs.set("failed")])


def _lose_tombstone(shelf: Shelf) -> None:
    lose(next(row for row in tombstones() if row.cid == shelf.unused))


def _lose_thumb(shelf: Shelf) -> None:
    shelf.drop_object(f"{blob_of(shelf.picture).blob}/web")


@pytest.mark.parametrize(
    ("look", "damage", "meanwhile"),
    [
        (contents.tombstones, _lose_tombstone, _again),
        (contents.thumbs, _lose_thumb, _given_up),
        (contents.thumbs, _lose_thumb, lambda shelf: lose(blob_of(shelf.picture))),
        (contents.tombstones, _lose_tombstone, lambda shelf: lose(blob_of(shelf.unused))),
    ],
    ids=["put again", "given up", "picture gone", "content gone"],
)
def test_a_repair_of_what_has_moved_on_changes_nothing(
    shelf: Shelf,
    look: Callable[[Books], Iterable[Finding]],
    damage: Callable[[Shelf], None],
    meanwhile: Callable[[Shelf], None],
) -> None:
    damage(shelf)
    findings = list(look(Books.read()))
    meanwhile(shelf)
    before = shelf.system.contents()

    for finding in findings:
        assert finding.repair is not None
        finding.repair()

    assert len(findings) == 1
    assert shelf.system.contents() == before


def test_a_tombstone_is_made_once_by_two_checks(shelf: Shelf) -> None:
    _lose_tombstone(shelf)
    first, second = (next(iter(contents.tombstones(Books.read()))) for _ in range(2))

    for finding in (first, second):
        assert finding.repair is not None
        finding.repair()

    assert {row.cid for row in aws.scan(TombstoneRow)} == {shelf.unused}
    assert faults_in(shelf.system) == []
    collect(shelf.system)
    assert tombstones() == []
