"""Reads, changes, deletes, sync, prefetch, invalidate and losses of the cache, step by step in any order.

What must hold stands in `world`: no read shows what was changed or deleted before it began.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.metadata import ids
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.valkey import ValkeyCache
from chalicelib.metadata.warming import SyncType, Warming
from tests.metadata.cache.conftest import Clock, Embedded, Kept, Served
from tests.metadata.cache.stepping import Stepped, finish
from tests.metadata.cache.world import GONE, ORDERS, OWNER, USER, World
from tests.support.redis import RedisServer

CALL_SECONDS = 29
"""So long a change lives at most: API Gateway ends every call then."""

ALL = 1000


def _sync(kind: SyncType) -> Callable[[Warming], object]:
    return lambda warming: warming.sync(USER, kind)


WARMINGS: dict[str, Callable[[Warming], object]] = {
    "allOne": _sync("allOne"),
    "allTwo": _sync("allTwo"),
    "mostOne": _sync("mostOne"),
    "mostTwo": _sync("mostTwo"),
    "prefetch": lambda warming: warming.prefetch(USER, 2),
    "invalidate one": lambda warming: warming.invalidate(file_id=ids.join(OWNER, ORDERS[0])),
    "invalidate user": lambda warming: warming.invalidate(user=USER),
    "invalidate all": lambda warming: warming.invalidate(),
}


class Machine:
    """Begins calls, and lets any of those under way run to its next stop; each public method is one action."""

    def __init__(self, kept: Kept, patch: pytest.MonkeyPatch) -> None:
        self.world = World(kept.cache, patch)
        self._kept = kept
        self._now = 0.0
        self._until = float(CALL_SECONDS)

    def read(self, process: int, order: str, stops: int) -> None:
        self._go(self.world.read(process, order), stops)

    def change(self, process: int, order: str, stops: int) -> None:
        self._go(self.world.change(process, order), stops)

    def delete(self, process: int, order: str, stops: int) -> None:
        self._go(self.world.change(process, order, GONE), stops)

    def warm(self, process: int, name: str, stops: int) -> None:
        self._go(self.world.warm(process, WARMINGS[name]), stops)

    def go_on(self, back: int, stops: int) -> None:
        """Let a call under way go on, counted from the one begun last."""
        if going := self.world.going:
            self._go(going[-1 - back % len(going)], stops)

    def _go(self, call: Stepped[Any], stops: int) -> None:
        changes = len(self.world.changing)
        for _ in range(stops):
            if not call.ended and not call.waiting:
                call.step()
                self.world.settle()
        if len(self.world.changing) < changes:
            self._look(*ORDERS)

    def _look(self, *orders: str) -> None:
        """Read in both processes."""
        self.world.settle()
        for order in orders:
            for process in (0, 1):
                self.world.read(process, order).run()
                self.world.settle()

    def lose(self) -> None:
        self._kept.lose()
        self.world.lost = True

    def wait(self, seconds: int) -> None:
        """Time passes, but not so much that a change would live for longer than a call can."""
        passed = min(seconds, self._until - self._now) if self.world.changing else seconds
        self._now += passed
        self._kept.wait(passed)
        if not self.world.changing:
            self._until = self._now + CALL_SECONDS

    def end(self) -> None:
        """When all is quiet, what both processes read is what stands there."""
        finish(self.world.going)
        self._look(*ORDERS)


PROCESS = st.integers(0, 1)
RECORD = st.sampled_from(ORDERS)
STOPS = st.sampled_from([3, 4, 5, 6, ALL, ALL, ALL])
CALL = st.tuples(st.sampled_from(["read"] * 10 + ["change"] * 8 + ["delete"]), PROCESS, RECORD, STOPS)
WARM = st.tuples(st.just("warm"), PROCESS, st.sampled_from(sorted(WARMINGS)), STOPS)
GO_ON = st.tuples(st.just("go_on"), st.integers(0, 3), STOPS)
LOSE = st.just(("lose",))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 15, 61, 61, 61]))
UNTIMED: list[Any] = [CALL, CALL, CALL, CALL, GO_ON, WARM, LOSE]

QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


def play(kept: Kept, actions: list[tuple[Any, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        machine = Machine(kept, patch)
        try:
            for name, *arguments in actions:
                getattr(machine, name)(*arguments)
                machine.world.settle()
        finally:
            machine.end()


@settings(QUIET, max_examples=300)
@given(st.lists(st.one_of(*UNTIMED, WAIT), min_size=10, max_size=30))
def test_embedded(actions: list[tuple[Any, ...]]) -> None:
    clock = Clock()
    play(Embedded(clock, EmbeddedCache(clock)), actions)


@settings(QUIET, max_examples=100)
@given(st.lists(st.one_of(*UNTIMED), min_size=10, max_size=30))
def test_on_a_server(server: RedisServer, actions: list[tuple[Any, ...]]) -> None:
    """Time does not pass: the server's clock is nobody's to set."""
    with server.admin() as admin:
        admin.flushall()
        play(Served(admin, ValkeyCache(server.url)), actions)
