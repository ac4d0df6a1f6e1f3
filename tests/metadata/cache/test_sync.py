"""Sync over HTTP: all of a user's records or the most read ones, all or nothing or as many as fit, for a day."""

import pytest

from tests.metadata.cache.asking import MakeSystem, ask, bytes_of, cached, change, invalidate, read_often, sync
from tests.metadata.cache.conftest import Clock
from tests.metadata.records import add_many, create, fields_at_fault, read, refusal
from tests.support.system import System

USER = "usr_9f8e7d6c"
DAY = 86_400
TYPES = ["allOne", "allTwo", "mostOne", "mostTwo"]


def three(system: System) -> list[str]:
    """Records of one user, the oldest first, each of another size."""
    return [create(system, filenameEnc="x" * (100 + 10 * number))["id"] for number in range(3)]


@pytest.mark.parametrize("kind", TYPES)
def test_what_was_synced_is_read_without_a_call_for_a_day(make_system: MakeSystem, clock: Clock, kind: str) -> None:
    system = make_system()
    made = three(system)
    other = create(system, user="another")["id"]
    read_often(system, *((one, 1) for one in made))

    assert sync(system, USER, kind) == (3, 0)

    clock.now += DAY - 1
    assert cached(system, *made, other) == [True, True, True, False]
    clock.now += 2
    assert cached(system, *made) == [False, False, False]


def test_a_read_does_not_end_a_sync_early(make_system: MakeSystem, clock: Clock) -> None:
    system = make_system()
    made = create(system)["id"]
    read(system, made)

    assert sync(system, USER, "allOne") == (1, 0)
    read(system, made)

    clock.now += DAY - 1
    assert cached(system, made) == [True]


@pytest.mark.parametrize("kind", ["allOne", "mostOne"])
def test_one_takes_exactly_the_limit_and_nothing_beyond_it(make_system: MakeSystem, kind: str) -> None:
    system = make_system()
    made = three(system)
    total = bytes_of(*made)

    roomy, tight = make_system(cache_sync_bytes=total), make_system(cache_sync_bytes=total - 1)
    for each in (roomy, tight):
        read_often(each, *((one, 1) for one in made))

    assert sync(roomy, USER, kind) == (3, 0)
    assert cached(roomy, *made) == [True, True, True]
    assert refusal(ask(tight, "sync", user=USER, type=kind)) == (400, "limit_exceeded")
    assert cached(tight, *made) == [False, False, False]


@pytest.mark.parametrize(("room", "synced"), [(0, 3), (-1, 2), (-10_000, 0)])
def test_all_two_takes_what_fits_the_newest_first(make_system: MakeSystem, room: int, synced: int) -> None:
    made = three(make_system())
    system = make_system(cache_sync_bytes=max(1, bytes_of(*made) + room))

    assert sync(system, USER, "allTwo") == (synced, 3 - synced)
    assert cached(system, *made) == [synced == 3, synced >= 2, synced >= 1]


def test_all_two_passes_over_what_does_not_fit(make_system: MakeSystem) -> None:
    system = make_system()
    small, large = create(system)["id"], create(system, dekEnc="x" * 8192)["id"]
    tight = make_system(cache_sync_bytes=bytes_of(small))

    assert sync(tight, USER, "allTwo") == (1, 1)
    assert cached(tight, small, large) == [True, False]


def test_most_takes_the_most_read(make_system: MakeSystem) -> None:
    first, second, third = made = three(make_system())
    for kind in ("mostOne", "mostTwo"):
        system = make_system(cache_most_read=2)
        read_often(system, (first, 3), (second, 1), (third, 2))

        assert sync(system, USER, kind) == (2, 0)
        assert cached(system, *made) == [True, False, True]


def test_most_two_takes_what_fits_the_most_read_first(make_system: MakeSystem) -> None:
    first, second, third = made = three(make_system())
    system = make_system(cache_sync_bytes=bytes_of(first, third))
    read_often(system, (first, 3), (second, 1), (third, 2))

    assert sync(system, USER, "mostTwo") == (2, 1)
    assert cached(system, *made) == [True, False, True]


@pytest.mark.parametrize("kind", ["mostOne", "mostTwo"])
def test_nothing_was_read_yet(make_system: MakeSystem, kind: str) -> None:
    system = make_system()
    create(system)

    assert sync(system, USER, kind) == (0, 0)


def test_a_deleted_record_takes_nobodys_place(make_system: MakeSystem) -> None:
    system = make_system(cache_most_read=1)
    gone, kept = create(system)["id"], create(system)["id"]
    read_often(system, (gone, 3), (kept, 1))
    assert system.call("DELETE", f"/api/v1/meta/{gone}").status == 200

    assert sync(system, USER, "mostOne") == (1, 0)
    assert cached(system, kept) == [True]


def test_more_records_than_one_page(make_system: MakeSystem) -> None:
    system = make_system()
    made = add_many(USER, 230)

    assert sync(system, USER, "allOne") == (230, 0)
    assert all(cached(system, made[0], made[115], made[-1]))
    assert invalidate(system, type="user", user=USER) == 230


def test_a_record_that_was_just_changed_is_left_out(make_system: MakeSystem, clock: Clock) -> None:
    system = make_system()
    made = three(system)
    assert sync(system, USER, "allOne") == (3, 0)
    change(system, made[0], "image/gif")

    assert sync(system, USER, "allOne") == (2, 1)
    assert read(system, made[0])["mimeType"] == "image/gif"

    clock.now += 61
    assert sync(system, USER, "allOne") == (3, 0)
    assert cached(system, *made) == [True, True, True]
    assert read(system, made[0])["mimeType"] == "image/gif"


@pytest.mark.parametrize("kind", TYPES)
def test_a_user_without_files_is_not_found(make_system: MakeSystem, kind: str) -> None:
    system = make_system()
    create(system)

    assert refusal(ask(system, "sync", user="nobody", type=kind)) == (404, "not_found")


BAD_SYNCS: list[tuple[dict[str, object], list[str]]] = [
    ({"user": USER, "type": "all"}, ["type"]),
    ({"user": USER, "type": "allone"}, ["type"]),
    ({"user": USER, "type": ""}, ["type"]),
    ({"user": USER, "type": None}, ["type"]),
    ({"user": USER, "type": ["allOne"]}, ["type"]),
    ({"user": USER}, ["type"]),
    ({"type": "allOne"}, ["user"]),
    ({"user": "", "type": "allOne"}, ["user"]),
    ({"user": "u" * 257, "type": "allOne"}, ["user"]),
    ({"user": 7, "type": "allOne"}, ["user"]),
    ({"user": USER, "type": "allOne", "limit": 1}, ["limit"]),
    ({}, ["user", "type"]),
]


def test_what_is_wrong_with_a_sync_is_told(make_system: MakeSystem, subtests: pytest.Subtests) -> None:
    system = make_system()
    made = create(system)["id"]
    for body, fields in BAD_SYNCS:
        with subtests.test(str(body)):
            assert fields_at_fault(ask(system, "sync", **body)) == fields
    assert cached(system, made) == [False]
