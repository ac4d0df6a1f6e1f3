"""Prefetch and invalidate over HTTP."""

from typing import Any

import pytest

from chalicelib.metadata import ids
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.warming import Limits, Warming
from tests.metadata.cache.asking import MakeSystem, ask, cached, invalidate, prefetch, read_often, sync
from tests.metadata.cache.conftest import Clock
from tests.metadata.records import add_many, create, fields_at_fault, refusal
from tests.support.calls import Calls
from tests.support.system import System

USER = "usr_9f8e7d6c"
HOUR = 3600


@pytest.fixture
def system(make_system: MakeSystem) -> System:
    return make_system()


def made(system: System, count: int, user: str = USER) -> list[str]:
    return [create(system, user=user)["id"] for _ in range(count)]


@pytest.mark.parametrize(("limit", "prefetched"), [(1, 1), (2, 2), (3, 3), (1000, 3)])
def test_prefetch_takes_the_most_read_up_to_its_limit(system: System, limit: int, prefetched: int) -> None:
    first, second, third, unread = files = made(system, 4)
    read_often(system, (first, 1), (second, 3), (third, 2))

    assert prefetch(system, USER, limit) == prefetched

    assert cached(system, *files) == [prefetched >= 3, True, prefetched >= 2, False]
    assert cached(system, unread) == [True]


def test_what_was_prefetched_stays_for_an_hour(system: System, clock: Clock) -> None:
    (one,) = made(system, 1)
    read_often(system, (one, 1))
    assert prefetch(system, USER, 10) == 1

    clock.now += HOUR - 1
    assert cached(system, one) == [True]
    clock.now += 2
    assert cached(system, one) == [False]


def test_prefetch_reads_a_hundred_records_a_call(calls: Calls) -> None:
    """Here without HTTP, which would take long to read so many."""
    cache = EmbeddedCache()
    for file_id in add_many(USER, 230):
        cache.look(ids.owner_key(USER), file_id[-ids.HALF :])
    calls.clear()

    assert Warming(cache, Limits(sync_bytes=1, most_read=1)).prefetch(USER, 1000) == 230

    assert calls.by_operation() == {"Query": 1, "BatchGetItem": 3}
    assert cache.drop() == 230


def test_deleted_records_take_nobodys_place(system: System) -> None:
    files = made(system, 4)
    read_often(system, *((one, 4 - at) for at, one in enumerate(files)))
    for one in files[:2]:
        assert system.call("DELETE", f"/api/v1/meta/{one}").status == 200

    assert prefetch(system, USER, 1) == 1
    assert cached(system, *files[2:]) == [True, False]


def test_prefetch_before_anything_was_read(system: System) -> None:
    made(system, 1)

    assert prefetch(system, USER, 1000) == 0


def test_prefetch_for_a_user_without_files(system: System) -> None:
    assert refusal(ask(system, "prefetch", user="nobody", limit=1)) == (404, "not_found")


BAD_LIMITS: list[Any] = [0, 1001, -1, 1.5, "5", True, None, [1], 10**30]
BAD_PREFETCHES: list[tuple[dict[str, Any], list[str]]] = [
    *[({"user": USER, "limit": limit}, ["limit"]) for limit in BAD_LIMITS],
    ({"user": USER}, ["limit"]),
    ({"limit": 1}, ["user"]),
    ({"user": "", "limit": 1}, ["user"]),
    ({"user": None, "limit": 1}, ["user"]),
    ({"user": USER, "limit": 1, "type": "allOne"}, ["type"]),
    ({}, ["user", "limit"]),
]


def test_what_is_wrong_with_a_prefetch_is_told(system: System, subtests: pytest.Subtests) -> None:
    for body, fields in BAD_PREFETCHES:
        with subtests.test(str(body)):
            assert fields_at_fault(ask(system, "prefetch", **body)) == fields


def test_invalidate_forgets_what_it_names(system: System) -> None:
    mine, others = made(system, 3), made(system, 2, "another")
    for user in (USER, "another"):
        sync(system, user, "allOne")

    assert invalidate(system, type="file", fileId=mine[0]) == 1
    assert cached(system, mine[1], others[0]) == [True, True]
    assert invalidate(system, type="file", fileId=mine[0]) == 0
    assert cached(system, mine[0]) == [False]

    assert invalidate(system, type="user", user=USER) == 3
    assert invalidate(system, type="user", user=USER) == 0
    assert cached(system, *mine, *others) == [False, False, False, True, True]

    assert invalidate(system, type="all") == 5
    assert invalidate(system, type="all") == 0
    assert cached(system, *mine, *others) == [False] * 5


def test_invalidating_what_is_not_there(system: System) -> None:
    calls = Calls(system.aws)

    assert invalidate(system, type="file", fileId="file_" + "0" * 48) == 0
    assert invalidate(system, type="file", fileId="no id at all") == 0
    assert invalidate(system, type="user", user="nobody") == 0
    assert invalidate(system, type="all") == 0

    assert calls.total == 0


BAD_INVALIDATES: list[dict[str, object]] = [
    {},
    {"type": "files"},
    {"type": None},
    {"type": "file"},
    {"type": "file", "user": USER},
    {"type": "file", "fileId": "file_x", "user": USER},
    {"type": "file", "fileId": ""},
    {"type": "file", "fileId": None},
    {"type": "file", "fileId": 7},
    {"type": "file", "fileId": "x" * 257},
    {"type": "file", "file_id": "file_x"},
    {"type": "user"},
    {"type": "user", "fileId": "file_x"},
    {"type": "user", "user": USER, "fileId": "file_x"},
    {"type": "user", "user": ""},
    {"type": "user", "user": None},
    {"type": "user", "user": "u" * 257},
    {"type": "all", "user": USER},
    {"type": "all", "fileId": "file_x"},
    {"type": "all", "user": None},
    {"type": "all", "extra": True},
    {"fileId": "file_x"},
    {"user": USER},
]


def test_every_malformed_invalidate_is_refused_and_forgets_nothing(system: System, subtests: pytest.Subtests) -> None:
    (one,) = made(system, 1)
    sync(system, USER, "allOne")

    for body in BAD_INVALIDATES:
        with subtests.test(str(body)):
            assert refusal(ask(system, "invalidate", **body)) == (400, "invalid_request")
    assert cached(system, one) == [True]


@pytest.mark.parametrize("what", ["sync", "prefetch", "invalidate"])
def test_only_post_and_only_json_objects(system: System, what: str) -> None:
    path = f"/api/v1/e/meta/{what}"

    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = system.call(method, path)
        assert refusal(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == "POST"
    for body in (b"", b"{", b"[]", b"null", b'"all"', b"\xff", b'{"type": "all"} x'):
        assert refusal(system.call("POST", path, body=body)) == (400, "invalid_request")
