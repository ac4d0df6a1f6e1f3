"""What every cache promises (chalicelib/metadata/cache.py), asked of each kind."""

import os

import pytest

from chalicelib.metadata import cache as caching
from chalicelib.metadata.cache import Cache, NoCache
from tests.metadata.cache.conftest import Kept

HOUR = 3600


def fill(cache: Cache, *orders: str, owner: str = "o", value: bytes = b"v", seconds: int = HOUR) -> int:
    return cache.fill(owner, dict.fromkeys(orders, value), seconds, cache.epoch())


def cached(cache: Cache, order: str, owner: str = "o") -> bytes | None:
    return cache.look(owner, order).value


def test_nothing_is_there_at_first(cache: Cache) -> None:
    look = cache.look("o", "a")

    assert (look.value, look.buried) == (None, False)
    assert look.epoch == cache.epoch() != ""
    assert list(cache.most_read("p", 10)) == []
    assert cache.drop() == cache.drop("o") == cache.drop("o", "a") == 0


def test_what_was_filled_is_there(cache: Cache) -> None:
    assert cache.fill("o", {"a": b"1", "b": b"2"}, HOUR, cache.look("o", "a").epoch) == 2

    assert [cached(cache, order) for order in "abc"] == [b"1", b"2", None]
    assert not cache.look("o", "a").buried


def test_a_fill_replaces(cache: Cache) -> None:
    fill(cache, "a", value=b"1")

    assert fill(cache, "a", value=b"2") == 1
    assert cached(cache, "a") == b"2"


def test_nothing_can_be_filled_and_buried(cache: Cache) -> None:
    assert cache.fill("o", {}, HOUR, cache.epoch()) == 0
    cache.bury("o", [])

    assert not cache.look("o", "a").buried


@pytest.mark.parametrize("value", [os.urandom(16 * 1024), b"x", b"\0\xff\r\n", b"0" * 200], ids=len)
def test_any_bytes_come_back_as_they_were(cache: Cache, value: bytes) -> None:
    fill(cache, "a", value=value)

    assert cached(cache, "a") == value


def test_a_record_stays_for_its_time_and_no_longer(kept: Kept) -> None:
    fill(kept.cache, "a")

    kept.wait(HOUR - 1)
    assert cached(kept.cache, "a") == b"v"
    kept.wait(2)
    assert cached(kept.cache, "a") is None


@pytest.mark.parametrize(("first", "second"), [(24 * HOUR, HOUR), (HOUR, 24 * HOUR)])
def test_the_longer_time_counts(kept: Kept, first: int, second: int) -> None:
    fill(kept.cache, "a", seconds=first)
    fill(kept.cache, "a", seconds=second)

    kept.wait(24 * HOUR - 60)
    assert cached(kept.cache, "a") == b"v"
    kept.wait(61)
    assert cached(kept.cache, "a") is None


def test_a_tombstone_hides_and_is_not_filled_over(cache: Cache) -> None:
    fill(cache, "a", "b")
    cache.bury("o", ["a", "never cached"])

    assert fill(cache, "a", "b", "never cached", value=b"new") == 1
    assert [cached(cache, order) for order in ("a", "b", "never cached")] == [None, b"new", None]
    assert [cache.look("o", order).buried for order in ("a", "b", "never cached")] == [True, False, True]


def test_a_tombstone_ends(kept: Kept) -> None:
    kept.cache.bury("o", ["a"])

    kept.wait(caching.TOMBSTONE_SECONDS - 1)
    assert kept.cache.look("o", "a").buried
    assert fill(kept.cache, "a") == 0

    kept.wait(2)
    assert not kept.cache.look("o", "a").buried
    assert fill(kept.cache, "a") == 1
    assert cached(kept.cache, "a") == b"v"


def test_another_burial_lets_a_tombstone_stand_for_longer(kept: Kept) -> None:
    kept.cache.bury("o", ["a"])
    kept.wait(caching.TOMBSTONE_SECONDS - 1)
    kept.cache.bury("o", ["a"])

    kept.wait(caching.TOMBSTONE_SECONDS - 1)
    assert kept.cache.look("o", "a").buried


def test_a_tombstone_outlives_every_load() -> None:
    assert caching.TOMBSTONE_SECONDS > 2 * caching.LOAD_SECONDS
    assert 2 * caching.EPOCH_SECONDS <= caching.LOAD_SECONDS


def test_what_is_lost_is_lost_with_tombstones_and_counts_and_ends_the_epoch(kept: Kept) -> None:
    fill(kept.cache, "a")
    kept.cache.bury("o", ["b"])
    before = kept.cache.look("o", "a").epoch

    kept.lose()

    assert list(kept.cache.most_read("o", 10)) == []
    assert (cached(kept.cache, "a"), kept.cache.look("o", "b").buried) == (None, False)
    assert kept.cache.epoch() != before
    assert kept.cache.fill("o", {"a": b"old"}, HOUR, before) == 0
    assert cached(kept.cache, "a") is None
    assert fill(kept.cache, "a") == 1


def test_a_fill_right_after_a_loss_is_refused_too(kept: Kept) -> None:
    """Also if nobody has asked for the new epoch yet."""
    before = kept.cache.epoch()
    kept.lose()

    assert kept.cache.fill("o", {"a": b"old"}, HOUR, before) == 0
    assert cached(kept.cache, "a") is None


@pytest.mark.parametrize("epoch", ["", "another", "\n", "é"])
def test_an_epoch_that_never_was_is_refused(cache: Cache, epoch: str) -> None:
    assert cache.fill("o", {"a": b"v"}, HOUR, epoch) == 0


def test_dropping_one_leaves_the_others(cache: Cache) -> None:
    fill(cache, "a", "b")

    assert cache.drop("o", "a") == 1
    assert cache.drop("o", "a") == 0
    assert [cached(cache, order) for order in "ab"] == [None, b"v"]


def test_dropping_an_owner_leaves_other_owners(cache: Cache) -> None:
    fill(cache, "a", "b")
    fill(cache, "a", owner="o2")
    fill(cache, "a", owner="p")

    assert cache.drop("o") == 2
    assert [cached(cache, "a", owner) for owner in ("o", "o2", "p")] == [None, b"v", b"v"]
    assert cache.drop("o") == 0


def test_dropping_all(cache: Cache) -> None:
    fill(cache, "a", "b")
    fill(cache, "a", owner="p")

    assert cache.drop() == 3
    assert [cached(cache, "a", owner) for owner in "op"] == [None, None]
    assert cache.drop() == 0


@pytest.mark.parametrize("which", [(), ("o",), ("o", "b")], ids=["all", "owner", "one"])
def test_dropping_leaves_tombstones_and_counts_and_ends_loads_under_way(cache: Cache, which: tuple[str, ...]) -> None:
    """Otherwise a load from before would put back what somebody just asked to forget."""
    before = cache.look("o", "a").epoch
    fill(cache, "b")
    cache.bury("o", ["b"])

    assert cache.drop(*which) == 0

    assert cache.look("o", "b").buried
    assert fill(cache, "b") == 0
    assert cache.fill("o", {"a": b"old"}, HOUR, before) == 0
    assert fill(cache, "a") == 1
    assert sorted(cache.most_read("o", 10)) == ["a", "b"]


def test_what_was_dropped_can_be_filled_and_dropped_again(cache: Cache) -> None:
    for which in ((), ("o",), ("o", "a")):
        assert fill(cache, "a") == 1
        assert cache.drop(*which) == 1
        assert cached(cache, "a") is None


def test_what_has_ended_is_not_counted_as_dropped(kept: Kept) -> None:
    fill(kept.cache, "a", seconds=HOUR)
    fill(kept.cache, "b", seconds=3 * HOUR)
    kept.wait(HOUR + 1)

    assert kept.cache.drop("o") == 1


def test_owners_do_not_see_each_other(cache: Cache) -> None:
    fill(cache, "a", owner="o", value=b"mine")
    cache.bury("p", ["a"])

    assert (cached(cache, "a", "o"), cached(cache, "a", "p"), cached(cache, "a", "q")) == (b"mine", None, None)
    assert [cache.look(owner, "a").buried for owner in "opq"] == [False, True, False]
    assert [len(cache.most_read(owner, 10)) for owner in "opqr"] == [1, 1, 1, 0]


def test_most_read_comes_first(cache: Cache) -> None:
    """Whether a read found the record or not."""
    fill(cache, "b")
    for order in "abbccc":
        cache.look("o", order)

    assert list(cache.most_read("o", 10)) == ["c", "b", "a"]
    assert list(cache.most_read("o", 2)) == ["c", "b"]


def test_many_records_at_once(cache: Cache) -> None:
    orders = [f"{number:024d}" for number in range(3000)]
    for start in range(0, 3000, 1000):
        assert fill(cache, *orders[start : start + 1000], value=b"v" * 1000) == 1000
    fill(cache, "a", owner="p")

    cache.bury("o", orders[:100])

    assert cached(cache, orders[-1]) == b"v" * 1000
    assert cache.drop("o") == 2900
    assert cache.drop() == 1


def test_without_a_cache_nothing_is_kept_and_nothing_promised() -> None:
    cache = NoCache()

    assert cache.fill("o", {"a": b"v"}, HOUR, cache.epoch()) == 0
    cache.bury("o", ["a"])
    look = cache.look("o", "a")
    assert look.value is None
    # Nothing tells of changes elsewhere, so no load may be shared.
    assert look.buried
    assert list(cache.most_read("o", 10)) == []
    assert cache.drop() == cache.drop("o") == cache.drop("o", "a") == 0
