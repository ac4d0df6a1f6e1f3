"""Clocks that disagree: the store's second is the window."""

import pytest

from chalicelib import aws
from chalicelib.limits import Limiter, Policy
from chalicelib.limits.leases import MOST_AHEAD
from tests.limits.world import PUTS, READS, START, Clock, let_in, taken, window
from tests.support.calls import Calls

BOTH = pytest.mark.parametrize("policy", [READS, PUTS])


@pytest.fixture
def ahead(store: aws.Aws, clock: Clock) -> Limiter:
    del store
    return Limiter(clock)


@BOTH
@pytest.mark.parametrize("behind", [0.3, 1, MOST_AHEAD])
def test_who_is_behind_counts_in_the_second_of_who_is_ahead(
    ahead: Limiter, clock: Clock, policy: Policy, behind: float
) -> None:
    late = Limiter(Clock(behind, clock))
    taken(ahead, policy, 3)

    assert taken(late, policy, 1)[0].window == START
    assert let_in([ahead, late], policy, policy.quota) <= policy.quota - 4
    assert window(policy) == (START, policy.quota)


@BOTH
def test_who_is_behind_can_go_on_with_the_next_second_of_who_is_ahead(
    ahead: Limiter, clock: Clock, policy: Policy
) -> None:
    late = Limiter(Clock(1.5, clock))
    assert let_in([ahead], policy, policy.quota) == policy.quota
    assert let_in([late], policy, 1) == 0
    clock.now += 0.5
    assert let_in([late], policy, 1) == 0, "its own second is another one, the window is not"

    clock.now += 0.5
    taken(ahead, policy, 1)
    clock.now += 0.5

    assert let_in([late], policy, 1) == 1
    assert (window(policy) or (0, 0))[0] == START + 1


@BOTH
def test_one_call_a_second_asks_whether_the_window_of_a_clock_ahead_is_over(
    ahead: Limiter, clock: Clock, calls: Calls, policy: Policy
) -> None:
    late = Limiter(Clock(3, clock))
    assert let_in([ahead], policy, policy.quota) == policy.quota
    assert let_in([late], policy, 5) == 0

    for _ in range(2):
        clock.now += 1
        calls.clear()
        assert let_in([late], policy, 20) == 0
        assert len(calls.nudges) == 1

    clock.now += 2
    assert let_in([late], policy, 1) == 1
    assert window(policy)[0] == START + 1  # type: ignore[index]


@BOTH
def test_a_row_from_far_ahead_shuts_nobody_out(ahead: Limiter, clock: Clock, policy: Policy) -> None:
    assert let_in([ahead], policy, policy.quota) == policy.quota
    right = Limiter(Clock(MOST_AHEAD + 1, clock))

    assert let_in([right], policy, policy.quota + 10) == policy.quota
    assert window(policy) == (START - MOST_AHEAD - 1, policy.quota)


@BOTH
def test_a_clock_that_is_put_back_starts_anew(ahead: Limiter, clock: Clock, policy: Policy) -> None:
    assert let_in([ahead], policy, policy.quota) == policy.quota
    clock.now -= 3600

    assert let_in([ahead], policy, policy.quota + 10) == policy.quota
    assert window(policy) == (START - 3600, policy.quota)


@BOTH
def test_a_clock_that_is_put_back_a_little_gives_nothing_twice(ahead: Limiter, clock: Clock, policy: Policy) -> None:
    assert let_in([ahead], policy, policy.quota) == policy.quota
    clock.now -= 2

    assert let_in([ahead], policy, 10) == 0
    assert window(policy) == (START, policy.quota)
