"""The janitor takes away what nobody holds, once the grace time is over, and nothing else."""

from collections.abc import Callable

import pytest

from tests.blobs.shape import content
from tests.drive.asking import many, put_ok
from tests.support.books import cat, faults_in, rm
from tests.support.calls import Calls
from tests.support.system import System, User
from tests.workers.collecting import (
    PICTURE,
    blob_of,
    collect,
    later,
    left,
    put_folder,
    put_unused,
    small_objects,
    tombstones,
)

DAY = 86_400.0


@pytest.fixture
def user(system: System) -> User:
    return system.user()


def put_one(system: System, user: User, data: bytes = b"some", name: str = "some") -> str:
    (cid,) = put_ok(system, user, (name, data), content_type="text/plain")
    return cid


def put_picture(system: System, user: User) -> str:
    (cid,) = put_ok(system, user, ("picture.png", PICTURE))
    assert system.jobs.work() == 1
    assert len(left(system)["objects"]) == 1 + 3
    return cid


def put_tree(system: System, user: User) -> str:
    return put_folder(system, user, {"a/b/long": content(2_000), "a/short": b"short", "long": content(2_000)})


def put_wide(system: System, user: User) -> str:
    cid = put_folder(system, user, {f"{number:03}": str(number).encode() for number in range(100)})
    assert len(left(system)["manifests"]) == 8
    return cid


@pytest.mark.parametrize(
    "put",
    [
        put_one,
        lambda system, user: put_one(system, user, b""),
        lambda system, user: put_one(system, user, content(5_000)),
        put_picture,
        put_tree,
        put_wide,
    ],
    ids=["a file", "an empty file", "a file of many objects", "a picture", "a folder", "a folder of many pages"],
)
def test_what_nobody_holds_goes_with_all_that_is_its(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, put: Callable[[System, User], str]
) -> None:
    small_objects(monkeypatch)
    monkeypatch.setattr("chalicelib.drive.manifests.MOST_PAGE_BYTES", 2_000)
    cid = put(system, user)
    blob = blob_of(cid)
    assert collect(system).collected == []

    assert rm(system, user, cid).status == 200
    report = collect(system)

    assert [(one.cid, one.blob, one.size) for one in report.collected] == [(cid, blob.blob, blob.size)]
    assert report.size == blob.size
    assert left(system) == {}
    assert collect(system).collected == []
    assert faults_in(system) == []


def test_what_is_shared_stays_until_the_last_lets_go(system: System, user: User) -> None:
    other = system.user()
    folder, file = {"in/it": b"both"}, ("file", b"both too")
    cids = [put_folder(system, user, folder), *put_ok(system, user, file)]
    assert [put_folder(system, other, folder), *put_ok(system, other, file)] == cids

    for cid in cids:
        rm(system, user, cid)
    assert collect(system).collected == []
    assert cat(system, other, f"{cids[0]}/in/it").body == b"both"
    assert cat(system, other, cids[1]).body == b"both too"

    for cid in cids:
        rm(system, other, cid)
    assert {one.cid for one in collect(system).collected} == set(cids)
    system.jobs.work()
    assert left(system) == {}


@pytest.mark.parametrize(("elapsed", "goes"), [(0, False), (DAY - 60, False), (DAY + 60, True)])
def test_nothing_goes_before_its_time(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, elapsed: float, goes: bool
) -> None:
    cids = put_unused(system, user, *many(3))
    before = left(system)

    later(monkeypatch, elapsed)
    collected = {one.cid for one in collect(system, DAY).collected}

    assert collected == (set(cids) if goes else set())
    assert left(system) == ({} if goes else before)


def test_each_content_has_a_grace_time_of_its_own(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    (old,) = put_unused(system, user, ("old", b"old"))
    a_day_later = tombstones()[0].since + DAY
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.blobs.service.time.time", lambda: a_day_later)
        (young,) = put_unused(system, user, ("young", b"young"))

    later(monkeypatch, DAY + 60)

    assert [one.cid for one in collect(system, DAY).collected] == [old]
    assert [row.cid for row in tombstones()] == [young]


@pytest.mark.parametrize("same", [True, False], ids=["the same account", "another account"])
def test_what_is_put_again_in_time_comes_back(system: System, user: User, calls: Calls, same: bool) -> None:
    again = user if same else system.user()
    (cid,) = put_unused(system, user, ("some", b"some"))
    blob = blob_of(cid).blob
    calls.clear()

    # Given it was put again
    assert put_one(system, again) == cid
    assert "PutObject" not in calls.by_operation()

    # Then it stays, and its tombstone alone goes
    assert len(tombstones()) == 1
    assert collect(system).collected == []
    assert tombstones() == []
    assert blob_of(cid).blob == blob
    assert cat(system, again, cid).body == b"some"
    assert faults_in(system) == []

    # Until it is removed again
    rm(system, again, cid)
    assert [one.cid for one in collect(system).collected] == [cid]
    assert left(system) == {}


def test_what_was_collected_can_be_put_as_if_for_the_first_time(system: System, user: User) -> None:
    for _ in range(3):
        cid = put_one(system, user)
        assert cat(system, user, cid).body == b"some"
        rm(system, user, cid)
        assert [one.cid for one in collect(system).collected] == [cid]
    assert left(system) == {}
