"""Two calls at once, as far as one thread can tell: the second runs whole between two requests of the first."""

from dataclasses import dataclass

from tests.workers.catalogue import ITEMS, Named
from tests.workers.ledger import Line
from tests.workers.world import World

YOUNG = 60
"""Grace time of a check beside calls: it must leave what they are writing."""


@dataclass(frozen=True)
class Put:
    who: int
    named: Named

    def run(self, world: World) -> None:
        world.put(world.users[self.who], self.named, alone=False)

    def lines(self) -> set[Line]:
        return {(ITEMS[key].cid, name) for key, name in self.named}


@dataclass(frozen=True)
class PutFolder:
    who: int
    key: str
    name: str

    def run(self, world: World) -> None:
        world.put_folder(world.users[self.who], self.key, self.name, alone=False)

    def lines(self) -> set[Line]:
        return {(ITEMS[self.key].cid, self.name)}


@dataclass(frozen=True)
class Remove:
    who: int
    key: str

    def run(self, world: World) -> None:
        world.remove(world.users[self.who], self.key, alone=False)


@dataclass(frozen=True)
class Beside:
    """Work beside requests: `collect`, `work` or `check`."""

    work: str

    def run(self, world: World) -> None:
        if self.work == "check":
            world.check(grace=YOUNG)
        else:
            getattr(world, self.work)()


Act = Put | PutFolder | Remove | Beside


def both(world: World, first: Act, second: Act, operation: str, skip: int) -> None:
    """Do `first`, and `second` before its request after the first `skip` of an operation (`*` for any), if there is."""
    sure = all(ledger.sure for ledger in world.ledgers.values())
    world.injector.between(operation, skip, lambda: second.run(world))
    first.run(world)
    for put, removal in ((first, second), (second, first)):
        if isinstance(put, Put | PutFolder) and isinstance(removal, Remove) and put.who == removal.who:
            world.ledgers[world.users[put.who]].blur(
                {line for line in put.lines() if line[0] == ITEMS[removal.key].cid}
            )
    for user, ledger in world.ledgers.items() if sure else ():
        ledger.settle(world.lines(user))
