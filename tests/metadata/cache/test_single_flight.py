"""Reads of one record at once share one load of it, but never one that began before a change."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.metadata import ids
from chalicelib.metadata.embedded import EmbeddedCache
from tests.metadata.cache.stepping import Stepped, finish
from tests.metadata.cache.world import ORDERS, OWNER, USER, World

ONE, OTHER = ORDERS[:2]


@pytest.fixture
def cache() -> EmbeddedCache:
    return EmbeddedCache()


@pytest.fixture
def world(cache: EmbeddedCache, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(cache, monkeypatch)
    yield world
    finish(world.going)


def a_read_in_its_load(world: World) -> Stepped[int]:
    """It has read the table, and not yet come back with it."""
    call = world.read(0, ONE)
    for _ in range(5):
        call.step()
    return call


def missing(world: World, count: int) -> list[Stepped[int]]:
    """So many reads that have all found nothing cached: the first is in its load, the others wait for it."""
    reads = [world.read(0, ONE) for _ in range(count)]
    for read in reads:
        read.step()
        read.step()
    reads[0].step()
    reads[0].step()
    for read in reads[1:]:
        read.run()
        assert read.waiting
    return reads


def test_twenty_threads_make_one_read_of_the_table(world: World) -> None:
    reads = missing(world, 20)

    finish(reads)

    assert {read.result for read in reads} == {0}
    assert world.table.reads == 1


def test_readers_of_another_record_or_in_another_process_do_not_wait(world: World) -> None:
    a_read_in_its_load(world)

    others = [world.read(0, OTHER), world.read(1, ONE)]
    for other in others:
        other.run()

    assert all(other.ended for other in others)
    assert world.table.reads == 3


def change_here(world: World) -> None:
    world.change(0, ONE).run()


def change_elsewhere(world: World) -> None:
    world.change(1, ONE).run()


def invalidate(**which: str) -> Callable[[World], None]:
    return lambda world: world.warm(1, lambda warming: warming.invalidate(**which)).run()


DETACHING: dict[str, Callable[[World], None]] = {
    "a change here": change_here,
    "a change elsewhere": change_elsewhere,
    "invalidate file": invalidate(file_id=ids.join(OWNER, ONE)),
    "invalidate user": invalidate(user=USER),
    "invalidate all": invalidate(),
}


@pytest.mark.parametrize("detaching", DETACHING)
def test_nobody_joins_a_load_from_before(world: World, detaching: str) -> None:
    before = a_read_in_its_load(world)
    DETACHING[detaching](world)

    after = world.read(0, ONE)
    after.run()
    again = world.read(0, ONE)
    again.run()

    assert (after.ended, after.result) == (again.ended, again.result) == (True, world.table.versions[ONE])
    before.run()
    assert before.result == 0


@pytest.mark.parametrize("detaching", [name for name in DETACHING if name.startswith("invalidate")])
def test_a_load_from_before_an_invalidation_is_not_kept(cache: EmbeddedCache, world: World, detaching: str) -> None:
    before = a_read_in_its_load(world)
    DETACHING[detaching](world)

    before.run()

    assert cache.look(OWNER, ONE).value is None


def test_nobody_joins_while_a_tombstone_stands(cache: EmbeddedCache, world: World) -> None:
    a_read_in_its_load(world)
    cache.bury(OWNER, [ONE])

    reads = [world.read(0, ONE) for _ in range(3)]
    for read in reads:
        read.step()
        read.step()
        read.step()
        assert not read.waiting
    finish(reads)

    assert world.table.reads == 4


def test_nobody_joins_a_load_from_before_a_loss(cache: EmbeddedCache, world: World) -> None:
    """A tombstone may be lost too."""
    a_read_in_its_load(world)
    cache.lose()

    read = world.read(0, ONE)
    read.run()

    assert read.ended


def test_an_error_reaches_all_and_is_not_kept(world: World) -> None:
    world.table.fault = RuntimeError("the table is out of reach")
    reads = missing(world, 3)
    finish(reads)

    assert [read.error for read in reads] == [world.table.fault] * 3
    assert world.table.reads == 1

    world.table.fault = None
    again = world.read(0, ONE)
    again.run()
    assert again.result == 0
    assert world.table.reads == 2


def test_a_missing_record_is_not_kept(cache: EmbeddedCache, world: World) -> None:
    """So one that is made with this id, or comes back, is seen at once."""
    missing = "z" * 24
    assert world.processes[0].read(missing) == world.processes[0].read(missing)
    assert world.table.reads == 2
    assert cache.look(OWNER, missing).value is None
