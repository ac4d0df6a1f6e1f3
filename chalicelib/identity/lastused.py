"""When a drive key was last used: known to the hour, at the price of one write an hour (spec drive, Access)."""

import threading

from chalicelib.identity import tables
from chalicelib.identity.tables import DriveKeyRow
from chalicelib.web import observe

PRECISION_SECONDS = 3600
"""How old the time in a key's row may be before it is written anew."""
MOST_KEYS = 10_000
"""Most keys of which one process remembers that it wrote; one that is forgotten costs a write more."""


class LastUsed:
    """Keeps the times of one process's keys. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tried: dict[tuple[str, str], float] = {}

    def note(self, key: DriveKeyRow, now: float) -> None:
        """A key was used. One call, an hour after the last one; never stops the caller.

        Nothing depends on this time, so what the store refuses is noted in the log, and left for the next hour.
        """
        if (key.last_used is not None and now - key.last_used < PRECISION_SECONDS) or not self._turn(key, now):
            return
        try:
            tables.set_last_used(key, int(now))
        except Exception as error:  # noqa: BLE001 - a call that may be made must not fail for what is nice to know
            observe.note("last use of a key not kept", why=type(error).__name__)

    def _turn(self, key: DriveKeyRow, now: float) -> bool:
        """Whether this process has not tried within the hour; from now on it has."""
        name = (key.zelid, key.key_id)
        with self._lock:
            tried = self._tried.get(name)
            if tried is not None and now - tried < PRECISION_SECONDS:
                return False
            # Put last, so that what is forgotten is what was tried longest ago.
            self._tried.pop(name, None)
            self._tried[name] = now
            if len(self._tried) > MOST_KEYS:
                del self._tried[next(iter(self._tried))]
            return True
