"""A round of the janitor beside collection: puts cut off, jobs lost, dry runs, the schedule, and what it costs."""

import pytest

from chalicelib import aws
from chalicelib.drive.tables import BatchRow, ThumbJobRow
from tests.drive.asking import many, put_ok
from tests.support.books import listed, rm, status
from tests.support.calls import Calls
from tests.support.faults import Crash, Faults, crash_after
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.workers.collecting import (
    PICTURE,
    collect,
    come_by,
    later,
    left,
    put_folder,
    put_unused,
    tombstones,
)

DAY = 86_400.0


@pytest.fixture
def user(system: System) -> User:
    return system.user()


def test_a_dry_run_changes_nothing_and_says_what_a_real_one_does(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a content half deleted, others unused, one put again, a put cut off, and a lost job
    faults = Faults(system.aws)
    (doomed,) = put_unused(system, user, ("doomed", b"doomed"))
    faults.add("DeleteObjects", crash_after)
    with pytest.raises(Crash):
        collect(system)
    put_unused(system, user, ("file", b"file"), ("put again", b"some"))
    put_ok(system, user, ("some", b"some"), content_type="text/plain")
    cut_off(system, user, faults)
    rm(system, user, put_folder(system, user, {"a": b"a"}))
    put_ok(system, user, ("picture.png", PICTURE))
    later(monkeypatch, 2 * DAY)
    before = system.contents()

    said = collect(system, dry=True)

    assert system.contents() == before
    assert (len(said.collected), said.undone, said.resent) == (3, 1, 1)
    assert doomed in {one.cid for one in said.collected}
    assert collect(system) == said
    # What was cut off is unused from now on.
    assert len(collect(system, dry=True).collected) == 12


def cut_off(system: System, user: User, faults: Faults) -> None:
    """A put of 13 files dies once twelve are placed."""
    faults.add("TransactWriteItems", crash_after)
    with pytest.raises(Crash):
        system.put(user, *many(13, "cut off"), content_type="text/plain")
    faults.clear()


def test_a_put_that_was_cut_off_is_undone_after_an_hour(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ok(system, user, ("some", b"some"), content_type="text/plain")
    cut_off(system, user, Faults(system.aws))
    assert len(listed(system, user)) == 13

    assert collect(system).undone == 0
    later(monkeypatch, 3_500)
    assert collect(system).undone == 0
    assert len(listed(system, user)) == 13

    later(monkeypatch, 3_700)
    assert collect(system).undone == 1
    assert listed(system, user).keys() == {"some"}
    assert status(system, user)["storage_used"] == 4
    assert list(aws.scan(BatchRow)) == []
    assert collect(system).undone == 0


def test_a_job_that_was_lost_is_sent_again_after_15_minutes(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cid,) = put_ok(system, user, ("picture.png", PICTURE))
    system.jobs.held.clear()

    def thumb() -> int:
        return system.call("GET", "/api/v0/thumb", user=user, query={"arg": cid}).status

    later(monkeypatch, 890)
    come_by(system)
    assert (system.jobs.work(), thumb()) == (0, 404)

    later(monkeypatch, 910)
    come_by(system)
    come_by(system)
    assert (system.jobs.work(), thumb()) == (2, 200)
    assert list(aws.scan(ThumbJobRow)) == []
    come_by(system)
    assert system.jobs.work() == 0


def test_the_schedule_keeps_to_the_grace_time_of_the_settings(
    ministack: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = ministack.system(gc_grace_seconds=100)
    put_unused(system, system.user(), ("file", b"file"))

    come_by(system)
    assert len(tombstones()) == 1

    later(monkeypatch, 110)
    come_by(system)
    assert left(system) == {}


@pytest.mark.parametrize("count", [5, 300])
def test_a_run_over_nothing_costs_the_same_however_much_is_held(system: System, user: User, count: int) -> None:
    """Eight shards of tombstones, and eight tables of what is under way."""
    put_ok(system, user, *many(count), content_type="text/plain")
    calls = Calls(system.aws)

    collect(system)

    assert calls.by_operation() == {"Query": 8, "Scan": 8}
