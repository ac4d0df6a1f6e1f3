"""The check of the books finds every kind of fault, puts right what can be put right, and touches nothing else."""

import time
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.drive.tables import BatchRow
from tests.support.books import cat, listed, reconciler, stats, status
from tests.support.system import System
from tests.workers import damage as damages
from tests.workers.damage import DATA, REPAIRED, REPORTED, Books, Damage

DAY = 86_400.0


@pytest.fixture
def books(system: System) -> Books:
    kept = Books.keep(system)
    assert reconciler(system).check() == []
    return kept


def kinds(books: Books, *, repair: bool = False, grace: float = 0.0) -> set[str]:
    return {finding.kind for finding in reconciler(books.system, grace).check(repair=repair)}


def bodies(books: Books) -> set[bytes]:
    s3, bucket = books.system.aws.s3, books.system.aws.settings.blob_bucket
    return {s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key, _ in books.system.contents()["objects"]}


@pytest.mark.parametrize("damage", REPAIRED, ids=lambda damage: damage.__name__)
def test_a_fault_is_found_and_put_right_and_gone_at_the_second_run(books: Books, damage: Damage) -> None:
    damage(books)
    before, objects = books.system.contents(), bodies(books)

    # Looking alone finds it and changes nothing
    assert kinds(books) >= REPAIRED[damage]
    assert books.system.contents() == before

    # A repair puts it right and loses no object
    assert kinds(books, repair=True) >= REPAIRED[damage]
    assert kinds(books) == set()
    assert bodies(books) == objects


@pytest.mark.parametrize("damage", REPORTED, ids=lambda damage: damage.__name__)
def test_what_cannot_be_put_right_is_reported_each_time(books: Books, damage: Damage) -> None:
    damage(books)
    before = books.system.contents()

    first = reconciler(books.system).check(repair=True)
    second = reconciler(books.system).check(repair=True)

    assert {finding.kind for finding in first} == REPORTED[damage]
    assert second == first
    assert all(finding.repair is None and finding.subject and finding.says for finding in first)
    assert books.system.contents() == before


def test_all_faults_at_once_are_put_right(books: Books) -> None:
    for damage in REPAIRED:
        damage(books)

    for _ in range(4):
        if not kinds(books, repair=True):
            break

    assert kinds(books) == set()


def test_a_repair_restores_what_users_see(books: Books) -> None:
    """Each fault that only hurts the books leaves list, content and use as they were before it."""
    shown = listed(books.system, books.user), status(books.system, books.user), stats(books.system)

    for damage in (damages.lost_record, damages.wrong_use, damages.too_few_references, damages.wrong_total):
        damage(books)
        kinds(books, repair=True)
        assert (listed(books.system, books.user), status(books.system, books.user), stats(books.system)) == shown
    for name, data in DATA.items():
        assert cat(books.system, books.user, books.cids[name]).body == data


def test_a_lost_entry_lets_go_of_what_it_held(books: Books) -> None:
    damages.lost_entry(books)
    damages.one_of_two_entries_lost(books)

    kinds(books, repair=True)

    assert cat(books.system, books.user, books.cids["two"]).status == 404
    assert cat(books.system, books.other, books.cids["two"]).body == DATA["two"]
    assert cat(books.system, books.user, books.cids["one"]).body == DATA["one"]
    assert status(books.system, books.user)["storage_used"] == 10 + 30


def test_what_is_young_is_left_alone(books: Books) -> None:
    damages.stray_object(books)
    young = BatchRow(account=books.user.zelid, id="young", reserved=0, created=int(time.time()))
    damages.add(young)
    before = books.system.contents()

    assert kinds(books, repair=True, grace=DAY) == set()

    assert books.system.contents() == before
    assert aws.get(BatchRow, books.user.zelid, "young") is not None
    assert kinds(books) == {"orphan_object", "batch_cut_off"}


def test_a_stray_object_is_moved_aside_with_its_bytes(books: Books) -> None:
    damages.stray_object(books)

    kinds(books, repair=True)

    keys: list[Any] = [key for key, _ in books.system.contents()["objects"]]
    assert "quarantine/deadbeef/0" in keys
    assert "deadbeef/0" not in keys
    assert b"stray" in bodies(books)


def test_a_cut_off_batch_is_taken_back(books: Books) -> None:
    damages.cut_off_batch(books)

    kinds(books, repair=True)

    assert listed(books.system, books.user).keys() == {"one", "one again", "two", "empty"}
    assert status(books.system, books.user)["storage_used"] == 2 * 10 + 20
    assert list(aws.scan(BatchRow)) == []


def test_records_of_the_internal_service_are_none_of_the_drives(books: Books) -> None:
    files, size = stats(books.system)

    assert (files, size) == (6 + 1, 2 * 10 + 2 * 20 + 30 + 5)
    assert kinds(books, repair=True) == set()
    assert stats(books.system) == (files, size)
