"""Getting tokens of a window from the store, whoever else counts in it at the same time."""

from collections.abc import Callable
from typing import NamedTuple

from chalicelib import aws
from chalicelib.limits import tables
from chalicelib.limits.policy import Policy

Clock = Callable[[], float]

MOST_AHEAD = 5
"""Seconds by which another process's clock may be ahead, and its second still be the window. A row from further ahead
was written by a clock that was wrong, and would otherwise shut its client out until that time has come."""
MOST_TRIES = 8
"""Each try but the first follows from what another process did meanwhile, so even three are rare."""


class Ask(NamedTuple):
    """What is asked of the store.

    Attributes:
        tokens: How many are wanted, at most the quota; fewer come if fewer are left.
        window: The second that is thought to be the current one.
        opens: Whether it is thought that nobody has counted in it.
    """

    tokens: int
    window: int
    opens: bool


class Lease(NamedTuple):
    """What the store gave.

    Attributes:
        window: The second the tokens belong to.
        tokens: How many; 0 if the window was full.
        left: How many of the window's tokens are still to be had.
        opened: Whether this opened the window, so that nobody had counted in it before.
    """

    window: int
    tokens: int
    left: int
    opened: bool


def lease(key: str, policy: Policy, ask: Ask, clock: Clock) -> Lease:
    """Take up to so many tokens of the current window.

    One call if the guess is right about what others did, as it is for who is alone; usually one more if not.

    Args:
        key: Hash key of the client's row.
        policy: The limit.
        ask: What is wanted.
        clock: Gives seconds since the epoch.

    Raises:
        StoreBusyError: Others were quicker each time.
    """
    tokens, window, opens = ask
    answer = tables.begin(key, window, tokens) if opens else tables.add(key, window, tokens, policy.quota)
    for _ in range(MOST_TRIES):
        row, now = answer.row, int(clock())
        if answer.applied and row is not None:
            return Lease(int(row.second), tokens, policy.quota - int(row.taken), opens)
        opens = row is None or row.second < now or row.second > now + MOST_AHEAD
        if row is None or row.second < now:
            answer = tables.begin(key, now, tokens)
        elif opens:
            answer = tables.begin(key, now, tokens, instead_of=int(row.second))
        else:
            # The same second with fewer left, or that of a clock ahead of ours: either way the store's second counts.
            left = policy.quota - int(row.taken)
            if left <= 0:
                return Lease(int(row.second), 0, 0, opened=False)
            tokens = min(tokens, left)
            answer = tables.add(key, int(row.second), tokens, policy.quota)
    raise aws.StoreBusyError("a window changed under every try")
