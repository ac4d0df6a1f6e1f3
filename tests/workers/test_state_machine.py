"""Whatever happens, the books balance and no pinned byte is lost: a long run over the whole system.

Two accounts put and remove files and folders of a few contents that they share, while the janitor collects, thumbnails
are made and the books are checked; any call may meet a fault, die between two requests to AWS, or have another call
come in between.

In CI the runs are the same each time. A campaign of other runs, so many times as long:

    FLUXVAULT_EXAMPLES=50 pytest tests/workers/test_state_machine.py
"""

import os
from contextlib import ExitStack

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib import aws
from chalicelib.settings import Settings
from tests.support.system import System, moto_aws
from tests.workers import audit
from tests.workers.catalogue import FILES, FOLDERS, ITEMS, Named
from tests.workers.meanwhile import Act, Beside, Put, PutFolder, Remove, both
from tests.workers.mishaps import ALWAYS, OPERATIONS, Mishap
from tests.workers.world import World, tame

EXAMPLES = 15
STEPS = 28
LONGER = int(os.environ.get("FLUXVAULT_EXAMPLES", "0"))

EFFORT = hypothesis.settings(
    max_examples=EXAMPLES * max(LONGER, 1),
    stateful_step_count=STEPS,
    derandomize=not LONGER,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    # A run is short enough to be read; to make it shorter takes minutes.
    phases=[Phase.generate],
)

WHO = st.integers(0, 1)
NAMES = st.sampled_from(["one.png", "two.txt", "three"])
NAMED = st.lists(st.tuples(st.sampled_from(sorted(FILES)), NAMES), min_size=1, max_size=5)
# Early requests oftener, since most calls make few.
_EARLY = st.sampled_from([0, 0, 0, 1, 1, 2])
_DEATHS, _FAULTS = st.sampled_from(["crash before", "crash after"]), st.sampled_from(["lost", "late", "error", "busy"])


def _mishaps(operation: st.SearchStrategy[str], skip: st.SearchStrategy[int]) -> st.SearchStrategy[Mishap]:
    """A death, or a fault that passes or stays."""
    return st.builds(Mishap, _DEATHS, operation, skip) | st.builds(
        Mishap, _FAULTS, operation, skip, st.sampled_from([1, ALWAYS, ALWAYS])
    )


CUTS = _mishaps(st.just("TransactWriteItems"), _EARLY)
MISHAPS = st.one_of(
    st.none(),
    CUTS,
    _mishaps(st.just("*"), st.sampled_from([0, 1, 2, 2, 3, 3, 4, 5, 8, 12])),
    _mishaps(st.sampled_from(OPERATIONS), _EARLY),
)
MANY = st.lists(st.tuples(st.sampled_from(sorted(FILES)), NAMES), min_size=5, max_size=9, unique=True)
PUTS = st.builds(Put, WHO, NAMED) | st.builds(PutFolder, WHO, st.sampled_from(sorted(FOLDERS)), NAMES)
WORK = st.builds(Beside, st.sampled_from(["collect", "collect", "work", "check"]))
PLACES = st.sampled_from(["*", "TransactWriteItems", "TransactWriteItems", "GetItem", "PutObject", "DeleteObjects"])
"""Before which requests of a call another comes in between."""
ACTS = st.one_of(PUTS, st.builds(Remove, WHO, st.sampled_from(sorted(ITEMS))), WORK)


class Machine(RuleBasedStateMachine):
    """One run."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.turn = 0
        self._stack = ExitStack()
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        self._stack.enter_context(moto_aws(patch))
        patch.setattr(aws.clients, "_current", None)
        clock = tame(patch)
        self.world = World(System.make(settings), clock)

    @rule(who=WHO, named=NAMED, mishap=MISHAPS)
    def put(self, who: int, named: Named, mishap: Mishap | None) -> None:
        self.world.put(self.world.users[who], named, mishap)

    @rule(who=WHO, named=MANY, cut=CUTS, again=st.integers(0, 9))
    def put_many(self, who: int, named: Named, cut: Mishap, again: int) -> None:
        """And then some of them once more, as a client does that got no answer."""
        user = self.world.users[who]
        self.world.put(user, named, cut)
        if again:
            self.world.put(user, named[:again])

    @rule(who=WHO, key=st.sampled_from(sorted(FOLDERS)), name=st.none() | NAMES, mishap=MISHAPS)
    def put_folder(self, who: int, key: str, name: str | None, mishap: Mishap | None) -> None:
        self.world.put_folder(self.world.users[who], key, name, mishap)

    @rule(who=WHO, key=st.sampled_from(sorted(ITEMS)), mishap=MISHAPS)
    def remove(self, who: int, key: str, mishap: Mishap | None) -> None:
        self.world.remove(self.world.users[who], key, mishap)

    @rule(mishap=MISHAPS)
    def collect(self, mishap: Mishap | None) -> None:
        self.world.collect(mishap)

    @rule()
    def say_what_would_be_collected(self) -> None:
        said = self.world.services.janitor(0).run(dry=True)
        done = self.world.collect()
        assert done is not None
        assert (said.collected, said.undone) == (done.collected, done.undone)

    @rule(mishap=MISHAPS)
    def work(self, mishap: Mishap | None) -> None:
        self.world.work(mishap)

    @rule(mishap=MISHAPS)
    def check(self, mishap: Mishap | None) -> None:
        assert self.world.check(mishap) <= audit.LEFT_BY_A_CRASH
        audit.settle(self.world)

    @rule(first=ACTS, second=ACTS, operation=PLACES, skip=_EARLY)
    def meanwhile(self, first: Act, second: Act, operation: str, skip: int) -> None:
        both(self.world, first, second, operation, skip)

    @rule(who=WHO, again=WHO, key=st.sampled_from(sorted(FILES)), operation=PLACES, skip=_EARLY, first=st.booleans())
    def come_back(self, who: int, again: int, key: str, operation: str, skip: int, *, first: bool) -> None:
        """What was just let go is put again, by one of them, while it is collected, or collected while it is put."""
        named = [(key, "one.png")]
        self.world.put(self.world.users[who], named)
        self.world.remove(self.world.users[who], key)
        collection, comes = Beside("collect"), Put(again, named)
        if first:
            both(self.world, collection, comes, operation, skip)
        else:
            both(self.world, comes, collection, operation, skip)

    @rule(seconds=st.sampled_from([1, 301, 1_000, 4_000]))
    def wait(self, seconds: int) -> None:
        self.world.clock.sleep(seconds)

    @invariant()
    def promises_hold(self) -> None:
        """To the two accounts in turn."""
        self.turn += 1
        user = self.world.users[self.turn % 2]
        lines, ledger = self.world.lines(user), self.world.ledgers[user]
        assert ledger.must <= lines <= ledger.must | ledger.may
        if ledger.sure:
            assert self.world.used(user) == ledger.used

    def teardown(self) -> None:
        try:
            audit.settle(self.world)
            audit.compare(self.world)
            audit.read_back(self.world)
            audit.finish_jobs(self.world)
            audit.remove_all(self.world)
        finally:
            self._stack.close()


def test_the_books_balance_whatever_happens(settings: Settings) -> None:
    class Run(Machine):
        def __init__(self) -> None:
            super().__init__(settings)

    run_state_machine_as_test(Run, settings=EFFORT)
