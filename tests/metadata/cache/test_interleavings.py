"""A read, a change and a loss of the cache, in every order of their steps: no later read shows the old record."""

from collections.abc import Iterator, Mapping

import pytest

from chalicelib.metadata.embedded import EmbeddedCache
from tests.metadata.cache.stepping import Stepped, finish
from tests.metadata.cache.world import GONE, ORDERS, World

ONE = ORDERS[0]
# Of a read: look, read the table, fill. Of a change: bury, write the table, bury. Each with what follows up to the next.
STEPS = {"read": 3, "change": 3, "lose": 1}


def orders_of(steps: Mapping[str, int]) -> Iterator[list[str]]:
    """Every order in which so many steps of each can happen."""
    if not any(steps.values()):
        yield []
    for name, left in steps.items():
        if left:
            for rest in orders_of({**steps, name: left - 1}):
                yield [name, *rest]


def play(order: list[str], *, changer: int, to: int | None) -> None:
    """Let the steps happen in this order; as soon as the change has ended, read after each step, in both processes."""
    with pytest.MonkeyPatch.context() as patch:
        cache = EmbeddedCache()
        world = World(cache, patch, stops_after=False)
        read, change = world.read(0, ONE), world.change(changer, ONE, to)
        read.step()
        change.step()
        for name in order:
            step(cache, world, {"read": read, "change": change}.get(name))
            if change.ended:
                for process in range(2):
                    world.read(process, ONE).run()
                world.settle()
        finish(world.going)
        world.settle()


def step(cache: EmbeddedCache, world: World, call: Stepped[int] | None) -> None:
    if call is None:
        cache.lose()
        world.lost = True
    elif not call.ended:
        call.step()
    world.settle()


@pytest.mark.parametrize("to", [None, GONE], ids=["change", "delete"])
@pytest.mark.parametrize("changer", [0, 1], ids=["same process", "another process"])
def test_whatever_comes_first(changer: int, to: int | None) -> None:
    orders = list(orders_of(STEPS))
    assert len(orders) == 140

    for order in orders:
        try:
            play(order, changer=changer, to=to)
        except AssertionError as error:
            pytest.fail(f"{' '.join(order)}: {error}")
