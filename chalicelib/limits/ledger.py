"""What one process knows and holds of one client's window."""

import math
import threading

from chalicelib.limits.leases import MOST_AHEAD, Ask, Lease
from chalicelib.limits.policy import Policy, Standing

MOST_LEASED = 50
"""Most tokens of one lease: what a process that stops calling can waste of a window."""


class Ledger:
    """One client under one policy. Its methods are called with `turn` held, which is never held during a store call.

    Attributes:
        turn: Its lock, on which threads wait for a lease that another one is getting.
        second: The second of this process's clock in which the rest was last looked at.
        window: The store's second, to which the tokens belong; that of `second`, unless another clock is ahead.
        held: Tokens of the window that are leased and not spent.
        left: Tokens of the window that the store had left when it was last asked in this second; None before that.
        failing: Whether the store failed in this second.
        asking: Whether a thread is getting a lease.
    """

    def __init__(self, second: int) -> None:
        self.turn = threading.Condition()
        self.second = second
        self.window = second
        self.held = 0
        self.left: int | None = None
        self.failing = False
        self.asking = False
        self._waiting = 0
        self._spent = 0
        self._spent_before = 0
        self._opened = True

    @property
    def full(self) -> bool:
        """Whether the window is known to have no tokens left but those that are held."""
        return self.left == 0

    def roll(self, now: float) -> None:
        """Forget what belongs to seconds that are over."""
        second = int(now)
        if second != self.second:
            self._spent_before = self._spent if second == self.second + 1 else 0
            # When the second of a clock ahead is over is not ours to see: what was left of it is asked in each of ours.
            self.second, self._spent, self.failing, self.left = second, 0, False, None
        if not second <= self.window <= second + MOST_AHEAD:
            self.window, self.held, self.left = second, 0, None

    def wait(self) -> None:
        """Let another thread's lease come, which may be large enough for this one too."""
        self._waiting += 1
        self.turn.wait()
        self._waiting -= 1

    def settle(self, given: Lease | None, *, failing: bool) -> None:
        """End what `asking` began, and wake those who wait."""
        if given is not None:
            self.learn(given)
        self.failing = self.failing or failing
        self.asking = False
        self.turn.notify_all()

    def learn(self, lease: Lease) -> None:
        """Keep what the store gave but one token, which is for the call that asked."""
        if lease.window < self.window:
            return
        if self.left is None or lease.window > self.window:
            self._opened = lease.opened
            self.window, self.left = lease.window, lease.left
        # Answers to calls made at once may come in any order.
        self.left = min(self.left, lease.left)
        self.held += max(lease.tokens - 1, 0)

    def spend(self, policy: Policy) -> Standing | None:
        """Use a token that is held, if there is one."""
        if not self.held:
            return None
        self.held -= 1
        return self.let_in(policy, self.window)

    def let_in(self, policy: Policy, window: int | None) -> Standing:
        """Count a call that is let in, and tell where the client stands."""
        self._spent += 1
        known = policy.quota - self._spent if self.left is None or window is None else self.left + self.held
        return Standing(policy, max(known, 0), window)

    def ask(self, policy: Policy, now: float) -> Ask:
        """What to ask of the store; this process probably opens the window if it opened the last one."""
        return Ask(self._wanted(policy, now) if policy.leased else 1, self.window, self.left is None and self._opened)

    def _wanted(self, policy: Policy, now: float) -> int:
        """A share of what was spent lately, enough for those who wait, and no more than the second will still need."""
        share = max(self._spent_before // 4, self._spent // 2)
        gone = now - self.second
        if gone > 0:
            rate = max(self._spent_before, self._spent / gone)
            share = min(share, math.ceil(rate * (1 - gone)))
        return min(max(share, self._waiting + 1), MOST_LEASED, policy.quota)
