"""Windows as the tests look at them: a clock that they move, calls taken, and the row that stands in the store."""

from collections.abc import Iterable

from chalicelib import aws
from chalicelib.limits import Client, Limiter, Policy, Standing, TooManyRequestsError
from chalicelib.limits.tables import WindowRow, key

START = 1_700_000_000
"""The second in which a test begins."""
READS = Policy("reads", quota=100, leased=True)
PUTS = Policy("puts", quota=5, leased=False)
CLIENT = Client("zelid-1", "203.0.113.9")


class Clock:
    """Seconds since the epoch, as the test says; `behind` another clock by as much as it was made with."""

    def __init__(self, behind: float = 0, base: "Clock | None" = None) -> None:
        self.now = float(START)
        self._behind = behind
        self._base = base

    def __call__(self) -> float:
        return (self._base.now if self._base else self.now) - self._behind


def make_table(store: aws.Aws) -> aws.Aws:
    store.dynamodb.create_table(
        TableName=WindowRow.physical_name(), BillingMode="PAY_PER_REQUEST", **WindowRow.key_schema()
    )
    return store


def window(policy: Policy = READS, client: Client = CLIENT) -> tuple[int, int] | None:
    """The second that the client's row counts and what was taken of it; None if there is no row."""
    row = aws.get(WindowRow, key(policy, client))
    return (int(row.second), int(row.taken)) if row is not None else None


def taken(limiter: Limiter, policy: Policy, calls: int, client: Client = CLIENT) -> list[Standing]:
    """The standings of so many calls, all of which must be let in."""
    return [limiter.take(policy, client) for _ in range(calls)]


def let_in(limiters: Iterable[Limiter], policy: Policy, calls: int, client: Client = CLIENT) -> int:
    """How many of so many calls of each limiter were let in, one of each in turn."""
    limiters = list(limiters)
    return sum(_try(limiter, policy, client) for _ in range(calls) for limiter in limiters)


def _try(limiter: Limiter, policy: Policy, client: Client) -> bool:
    try:
        limiter.take(policy, client)
    except TooManyRequestsError:
        return False
    return True
