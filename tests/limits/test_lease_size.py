"""How many tokens a process takes at once: few where little is called, at most fifty where much is."""

import pytest

from chalicelib import aws
from chalicelib.limits import Limiter, Policy
from tests.limits.world import START, Clock, taken, window
from tests.support.calls import Calls

POLICY = Policy("reads", quota=1500, leased=True)


def spread(limiter: Limiter, clock: Clock, calls: int) -> list[int]:
    """Calls spread evenly over the second that begins now; the leases they took."""
    leases, before, start = [], 0, clock.now
    for number in range(calls):
        clock.now = start + number / calls
        taken(limiter, POLICY, 1)
        _, so_far = window(POLICY) or (0, 0)
        if so_far != before:
            leases.append(so_far - before)
        before = so_far
    clock.now = start + 1
    return leases


@pytest.mark.parametrize(("rate", "lease"), [(1, 1), (4, 1), (8, 2), (40, 10), (100, 25), (200, 50), (400, 50)])
def test_a_lease_is_a_quarter_of_the_last_second(limiter: Limiter, clock: Clock, rate: int, lease: int) -> None:
    spread(limiter, clock, rate)

    leases = spread(limiter, clock, rate)

    assert leases[0] == max(leases) == lease
    # No more than the second needs, and one that began a little late
    assert rate <= sum(leases) <= rate + 1


@pytest.mark.parametrize("rate", [1, 2, 5, 20, 187])
def test_a_cold_second_wastes_little(limiter: Limiter, clock: Clock, rate: int) -> None:
    leases = spread(limiter, clock, rate)

    assert leases[0] == 1
    assert rate <= sum(leases) <= rate + 2
    assert len(leases) <= 30


def test_a_pause_makes_leases_small_again(limiter: Limiter, clock: Clock) -> None:
    spread(limiter, clock, 200)
    clock.now += 1

    taken(limiter, POLICY, 1)

    assert window(POLICY) == (START + 2, 1)


def test_a_put_takes_one_and_costs_one_call(store: aws.Aws, clock: Clock, calls: Calls) -> None:
    del store
    puts, limiter = Policy("puts", quota=150, leased=False), Limiter(clock)

    for second in range(3):
        calls.clear()
        for number in range(20):
            taken(limiter, puts, 1)
            assert window(puts) == (START + second, number + 1)
        assert calls.nudges == ["test-windows"] * 20
        clock.now += 1


def test_who_was_not_the_first_in_a_second_guesses_so_for_the_next(store: aws.Aws, clock: Clock, calls: Calls) -> None:
    del store
    puts, limiters = Policy("puts", quota=150, leased=False), [Limiter(clock) for _ in range(10)]

    made = []
    for _ in range(4):
        calls.clear()
        for limiter in limiters:
            taken(limiter, puts, 1)
        made.append(len(calls.nudges))
        clock.now += 1

    # Each of nine others finds that the second was opened; from then on they know.
    assert made == [19, 10, 10, 10]
