"""Without a cache every endpoint answers, and nothing is kept."""

import pytest

from tests.metadata.cache.asking import ask, cached, change, invalidate, prefetch, sync
from tests.metadata.records import create, fields_at_fault, read, refusal
from tests.support.system import System

USER = "usr_9f8e7d6c"


def test_every_read_asks_the_table(system: System) -> None:
    made = create(system)["id"]

    assert cached(system, made, made, made) == [False, False, False]
    change(system, made, "image/gif")
    assert read(system, made)["mimeType"] == "image/gif"


@pytest.mark.parametrize(("kind", "skipped"), [("allOne", 2), ("allTwo", 2), ("mostOne", 0), ("mostTwo", 0)])
def test_a_sync_skips_all(system: System, kind: str, skipped: int) -> None:
    made = [create(system)["id"] for _ in range(2)]

    assert sync(system, USER, kind) == (0, skipped)
    assert cached(system, *made) == [False, False]


def test_there_is_nothing_to_prefetch_or_invalidate(system: System) -> None:
    made = create(system)["id"]
    read(system, made)

    assert prefetch(system, USER, 1000) == 0
    assert invalidate(system, type="file", fileId=made) == 0
    assert invalidate(system, type="user", user=USER) == 0
    assert invalidate(system, type="all") == 0
    assert cached(system, made) == [False]


def test_what_is_wrong_is_refused_as_with_a_cache(system: System) -> None:
    assert refusal(ask(system, "sync", user="nobody", type="allOne")) == (404, "not_found")
    assert refusal(ask(system, "prefetch", user="nobody", limit=1)) == (404, "not_found")
    assert fields_at_fault(ask(system, "sync", user=USER, type="some")) == ["type"]
    assert fields_at_fault(ask(system, "prefetch", user=USER, limit=0)) == ["limit"]
    assert refusal(ask(system, "invalidate", type="file")) == (400, "invalid_request")
