"""What a client is told: draft-ietf-httpapi-ratelimit-headers, and 429 with `Retry-After` (seed 001)."""

import pytest

from chalicelib.limits import Limiter, Policy, TooManyRequestsError
from tests.limits.world import CLIENT, PUTS, READS, Clock, taken

SEED_READS = Policy("reads", quota=1500, leased=True)


def test_the_policy_and_what_is_left_of_it(limiter: Limiter) -> None:
    (standing,) = taken(limiter, SEED_READS, 1)

    assert standing.headers == {
        "RateLimit-Policy": '"reads";q=1500;w=1',
        "RateLimit": '"reads";r=1499;t=1',
    }


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_what_is_left_counts_down_to_nothing(limiter: Limiter, clock: Clock, policy: Policy) -> None:
    for _ in range(2):
        assert [standing.left for standing in taken(limiter, policy, policy.quota)] == [*range(policy.quota)][::-1]
        clock.now += 1


def test_what_is_left_is_told_without_what_others_took(limiter: Limiter, clock: Clock) -> None:
    taken(Limiter(clock), PUTS, 2)

    assert [standing.left for standing in taken(limiter, PUTS, 3)] == [2, 1, 0]


def test_a_refusal_says_when_to_come_back(limiter: Limiter) -> None:
    taken(limiter, PUTS, PUTS.quota)

    with pytest.raises(TooManyRequestsError) as refused:
        limiter.take(PUTS, CLIENT)

    error = refused.value
    assert (error.status, error.code, error.text) == (429, "too_many_requests", "Too many requests")
    assert error.headers == {
        "Retry-After": "1",
        "RateLimit-Policy": '"puts";q=5;w=1',
        "RateLimit": '"puts";r=0;t=1',
    }
