"""A window: a calendar second, counted in one row, by the store's order."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import aws
from chalicelib.limits import Client, Limiter, Policy, TooManyRequestsError
from chalicelib.limits.tables import WindowRow, key
from tests.limits.world import CLIENT, PUTS, READS, START, Clock, let_in, taken, window
from tests.support.calls import Calls


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_the_quota_and_not_one_more(limiter: Limiter, clock: Clock, policy: Policy) -> None:
    standings = taken(limiter, policy, policy.quota)

    assert {standing.window for standing in standings} == {START}
    assert window(policy) == (START, policy.quota)
    clock.now += 0.999
    with pytest.raises(TooManyRequestsError):
        limiter.take(policy, CLIENT)


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_a_new_second_has_all_of_its_tokens_and_none_of_the_old_ones(
    limiter: Limiter, clock: Clock, policy: Policy
) -> None:
    taken(limiter, policy, 4)
    clock.now += 1

    assert let_in([limiter], policy, policy.quota + 10) == policy.quota
    assert window(policy) == (START + 1, policy.quota)


def test_tokens_that_are_held_die_with_their_second(limiter: Limiter, clock: Clock) -> None:
    taken(limiter, READS, 17)
    assert window() != (START, 17), "a lease that is not spent is what this is about"
    clock.now += 1

    assert taken(limiter, READS, 1)[0].window == START + 1
    second, tokens = window() or (0, 0)
    assert second == START + 1
    assert taken(limiter, READS, tokens - 1)[-1].window == START + 1
    assert window() == (START + 1, tokens)


def test_several_processes_share_one_window(store: aws.Aws, clock: Clock) -> None:
    del store
    limiters = [Limiter(clock) for _ in range(7)]

    for second in range(3):
        assert let_in(limiters, READS, 40) == READS.quota
        assert window() == (START + second, READS.quota)
        clock.now += 1


def test_clients_and_policies_are_counted_apart(limiter: Limiter) -> None:
    same_policy = Policy("other", READS.quota, leased=True)
    others = [Client("zelid-1", "203.0.113.8"), Client("zelid-2", "203.0.113.9"), CLIENT]

    assert let_in([limiter], READS, 150) == READS.quota
    for client in others:
        assert let_in([limiter], same_policy, 150, client) == READS.quota
    assert len({key(policy, client) for policy in (READS, same_policy) for client in others}) == 6


def test_a_row_a_client_and_policy_however_many_seconds(limiter: Limiter, clock: Clock) -> None:
    for _ in range(30):
        taken(limiter, READS, 3)
        taken(limiter, PUTS, 2)
        clock.now += 1

    rows = list(aws.scan(WindowRow))
    assert sorted(row.client for row in rows) == ["puts zelid-1 203.0.113.9", "reads zelid-1 203.0.113.9"]
    a_day_on = datetime.fromtimestamp(START + 29, UTC) + timedelta(days=1)
    assert {row.expires for row in rows} == {a_day_on}


def test_who_asks_for_more_than_is_left_gets_the_rest(store: aws.Aws, clock: Clock, calls: Calls) -> None:
    del store
    first, second = Limiter(clock), Limiter(clock)
    # Asks for a quarter of what it spent in the second before: 23.
    taken(second, READS, 92)
    clock.now += 1
    taken(first, READS, 92)
    _, given = window() or (0, 0)
    assert READS.quota - 23 < given < READS.quota
    calls.clear()

    assert let_in([second], READS, 50) == READS.quota - given
    assert window() == (START + 1, READS.quota)
    # One guess that nobody has called yet, or one for 23; then one for the rest. None once it is known to be full.
    assert len(calls.nudges) == 2


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_a_full_window_is_not_asked_about_again(store: aws.Aws, clock: Clock, calls: Calls, policy: Policy) -> None:
    del store
    first, second = Limiter(clock), Limiter(clock)
    taken(first, policy, policy.quota)
    assert let_in([second], policy, 1) == 0
    calls.clear()

    clock.now += 0.9
    assert let_in([first, second], policy, 500) == 0
    assert (calls.nudges, calls.total) == ([], 0)

    clock.now += 0.1
    assert let_in([first], policy, 1) == 1
