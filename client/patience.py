"""How often to try again, and how long to wait before."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from .errors import ClientError

MOST_ASKED_SECONDS = 300.0
"""The longest `Retry-After` that is waited for."""
_NOTICED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries, with pauses that double, each shortened by chance so that clients do not come back together.

    Attributes:
        tries: How often in all.
        first: Seconds of the first pause, at most.
        most: Seconds of any pause that the server did not ask for.
        sleep: Waits for a number of seconds.
    """

    tries: int = 6
    first: float = 0.5
    most: float = 20.0
    sleep: Callable[[float], None] = time.sleep

    def pauses(self) -> Iterator[float]:
        """The pauses between the tries: one fewer than these."""
        for turn in range(self.tries - 1):
            yield min(self.most, self.first * 2**turn) * random.uniform(0.5, 1)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that a server asks to wait: given as such or as a date (RFC 9110, 10.2.3); None if it asks nothing."""
    given = response.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None


class Attempts:
    """The tries of one task.

    Args:
        patience: How many there are.
        note: Told of every pause that a person would notice.
    """

    def __init__(self, patience: Patience, note: Callable[[str], None]) -> None:
        self._patience = patience
        self._note = note
        self._pauses = patience.pauses()
        self.failed = False

    def again(self, error: ClientError, asked: float | None = None) -> None:
        """Wait before the next try.

        Args:
            error: Why this try failed; raised if there is no next one.
            asked: Seconds the server asks to wait. The pause is no shorter, but for 0, which asks for none at all.
        """
        self.failed = True
        pause = next(self._pauses, None)
        if pause is None or (asked or 0) > MOST_ASKED_SECONDS:
            raise error
        pause = pause if asked is None else asked and max(asked, pause)
        if pause >= _NOTICED_SECONDS:
            self._note(f"{error.args[0]}; trying again in {pause:.0f} s")
        self._patience.sleep(pause)

    def restart(self) -> None:
        """There was progress: all tries are there again."""
        self._pauses = self._patience.pauses()
