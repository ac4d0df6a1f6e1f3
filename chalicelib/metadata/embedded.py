"""A cache inside one process: for the local stack and for tests, where nobody else changes records."""

import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from chalicelib.metadata.cache import EPOCH_SECONDS, TOMBSTONE_SECONDS, Look

_TOMBSTONE = None


class EmbeddedCache:
    """Records in a dictionary. `clock` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.lose()

    def lose(self) -> None:
        """Forget everything, tombstones and counts too, as a server that is started anew does."""
        with self._lock:
            self._life = uuid.uuid4().hex
            self._kept: dict[str, dict[str, tuple[bytes | None, float]]] = defaultdict(dict)
            self._reads: dict[str, Counter[str]] = defaultdict(Counter)

    def look(self, owner: str, order: str) -> Look:
        """See `Cache`."""
        with self._lock:
            self._reads[owner][order] += 1
            value, until = self._kept[owner].get(order, (_TOMBSTONE, 0.0))
            stands = until > self._clock()
            return Look(value if stands else None, self._epoch(), buried=stands and value is _TOMBSTONE)

    def epoch(self) -> str:
        """See `Cache`."""
        with self._lock:
            return self._epoch()

    def _epoch(self, back: int = 0) -> str:
        return f"{self._life} {self._clock() // EPOCH_SECONDS - back:.0f}"

    def fill(self, owner: str, values: Mapping[str, bytes], seconds: int, epoch: str) -> int:
        """See `Cache`."""
        with self._lock:
            if epoch not in (self._epoch(), self._epoch(back=1)):
                return 0
            now, kept, filled = self._clock(), self._kept[owner], 0
            for order, value in values.items():
                there, until = kept.get(order, (b"", 0.0))
                if there is _TOMBSTONE and until > now:
                    continue
                kept[order] = (value, max(now + seconds, until if there == value else 0.0))
                filled += 1
            return filled

    def bury(self, owner: str, orders: Iterable[str]) -> None:
        """See `Cache`."""
        with self._lock:
            until = self._clock() + TOMBSTONE_SECONDS
            for order in orders:
                self._kept[owner][order] = (_TOMBSTONE, until)

    def most_read(self, owner: str, limit: int) -> Sequence[str]:
        """See `Cache`."""
        with self._lock:
            return [order for order, _ in self._reads[owner].most_common(limit)]

    def drop(self, owner: str | None = None, order: str | None = None) -> int:
        """See `Cache`."""
        with self._lock:
            now, dropped, self._life = self._clock(), 0, uuid.uuid4().hex
            for kept in [self._kept[owner]] if owner is not None else list(self._kept.values()):
                for name in [order] if order is not None else list(kept):
                    value, until = kept.get(name, (_TOMBSTONE, 0.0))
                    if value is not _TOMBSTONE:
                        dropped += until > now
                        del kept[name]
            return dropped
