"""A load, a change and an event at the cache, in every order of their steps: no later read shows the old record.

A load is a read, a sync or a prefetch. Its steps, and those of a change, each reach from one call of the cache or the
table to the next.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from chalicelib.metadata.cache import TOMBSTONE_SECONDS
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.valkey import ValkeyCache
from tests.metadata.cache.conftest import Clock, Embedded, Kept, Served
from tests.metadata.cache.stepping import Stepped, finish
from tests.metadata.cache.world import GONE, ORDERS, OWNER, USER, World
from tests.support.redis import RedisServer

ONE = ORDERS[0]

Load = Callable[[World], Stepped[Any]]
LOADS: dict[str, Load] = {
    "read": lambda world: world.read(0, ONE),
    "sync": lambda world: world.warm(0, lambda warming: warming.sync(USER, "allTwo")),
    "prefetch": lambda world: world.warm(0, lambda warming: warming.prefetch(USER, 1)),
}


def lose(kept: Kept, world: World) -> None:
    kept.lose()
    world.lost = True


def drop(kept: Kept, world: World) -> None:
    del world
    kept.cache.drop()


def wait(kept: Kept, world: World) -> None:
    """A load may hang for long; a change ends in time, as every call does."""
    kept.wait(25 if world.changing else TOMBSTONE_SECONDS + 1)


EVENTS = {"lose": lose, "drop": drop, "wait": wait}


def in_every_order(steps: Mapping[str, int]) -> Iterator[list[str]]:
    """Every order in which so many steps of each can happen."""
    if not any(steps.values()):
        yield []
    for name, left in steps.items():
        if left:
            for rest in in_every_order({**steps, name: left - 1}):
                yield [name, *rest]


def test_every_order_is_every_order() -> None:
    assert sorted(map("".join, in_every_order({"a": 2, "b": 1}))) == ["aab", "aba", "baa"]


def steps_of(call: Stepped[Any]) -> int:
    """How many steps a call takes, but for the first, in which nothing has happened yet."""
    call.step()
    steps = 0
    while not call.ended:
        call.step()
        steps += 1
    return steps


class Scene:
    """One world for each order; `changer` is the process that changes the record to the version `to`."""

    def __init__(self, kept: Kept, load: Load, changer: int, to: int | None) -> None:
        self.kept = kept
        self.load = load
        self.changer = changer
        self.to = to

    def world(self, patch: pytest.MonkeyPatch) -> World:
        self.kept.lose()
        # Or there is nothing to prefetch.
        self.kept.cache.look(OWNER, ONE)
        return World(self.kept.cache, patch, orders=[ONE], stops_after=False)

    def steps(self) -> dict[str, int]:
        with pytest.MonkeyPatch.context() as patch:
            load, change = steps_of(self.load(self.world(patch))), steps_of(self.world(patch).change(0, ONE))
        return {"load": load, "change": change, "event": 1}

    def play(self, order: list[str], event: Callable[[Kept, World], None]) -> None:
        """Once the change has ended, read after each step, in both processes."""
        with pytest.MonkeyPatch.context() as patch:
            world = self.world(patch)
            calls = {"load": self.load(world), "change": world.change(self.changer, ONE, self.to)}
            going: dict[str, Callable[[], None]] = {name: call.step for name, call in calls.items()}
            for call in calls.values():
                call.step()
            for name in order:
                if name == "event" or not calls[name].ended:
                    going.get(name, partial(event, self.kept, world))()
                world.settle()
                if calls["change"].ended:
                    self.look(world)
            finish(world.going)
            world.settle()

    def look(self, world: World) -> None:
        for process in range(2):
            world.read(process, ONE).run()
        world.settle()


def play_every_order(kept: Kept, load: str, event: str, changer: int, to: int | None) -> None:
    scene = Scene(kept, LOADS[load], changer, to)
    steps = scene.steps()
    assert steps == {"load": {"read": 3, "sync": 4, "prefetch": 5}[load], "change": 3, "event": 1}

    for order in in_every_order(steps):
        try:
            scene.play(order, EVENTS[event])
        except AssertionError as error:
            pytest.fail(f"{' '.join(order)}: {error}")


changes = pytest.mark.parametrize(("changer", "to"), [(0, None), (1, GONE)], ids=["changed here", "deleted elsewhere"])


@changes
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("load", LOADS)
def test_embedded(clock: Clock, load: str, event: str, changer: int, to: int | None) -> None:
    play_every_order(Embedded(clock, EmbeddedCache(clock)), load, event, changer, to)


@changes
@pytest.mark.parametrize("event", ["lose", "drop"])
@pytest.mark.parametrize("load", ["read", "sync"])
def test_on_a_server(server: RedisServer, load: str, event: str, changer: int, to: int | None) -> None:
    """Without waits: the server's clock is nobody's to set."""
    with server.admin() as admin:
        play_every_order(Served(admin, ValkeyCache(server.url)), load, event, changer, to)
