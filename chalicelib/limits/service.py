"""Counts calls, and refuses those that are too many."""

import threading
import time

from chalicelib import aws
from chalicelib.limits import tables
from chalicelib.limits.errors import TooManyRequestsError
from chalicelib.limits.leases import Clock, Lease, lease
from chalicelib.limits.ledger import Ledger
from chalicelib.limits.policy import WINDOW_SECONDS, Client, Policy, Standing
from chalicelib.web import observe

KEPT_SECONDS = 2
"""How long what is known of a client is kept after its last call: the size of a lease looks back one second."""
MOST_CLIENTS = 10_000
"""Most clients of whom one process knows anything; one that is forgotten is asked about again."""


class Limiter:
    """The limiter of one process. Thread-safe; no store call holds up another client, nor the threads of a put."""

    def __init__(self, clock: Clock = time.time) -> None:
        """Know nothing yet.

        Args:
            clock: Gives seconds since the epoch.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._ledgers: dict[str, Ledger] = {}
        self._swept = 0
        self._noted = 0

    def take(self, policy: Policy, client: Client) -> Standing:
        """Count one call of a client.

        No call for a token that is held, or when the window is known to be full; else see `leases.lease`.

        Raises:
            TooManyRequestsError: The second is used up.
            Exception: The store failed and the policy is not leased (`aws.passes` is true of it), or is set up wrongly.
        """
        key = tables.key(policy, client)
        ledger = self._ledger(key)
        return self._take_leased(policy, key, ledger) if policy.leased else self._take_one(policy, key, ledger)

    def _take_leased(self, policy: Policy, key: str, ledger: Ledger) -> Standing:
        with ledger.turn:
            while (standing := self._known(policy, ledger)) is None and ledger.asking:
                ledger.wait()
            if standing is not None:
                return standing
            ledger.asking = True
            ask = ledger.ask(policy, self._clock())
        given, failing = None, False
        try:
            given = lease(key, policy, ask, self._clock)
        except Exception as error:
            failing = aws.passes(error)
            if not failing:
                raise
            self._note(policy, error)
        finally:
            with ledger.turn:
                # Rolled first: those who wait are let in by a failure of now, not of the second in which it was asked.
                ledger.roll(self._clock())
                ledger.settle(given, failing=failing)
        return _judge(policy, ledger, given)

    def _take_one(self, policy: Policy, key: str, ledger: Ledger) -> Standing:
        with ledger.turn:
            self._known(policy, ledger)
            ask = ledger.ask(policy, self._clock())
        given = lease(key, policy, ask, self._clock)
        with ledger.turn:
            ledger.learn(given)
        return _judge(policy, ledger, given)

    def _known(self, policy: Policy, ledger: Ledger) -> Standing | None:
        """What becomes of a call as far as it can be told without the store; None if it cannot."""
        ledger.roll(self._clock())
        standing = ledger.spend(policy)
        if standing is None and ledger.full:
            raise _refusal(policy)
        return ledger.let_in(policy, None) if standing is None and ledger.failing else standing

    def _ledger(self, key: str) -> Ledger:
        second = int(self._clock())
        with self._lock:
            if second != self._swept:
                self._swept = second
                self._sweep(second)
            ledger = self._ledgers.get(key)
            if ledger is None:
                if len(self._ledgers) >= MOST_CLIENTS:
                    del self._ledgers[next(iter(self._ledgers))]
                ledger = self._ledgers[key] = Ledger(second)
            return ledger

    def _sweep(self, second: int) -> None:
        """Forget clients who have gone quiet. A thread that still has a ledger in hand goes on with it, by itself."""
        quiet = [key for key, ledger in self._ledgers.items() if abs(second - ledger.second) > KEPT_SECONDS]
        for key in quiet:
            del self._ledgers[key]

    def _note(self, policy: Policy, error: Exception) -> None:
        second = int(self._clock())
        with self._lock:
            said, self._noted = self._noted == second, second
        if not said:
            observe.note("limiter without its store", policy=policy.name, why=type(error).__name__)


def _judge(policy: Policy, ledger: Ledger, given: Lease | None) -> Standing:
    """What the store's answer means for the call that asked; None stands for a store that failed."""
    if given is not None and not given.tokens:
        raise _refusal(policy)
    with ledger.turn:
        return ledger.let_in(policy, given.window if given is not None else None)


def _refusal(policy: Policy) -> TooManyRequestsError:
    standing = Standing(policy, left=0, window=None)
    return TooManyRequestsError(headers={"Retry-After": str(WINDOW_SECONDS), **standing.headers})
