"""Never over the limit in a window, whatever the processes, their clocks, the network and the order of their calls."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import aws
from chalicelib.limits import Client, Limiter, Policy, TooManyRequestsError
from chalicelib.limits.leases import MOST_AHEAD
from tests.limits.world import Clock, window
from tests.support.faults import Faults, lose_answer, throttle

PROCESSES = 4
Step = tuple[str, Any, int]


@dataclass(frozen=True)
class Plan:
    """What happens: `script` step by step, and `meanwhile` one step whenever a request is on its way."""

    leased: bool
    quota: int
    clocks: list[float]
    script: list[Step]
    meanwhile: list[Step]


calls = st.tuples(st.just("take"), st.integers(0, PROCESSES - 1), st.sampled_from([1, 2, 5, 30]))
passing = st.tuples(st.just("wait"), st.sampled_from([0.001, 0.2, 0.5, 1, 3]), st.just(1))
troubles = st.tuples(st.just("fault"), st.sampled_from([lose_answer, throttle]), st.sampled_from([1, 2, 4]))
plans = st.builds(
    Plan,
    leased=st.booleans(),
    quota=st.sampled_from([1, 3, 10, 100]),
    clocks=st.lists(st.floats(0, MOST_AHEAD), min_size=PROCESSES, max_size=PROCESSES),
    script=st.lists(st.one_of(calls, calls, calls, passing, troubles), min_size=1, max_size=25),
    meanwhile=st.lists(st.one_of(calls, passing), max_size=8),
)


class Network:
    """The faults on the way to the store, and what happens elsewhere while a request is under way."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.meanwhile: Callable[[], None] = lambda: None
        faults.aws.dynamodb.meta.events.register_first("before-send.dynamodb.UpdateItem", lambda **_: self.meanwhile())


class World:
    """Processes that count the calls of one client, who is new in each world."""

    def __init__(self, plan: Plan, network: Network, client: Client) -> None:
        self.policy = Policy("p", plan.quota, plan.leased)
        self.client = client
        self.clock = Clock()
        self.limiters = [Limiter(Clock(behind, self.clock)) for behind in plan.clocks]
        self.admitted: Counter[int] = Counter()
        self._faults = network.faults
        self._meanwhile = list(plan.meanwhile)
        self._calling: list[int] = []
        self._faults.clear()
        network.meanwhile = self._go_on_elsewhere

    def do(self, step: Step) -> None:
        match step:
            case ("take", process, times) if process not in self._calling:
                self._calling.append(process)
                for _ in range(times):
                    self._take(self.limiters[process])
                self._calling.pop()
            case ("wait", seconds, _):
                self.clock.now += seconds
            case ("fault", fault, times):
                self._faults.add("UpdateItem", fault, times=times)

    def _take(self, limiter: Limiter) -> None:
        try:
            standing = limiter.take(self.policy, self.client)
        except TooManyRequestsError:
            return
        except (BotoCoreError, ClientError, aws.StoreBusyError):
            assert not self.policy.leased
            return
        # Let in although the store failed, which is not counted, and is for leased policies alone.
        assert standing.window is not None or self.policy.leased
        if standing.window is not None:
            self.admitted[standing.window] += 1

    def _go_on_elsewhere(self) -> None:
        if self._meanwhile and self._calling:
            self.do(self._meanwhile.pop())

    def check(self) -> None:
        assert max(self.admitted.values(), default=0) <= self.policy.quota
        row = window(self.policy, self.client)
        if row is not None:
            second, taken = row
            assert self.admitted[second] <= taken <= self.policy.quota
            assert max(self.admitted, default=0) <= second


@pytest.fixture
def network(faults: Faults) -> Network:
    return Network(faults)


@pytest.fixture
def names() -> Iterator[str]:
    return (f"zelid-{number}" for number in range(1_000_000))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans)
def test_never_over(network: Network, names: Iterator[str], plan: Plan) -> None:
    world = World(plan, network, Client(next(names), "203.0.113.9"))

    for step in plan.script:
        world.do(step)
        world.check()
