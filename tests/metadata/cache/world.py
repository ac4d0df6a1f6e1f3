"""Two processes over one cache and one table, of which every call of either can be a stop; and what they must not show.

A record's version is how often it was written. A read that begins after a change has ended must show that version or a
later one. While the cache never loses anything, the same holds after a read that has ended.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.metadata import ids
from chalicelib.metadata.cache import Cache
from chalicelib.metadata.lookup import Lookup
from chalicelib.metadata.tables import Record
from chalicelib.metadata.warming import Limits, Warming
from tests.metadata.cache.stepping import Stepped, SteppedFuture, Stops

USER = "usr_9f8e7d6c"
OWNER = ids.owner_key(USER)
ORDERS = [f"{number:024d}" for number in range(3)]
GONE = 1_000_000


class Table:
    """Records by order, each with its version; once deleted it stays so. Counts reads of one record."""

    def __init__(self, orders: Sequence[str]) -> None:
        self.reads = 0
        self.fault: Exception | None = None
        self.versions = dict.fromkeys(orders, 0)

    def write(self, order: str, version: int | None = None) -> int:
        """Write the next version, or GONE; refused if there is no record."""
        if self.versions[order] == GONE:
            raise aws.StaleError
        self.versions[order] += 1
        if version is not None:
            self.versions[order] = version
        return self.versions[order]

    def get(self, owner: str, order: str) -> Record | None:
        self.reads += 1
        if self.fault is not None:
            raise self.fault
        return next(iter(self.get_all(owner, [order])), None)

    def get_all(self, owner: str, orders: Iterable[str]) -> list[Record]:
        assert owner == OWNER
        versions = ((order, self.versions.get(order, GONE)) for order in orders)
        return [record(order, version) for order, version in versions if version != GONE]

    def of_user(self, owner: str, limit: int, after: str | None) -> tuple[list[Record], str | None]:
        """Pages of one record, so that something happens between them."""
        left = [order for order in self.versions if after is None or order > after]
        return self.get_all(owner, left[:1]), left[0] if len(left) > 1 and limit > 1 else None


def record(order: str, revision: int) -> Record:
    fields: dict[str, Any] = {"filename_enc": "name", "mime_type": "image/png", "dek_enc": "dek", "size": 1}
    return Record(owner=OWNER, order=order, user=USER, uploaded=0, revision=revision, **fields)


def version(found: Record | None) -> int:
    return GONE if found is None else int(found.revision)


class Write(aws.Transaction):
    """A transaction whose table is ours."""

    def __init__(self, write: Callable[[], int]) -> None:
        super().__init__()
        self.version = -1
        self._write = write
        self._items, self._marker = [({}, lambda _: aws.StaleError())], 0

    def _send(self) -> None:
        self.version = self._write()


class Process:
    """One process: what it knows of loads under way is its own."""

    def __init__(self, cache: Any, table: Any) -> None:
        self._table = table
        self._lookup = Lookup(cache, table.get)
        self.warming = Warming(cache, Limits(sync_bytes=10_000, most_read=2))

    def read(self, order: str) -> int:
        return version(self._lookup.get(OWNER, order))

    def change(self, order: str, to: int | None = None) -> int:
        """Write the next version, or `to`; gives what was written."""
        tx = Write(lambda: int(self._table.write(order, to)))
        self._lookup.around(tx, {OWNER: [order]})
        tx.commit()
        return tx.version


@dataclass
class Reading:
    """A read under way, and the oldest version it may show."""

    order: str
    floor: int
    call: Stepped[int]


class World:
    """The processes, everything under way, and the versions that must be seen from now on."""

    def __init__(
        self, cache: Cache, patch: pytest.MonkeyPatch, *, orders: Sequence[str] = ORDERS, stops_after: bool = True
    ) -> None:
        self.table = Table(orders)
        stopping: Any = Stops(self.table, after=stops_after)
        self.processes = [Process(Stops(cache, after=stops_after), stopping) for _ in range(2)]
        self.floors = dict.fromkeys(orders, 0)
        self.lost = False
        self._reads: list[Reading] = []
        self._changes: list[tuple[str, Stepped[int]]] = []
        self._calls: list[Stepped[Any]] = []
        for name in ("get_all", "of_user"):
            patch.setattr(f"chalicelib.metadata.tables.{name}", getattr(stopping, name))
        patch.setattr("chalicelib.metadata.lookup.Future", SteppedFuture)

    @property
    def going(self) -> list[Stepped[Any]]:
        """All calls under way, the oldest first."""
        return [call for call in self._calls if not call.ended]

    @property
    def changing(self) -> list[Stepped[int]]:
        return [call for _, call in self._changes if not call.ended]

    def read(self, process: int, order: str) -> Stepped[int]:
        call = Stepped(lambda: self.processes[process].read(order))
        self._reads.append(Reading(order, self.floors[order], call))
        self._calls.append(call)
        return call

    def change(self, process: int, order: str, to: int | None = None) -> Stepped[int]:
        call = Stepped(lambda: self.processes[process].change(order, to))
        self._changes.append((order, call))
        self._calls.append(call)
        return call

    def warm(self, process: int, call: Callable[[Warming], Any]) -> Stepped[Any]:
        """Begin a sync, prefetch or invalidate."""
        warming = self.processes[process].warming
        self._calls.append(Stepped(lambda: call(warming)))
        return self._calls[-1]

    def settle(self) -> None:
        """Look at what has ended: raise floors, and judge reads."""
        for order, call in [one for one in self._changes if one[1].ended]:
            if call.error is None:
                self.floors[order] = max(self.floors[order], call.result)
            else:
                assert isinstance(call.error, aws.StaleError), call.error
        ended = [read for read in self._reads if read.call.ended]
        for read in ended:
            seen = read.call.result
            assert read.floor <= seen <= self.table.versions[read.order]
            if not self.lost:
                self.floors[read.order] = max(self.floors[read.order], seen)
        self._reads = [read for read in self._reads if not read.call.ended]
        self._changes = [one for one in self._changes if not one[1].ended]
