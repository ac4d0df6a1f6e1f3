"""Sources in the order of keys, that can be joined: what has one value or a word, one of several, or all of them.

Each is read by a reader that stands at a candidate and can be led on to a key. A reader that is led beyond what it has
read looks there anew, and reads more at once where that was worth it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.delivery.operators import Bounds
from chalicelib.delivery.sources import ALL, PAGE, Allowance, Candidate, Span
from chalicelib.resources.indexing import NOTHING
from chalicelib.resources.tables import SEPARATOR

_LEAST = 25
"""Rows of one look-up."""
_TRIED = 3
"""Further look-ups after which a joined source must have been of use."""
_USE = 10
"""Candidates of the others that each look-up must have spared them: so many documents are read in a tenth of a call."""


class Reader(Protocol):
    """Stands at a candidate of a source."""

    @property
    def look_ups(self) -> int:
        """Calls that it took."""

    @property
    def here(self) -> Candidate | None:
        """The candidate; None at the end."""

    def seek(self, key: str, *, past: bool) -> int:
        """Go on to the first candidate at a key, or past it. Gives how many were passed over, as far as is known."""


class Joinable(Protocol):
    """A source in the order of keys."""

    def reader(self, start: str | None, *, descending: bool, wanted: int) -> Reader:
        """Stands at the first candidate after `start`."""

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What has one value, or a word; `prefix` is how its index rows begin, and `bounds` are those of keys."""

    partition: str
    prefix: str
    allowance: Allowance
    bounds: Bounds = ALL

    def reader(self, start: str | None, *, descending: bool, wanted: int) -> Reader:
        """See `Joinable`."""
        return _One(self, start, descending=descending, wanted=wanted)

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`."""
        return _each(self.reader(start, descending=descending, wanted=wanted))

    def page(self, key: str | None, *, past: bool, descending: bool, wanted: int) -> tuple[list[Candidate], bool]:
        """Some candidates at a key or past it, and whether there are more. One call."""
        low, high = f"{self.prefix}{self.bounds[0]}", f"{self.prefix}{self.bounds[1]}{SEPARATOR}{NOTHING}"
        if key is not None and descending:
            # The rows of a key stand above the key alone, one for each revision.
            high = min(high, f"{self.prefix}{key}" if past else f"{self.prefix}{key}{SEPARATOR}{NOTHING}")
        elif key is not None:
            low = max(low, f"{self.prefix}{key}{SEPARATOR}{NOTHING}" if past else f"{self.prefix}{key}")
        rows, more = Span(self.partition, (low, high), self.allowance).page(None, descending=descending, wanted=wanted)
        found: dict[str, Candidate] = {}
        for row in rows:
            key = row.value.removeprefix(self.prefix).partition(SEPARATOR)[0]
            found.setdefault(key, Candidate(key, key, int(row.size or 0)))
        return list(found.values()), more


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What comes from one of several sources, or more of them."""

    sources: Sequence[Joinable]

    def reader(self, start: str | None, *, descending: bool, wanted: int) -> Reader:
        """See `Joinable`."""
        readers = [one.reader(start, descending=descending, wanted=wanted) for one in self.sources]
        return _Any(readers, descending=descending)

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`."""
        return _each(self.reader(start, descending=descending, wanted=wanted))


@dataclass(frozen=True, slots=True)
class AllOf:
    """What comes from all of several sources: each leads the others on to where it stands.

    One that spares the others little is left out in the end, so others may come than those in all of them.
    """

    sources: Sequence[Joinable]

    def reader(self, start: str | None, *, descending: bool, wanted: int) -> Reader:
        """See `Joinable`."""
        more = min(4 * wanted, PAGE)
        readers = [one.reader(start, descending=descending, wanted=more) for one in self.sources]
        return _All(readers, descending=descending)

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`."""
        return _each(self.reader(start, descending=descending, wanted=wanted))


def _each(reader: Reader) -> Iterator[Candidate]:
    while (here := reader.here) is not None:
        yield here
        reader.seek(here.key, past=True)


class _One:
    """Reads a stream, page by page."""

    def __init__(self, stream: Stream, start: str | None, *, descending: bool, wanted: int) -> None:
        self._stream = stream
        self._descending = descending
        self._size = wanted
        self._used = 0
        self.look_ups = 0
        self._read(start, past=True)

    @property
    def here(self) -> Candidate | None:
        return self._rows[0] if self._rows else None

    def seek(self, key: str, *, past: bool) -> int:
        passed = 0
        while self._rows and self._is_behind(self._rows[0].key, key, past=past):
            last = self._rows.popleft().key
            passed += 1
        if not passed:
            return 0
        self._used += 1
        if not self._rows and self._more:
            jumped = last != key
            passed += self._size if jumped else 0
            # Where most rows were passed over, fewer are read from now on.
            worth = not jumped or 4 * self._used >= self._size
            self._size = min(2 * self._size, PAGE) if worth else max(self._size // 4, min(_LEAST, self._size))
            self._read(key, past=past)
        return passed

    def _read(self, key: str | None, *, past: bool) -> None:
        found, self._more = self._stream.page(key, past=past, descending=self._descending, wanted=self._size)
        self._rows, self._used = deque(found), 0
        self.look_ups += 1

    def _is_behind(self, one: str, key: str, *, past: bool) -> bool:
        return (past and one == key) or (one > key if self._descending else one < key)


class _Any:
    """Stands at the first candidate that any of several readers stands at."""

    def __init__(self, readers: Sequence[Reader], *, descending: bool) -> None:
        self._readers = readers
        self._first = max if descending else min

    @property
    def look_ups(self) -> int:
        return sum(one.look_ups for one in self._readers)

    @property
    def here(self) -> Candidate | None:
        there = (one.here for one in self._readers)
        return self._first((one for one in there if one is not None), key=lambda one: one.key, default=None)

    def seek(self, key: str, *, past: bool) -> int:
        return sum(one.seek(key, past=past) for one in self._readers)


class _All:
    """Stands at the first candidate that all of several readers stand at."""

    def __init__(self, readers: Sequence[Reader], *, descending: bool) -> None:
        self._readers = list(readers)
        self._spared = [0 for _ in readers]
        self._begun = [one.look_ups for one in readers]
        self._furthest = min if descending else max
        self._meet()

    @property
    def look_ups(self) -> int:
        return sum(one.look_ups for one in self._readers)

    @property
    def here(self) -> Candidate | None:
        return self._readers[0].here if self._together else None

    def seek(self, key: str, *, past: bool) -> int:
        passed = [one.seek(key, past=past) for one in self._readers]
        self._meet()
        return max(passed)

    def _meet(self) -> None:
        self._together = False
        while not self._together:
            there = [one.here.key for one in self._readers if one.here is not None]
            if len(there) < len(self._readers):
                return
            furthest = self._furthest(there)
            self._together = all(key == furthest for key in there)
            passed = sum(one.seek(furthest, past=False) for one in self._readers)
            self._spared[there.index(furthest)] += passed
            if not self._together:
                self._leave_out()

    def _leave_out(self) -> None:
        """Read no further what is of little use: whoever reads the documents tells what has it."""
        for at, one in enumerate(self._readers):
            tried = one.look_ups - self._begun[at]
            if len(self._readers) > 1 and tried >= _TRIED and self._spared[at] < _USE * tried:
                del self._readers[at], self._spared[at], self._begun[at]
                return
