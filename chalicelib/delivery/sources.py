"""Where a query's candidates come from: rows in the order it wants, as few of them as it takes (decision 15).

A source gives candidates one after the other, from a position on, either way. Each reads only what is asked of it, and
all that read index rows count against one allowance, so that no query reads on and on. Those that are joined in the
order of keys are in `streams`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chalicelib import aws
from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.operators import Bounds
from chalicelib.models.fields import Field
from chalicelib.resources.indexing import NOTHING
from chalicelib.resources.tables import SEPARATOR, IndexRow, PublishedRow

MOST_ROWS = 10_000
"""Index rows that one query reads: some hundred bytes each."""
LOOK_UP = 20
"""Rows that a call counts as, however few it finds."""
ALL: Bounds = ("", NOTHING)
PAGE = 1_000
"""Rows of one call where it is not known how many are needed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that may be what is looked for.

    Attributes:
        key: The resource's.
        position: Where it stands in its source: what a cursor says.
        size: Bytes of its document as it is stored, if they are known.
        row: Itself, where the source reads that anyway.
        revision: The revision that its position is of, where that depends on it.
    """

    key: str
    position: str
    size: int = 0
    row: PublishedRow | None = None
    revision: str | None = None


class Source(Protocol):
    """Candidates in an order. A position is text that sorts as they do."""

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """Those after `start`; `wanted` is how many will probably be taken."""


@dataclass(slots=True)
class Allowance:
    """What a query may still read."""

    rows: int = MOST_ROWS

    def grant(self, wanted: int) -> int:
        """How many of the rows that are wanted may be read.

        Raises:
            InvalidQueryError: None.
        """
        if self.rows <= 0:
            raise InvalidQueryError("too much would have to be read: ask with one more filter on a searchable field")
        return min(wanted, self.rows)

    def take(self, count: int) -> None:
        """Count a call that read so many rows."""
        self.rows -= max(count, LOOK_UP)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an index: a partition, and the values between two, both included."""

    partition: str
    bounds: Bounds
    allowance: Allowance

    def page(self, start: str | None, *, descending: bool, wanted: int) -> tuple[list[IndexRow], bool]:
        """So many of its rows after `start`, or fewer, and whether there are more. One call.

        Raises:
            InvalidQueryError: Too much was read already, or `start` lies elsewhere.
        """
        low, high = lowest(self.bounds), self.bounds[1]
        if start is not None and not low <= start <= high:
            raise InvalidQueryError("not a cursor of this list")
        stretch, limit = aws.Stretch(self.partition, low, high), self.allowance.grant(wanted)
        page = aws.between(IndexRow, stretch, limit=limit, start=start, newest_first=descending)
        self.allowance.take(len(page.rows))
        return page.rows, page.next is not None and bool(page.rows)

    def rows(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[IndexRow]:
        """Its rows after `start`: some as they are wanted, and more with each further call."""
        more = True
        while more:
            found, more = self.page(start, descending=descending, wanted=wanted)
            yield from found
            if more:
                start, wanted = found[-1].value, min(2 * wanted, PAGE)


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is published at a place, in the order it was created. `bounds` are those of keys."""

    place: str
    bounds: Bounds = ALL

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`."""
        low, high = lowest(self.bounds), self.bounds[1]
        if start is not None and not low <= start <= high:
            raise InvalidQueryError("not a cursor of this list")
        while True:
            stretch = aws.Stretch(self.place, low, high)
            page = aws.between(PublishedRow, stretch, limit=wanted, start=start, newest_first=descending)
            for row in page.rows:
                yield Candidate(row.key, row.key, len(row.body), row)
            if page.next is None or not page.rows:
                return
            start, wanted = page.rows[-1].key, min(2 * wanted, PAGE)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What has a value in a field, in the order of the values; what has none comes last, `turned` round or not."""

    field: Field
    span: Span
    turned: bool = False

    def candidates(self, start: str | None, *, descending: bool, wanted: int) -> Iterator[Candidate]:
        """See `Source`. A resource with several values comes several times."""
        for span in self._spans(start, descending=descending):
            within = start if start is not None and span.bounds[0] <= start <= span.bounds[1] else None
            for row in span.rows(within, descending=descending, wanted=wanted):
                _, key, revision = row.value.rsplit(SEPARATOR, 2)
                yield Candidate(key, row.value, int(row.size or 0), revision=revision)

    def _spans(self, start: str | None, *, descending: bool) -> list[Span]:
        """The parts that are still to be read, in their order."""
        low, high = self.span.bounds
        if not self.turned or high < NOTHING:
            return [self.span]
        some = Span(self.span.partition, (low, NOTHING), self.span.allowance)
        none = Span(self.span.partition, (NOTHING, high), self.span.allowance)
        order = [some, none] if descending else [none, some]
        begun = start is not None and (start >= NOTHING) == (order[1] is none)
        return order[1:] if begun else order


def lowest(bounds: Bounds) -> str:
    """The lower bound: DynamoDB knows no empty key, and no value is below this one."""
    return bounds[0] or SEPARATOR
