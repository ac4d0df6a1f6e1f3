"""Answers queries: candidates from a source, each judged by the document that is published now, a page at a time."""

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib import aws
from chalicelib.delivery import filters
from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.filters import CREATED, KEY
from chalicelib.delivery.plans import COLLECTED, KEYS, Plan, by_key, plan
from chalicelib.delivery.queries import Query
from chalicelib.delivery.sources import PAGE, Allowance, Candidate, Ordered
from chalicelib.models.fields import Field
from chalicelib.resources import documents
from chalicelib.resources.indexing import NOTHING, UPDATED, encode
from chalicelib.resources.tables import SEPARATOR, PublishedRow
from chalicelib.web.management import moment

MOST_DOCUMENTS = 2_000
"""Documents that one query judges."""
MOST_TOGETHER = 100
"""Documents of one call."""
MOST_BYTES = 2**20
"""Bytes of documents that one page shows, and that one call reads: a page may end before its limit."""


@dataclass(frozen=True)
class Match:
    """A resource that was found, and where: `position` is what a cursor says. Its document is read as it is needed."""

    row: PublishedRow
    position: str

    @functools.cached_property
    def text(self) -> bytes:
        """Its document as JSON."""
        return documents.text(self.row.body)

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """Its document."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    def values(self, field: Field) -> list[Any]:
        """The values that it has in a field, or of what is known of it beside its document."""
        if field.path == CREATED:
            return [moment(self.row.created)]
        if field.path == UPDATED:
            return [moment(self.row.published)]
        if field.path == KEY:
            return [self.row.key]
        return list(_values(self.document, field.path.split(".")))


@dataclass(frozen=True, slots=True)
class Found:
    """A page: what was found, and the positions that its neighbours go on from; None where there is none."""

    matches: Sequence[Match]
    next: str | None
    previous: str | None


def _values(inside: Any, keys: Sequence[str]) -> Iterator[Any]:
    if isinstance(inside, list):
        for one in inside:
            yield from _values(one, keys)
    elif not keys:
        if inside is not None:
            yield inside
    elif isinstance(inside, dict) and keys[0] in inside:
        yield from _values(inside[keys[0]], keys[1:])


def find(query: Query, where: str, position: str | None, *, whole: bool) -> Found:
    """A page of what a query finds at a place.

    Args:
        query: What is asked for.
        where: The `place` of what is published.
        position: What the query's cursor says.
        whole: Whether pages end at their limit alone, whatever the size of the documents.

    Raises:
        InvalidQueryError: Too much would have to be read, or the cursor is of an order that the query no longer has.
    """
    kind, start = (position[0], position[1:]) if position is not None else (None, None)
    search = _Search(query, where, plan(query, where, Allowance(), kind))
    if kind is not None and kind != search.way.kind:
        raise InvalidQueryError("not a cursor of this list")
    matches = list(_cut(search.matches(start), query.limit + 1, whole=whole))
    over = not whole and len(matches) > 1 and sum(len(one.text) for one in matches) > MOST_BYTES
    more = over or len(matches) > query.limit
    shown = matches[:-1] if more else matches
    if query.backwards:
        shown = shown[::-1]
    if not shown:
        return Found((), None, None)
    came = position is not None or query.offset > 0
    first, last = (f"{search.way.kind}{one.position}" for one in (shown[0], shown[-1]))
    forward, backward = (True, more) if query.backwards else (more, came)
    return Found(shown, last if forward else None, first if backward else None)


def _cut(found: Iterator[Match], most: int, *, whole: bool) -> Iterator[Match]:
    """So many matches, and where their bytes count, the one that is too much as the last."""
    size = 0
    for match in islice(found, most):
        yield match
        size += 0 if whole else len(match.text)
        if size > MOST_BYTES:
            return


@dataclass(frozen=True, slots=True)
class _Search:
    """One query on its way."""

    query: Query
    where: str
    way: Plan

    @property
    def _descending(self) -> bool:
        collected = self.way.kind == COLLECTED
        return self.way.descending if collected else self.way.descending != self.query.backwards

    def matches(self, start: str | None) -> Iterator[Match]:
        """Matches in the order that is wanted, after a position of it, or after as many as are to be jumped over."""
        offset = self.query.offset
        if self.way.kind == COLLECTED:
            return self._collected(start)
        if offset and self.query.where is None and self.way.kind == KEYS:
            # Of what is jumped over, the keys will do.
            start, more = aws.position_after(PublishedRow, self.where, offset, newest_first=self._descending)
            return self._judged(start, self.query.limit + 1) if more else iter(())
        return islice(self._judged(start, self.query.limit + offset + 1), offset, None)

    def _judged(self, start: str | None, wanted: int) -> Iterator[Match]:
        """Matches in the order of the source."""
        judged, most = 0, MOST_DOCUMENTS + self.query.limit + (self.query.offset if self.query.where is None else 0)
        candidates = self.way.source.candidates(start, descending=self._descending, wanted=min(wanted, PAGE))
        for some in _parts(candidates, wanted):
            for candidate, row in zip(some, self._rows(some), strict=True):
                if row is None or (candidate.revision is not None and candidate.revision != row.revision):
                    # Unpublished since, or a row of another revision.
                    continue
                judged += 1
                match = Match(row, candidate.position)
                if self._matches(candidate, match.values):
                    yield match
            if judged > most:
                problem = "too many resources would have to be looked at"
                raise InvalidQueryError(f"{problem}: ask with one more filter on a searchable field")

    def _matches(self, candidate: Candidate, get: filters.Found) -> bool:
        if self.query.where is not None and not filters.fulfils(self.query.where, get):
            return False
        source = self.way.source
        if not isinstance(source, Ordered):
            return True
        # With several values, a resource counts where the first of them stands, whichever way one reads.
        low, high = source.span.bounds
        tail = f"{SEPARATOR}{candidate.key}{SEPARATOR}{candidate.revision}"
        encoded = {encode(source.field.type, one) for one in get(source.field)} - {None}
        rows = [f"{one}{tail}" for one in encoded or {NOTHING}]
        there = [row for row in rows if low <= row <= high]
        return candidate.position == (max if self.way.descending else min)(there, default=None)

    def _rows(self, some: Sequence[Candidate]) -> list[PublishedRow | None]:
        if all(one.row is not None for one in some):
            return [one.row for one in some]
        return aws.batch_get(*(aws.Ref(PublishedRow, self.where, one.key) for one in some))

    def _collected(self, start: str | None) -> Iterator[Match]:
        """Matches sorted: at first only where each stands is kept, and then as many as are wanted are read again."""
        sort, backwards = self.query.sort, self.query.backwards
        sorts = () if by_key(sort) else sort
        turned = [*(one.descending for one in sorts), sort[-1].descending if sort else True]

        def place(entry: Sequence[str]) -> tuple[Any, ...]:
            # What has no value comes last, whichever way the values are turned.
            each = zip(entry, turned, strict=True)
            return tuple((text == NOTHING, _Turned(text) if down else text) for text, down in each)

        found = {
            match.row.key: [*(_sorted_by(match, one.field) for one in sorts), match.row.key]
            for match in self._judged(None, PAGE)
        }
        ordered = sorted(found.values(), key=place, reverse=backwards)
        if start is not None:
            here = place(json.loads(start))
            ordered = [one for one in ordered if (place(one) < here if backwards else place(one) > here)]
        ordered = ordered[self.query.offset :]
        for at in range(0, len(ordered), MOST_TOGETHER):
            some = ordered[at : at + MOST_TOGETHER]
            rows = aws.batch_get(*(aws.Ref(PublishedRow, self.where, one[-1]) for one in some))
            for entry, row in zip(some, rows, strict=True):
                if row is not None:
                    yield Match(row, json.dumps(entry, ensure_ascii=False))


def _parts(candidates: Iterator[Candidate], wanted: int) -> Iterator[list[Candidate]]:
    """Candidates in parts that one call reads: at first as many as are wanted, and not one more."""
    part: list[Candidate] = []
    size = 0
    for one in candidates:
        part.append(one)
        size += one.size
        if len(part) == (min(wanted, MOST_TOGETHER) if wanted > 0 else MOST_TOGETHER) or size > MOST_BYTES:
            yield part
            wanted -= len(part)
            part, size = [], 0
    if part:
        yield part


@functools.total_ordering
class _Turned:
    """Text that sorts the other way round."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Turned) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __lt__(self, other: "_Turned") -> bool:
        return self.text > other.text


def _sorted_by(match: Match, field: Field) -> str:
    there = match.values(field)
    found = encode(field.type, there[0]) if there else None
    return NOTHING if found is None else found
