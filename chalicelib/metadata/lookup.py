"""Records through the cache: reads that never show what was changed or deleted before, and the burials around a change.

While a record is being loaded, other threads that miss it under the same epoch wait for that one load. Nobody who asks
after a change is given what was read before it: the change, in whatever process, left a tombstone, and who meets that
does not wait; or the cache has lost it, and is in another epoch.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from chalicelib import aws
from chalicelib.metadata import cache as caching
from chalicelib.metadata.cache import Cache, CacheUnavailableError
from chalicelib.metadata.errors import CacheUnavailableRefusal
from chalicelib.metadata.tables import Record

_WAIT = 29.0


def encode(record: Record) -> bytes:
    """A record as the cache keeps it."""
    return json.dumps(record.serialize(), separators=(",", ":")).encode()


def decode(value: bytes) -> Record:
    """What `encode` was given."""
    return Record.from_raw_data(json.loads(value))


class Lookup:
    """Reads one record by owner and order, from the cache or with `load` from the table."""

    def __init__(self, cache: Cache, load: Callable[[str, str], Record | None]) -> None:
        self._cache = cache
        self._load = load
        self._lock = threading.Lock()
        self._flights: dict[tuple[str, str], tuple[str, Future[Record | None]]] = {}

    def get(self, owner: str, order: str) -> Record | None:
        """The record as it stands. A cache that is out of reach is passed over."""
        try:
            look = self._cache.look(owner, order)
        except CacheUnavailableError:
            return self._load(owner, order)
        if look.value is not None:
            return decode(look.value)
        return self._load(owner, order) if look.buried else self._shared(owner, order, look.epoch)

    def _shared(self, owner: str, order: str, epoch: str) -> Record | None:
        mine: Future[Record | None] = Future()
        with self._lock:
            at, flight = self._flights.get((owner, order), (None, mine))
            if at != epoch:
                flight = mine
                self._flights[owner, order] = (epoch, mine)
        if flight is not mine:
            return flight.result(_WAIT)
        try:
            record = self._fill(owner, order, epoch)
            mine.set_result(record)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            self._land(owner, order, mine)
        return record

    def _fill(self, owner: str, order: str, epoch: str) -> Record | None:
        record = self._load(owner, order)
        if record is not None:
            with contextlib.suppress(CacheUnavailableError):
                self._cache.fill(owner, {order: encode(record)}, caching.RECORD_SECONDS, epoch)
        return record

    def _land(self, owner: str, order: str, flight: "Future[Record | None]") -> None:
        with self._lock:
            if self._flights.get((owner, order), (None, None))[1] is flight:
                del self._flights[owner, order]

    def around(self, tx: aws.Transaction, changed: Mapping[str, Iterable[str]]) -> None:
        """Step: bury records (orders by owner) before the transaction is sent, and again after it.

        The commit raises CacheUnavailableRefusal, and writes nothing, if the cache is out of reach before it.
        """
        orders = {owner: list(those) for owner, those in changed.items()}

        def before() -> None:
            try:
                self._bury(orders)
            except CacheUnavailableError:
                raise CacheUnavailableRefusal from None

        def after() -> None:
            # Only matters if the cache lost everything while the table was written; then it is worth a try, no more.
            try:
                self._bury(orders)
            except CacheUnavailableError:
                return

        tx.around(before, after)

    def _bury(self, orders: Mapping[str, list[str]]) -> None:
        for owner, those in orders.items():
            self._cache.bury(owner, those)
