"""How a query is answered: which source gives its candidates, in which order (decision 15).

What asks for single values, or for words, is read in the order of keys, which is that of creation: several such
conditions are joined before any document is read. What asks for a stretch of a field's order is read in that order. A
query that wants another order than its conditions give is collected and sorted, if that is little; otherwise it is
read in the order it wants, and the conditions are asked of each document.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.filters import CREATED, KEY, Both, Either, Node, Words, flat
from chalicelib.delivery.operators import Bounds, Leaf
from chalicelib.delivery.queries import Query, Sort
from chalicelib.delivery.sources import ALL, Allowance, Everything, Ordered, Source, Span
from chalicelib.delivery.streams import AllOf, AnyOf, Joinable, Stream
from chalicelib.members import keys
from chalicelib.models.fields import Field
from chalicelib.resources.indexing import NOTHING, UPDATED, WORDS, encode, partition
from chalicelib.resources.tables import SEPARATOR

KEYS, VALUES, COLLECTED = "k", "v", "c"
"""What a position says: a key, an index row's value, or the place in what was collected and sorted."""
FEW = 500
"""Candidates that are rather collected and sorted than looked for in another order."""
_PROBE = 4 * FEW
"""Index rows that may be read to find out whether candidates are few."""
_MOST_STREAMS = 4
"""Words that are joined before documents are read; the others are asked of those."""
_SLACK = 2.0
"""Seconds by which a resource's moment may differ from that of its key."""
_BOUNDING = frozenset({"eq", "in", "includes", "gt", "gte", "lt", "lte", "between"})
_WHOLE: Bounds = ("", NOTHING + NOTHING)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query is answered; `kind` is that of its positions."""

    source: Source
    kind: str
    descending: bool


def plan(query: Query, where: str, allowance: Allowance, kind: str | None) -> Plan:
    """The plan of a query at a place; `kind` is that of the cursor it goes on from, so that it goes on the same way."""
    parts = flat(query.where)
    native = _native(query.sort, _Sources(parts, where, allowance))
    if kind is not None and kind == native.kind != COLLECTED:
        return native
    others = _others(native, _Sources(parts, where, allowance))
    if native.kind == COLLECTED and len(others) < 2:  # noqa: PLR2004 - one needs no choice
        return native
    # To be given up early: what is not few is not read to its end to find that out.
    probes = _others(native, _Sources(parts, where, Allowance(_PROBE)))
    few = next((at for at, one in enumerate(probes) if _is_few(one)), None)
    if few is None and not (kind == COLLECTED and others):
        return native
    return Plan(others[few or 0], COLLECTED, descending=True)


def by_key(sort: Sequence[Sort]) -> bool:
    """Whether an order is that of keys: each begins with the moment it was made."""
    return not sort or (len(sort) == 1 and sort[0].field.path in {CREATED, KEY})


@dataclass(frozen=True, slots=True)
class _Sources:
    """The sources of what fulfils all of some conditions."""

    parts: Sequence[Node]
    where: str
    allowance: Allowance

    def joined(self) -> Joinable | None:
        """In the order of keys: what fulfils those that ask for single values, or words; None if none does."""
        found = [source for part in self.parts for source in self._points(part)]
        return None if not found else found[0] if len(found) == 1 else AllOf(found)

    def stretch(self) -> Ordered | None:
        """In the order of the first field that they want a stretch of; None if they want none."""
        some = self._stretches()
        return self.ordered(some[0].field) if some else None

    def ordered(self, field: Field, *, turned: bool = False) -> Ordered:
        """The order of a field, as far as they leave any of it; without one, what has no value comes last."""
        mine = [part for part in self._stretches() if part.field == field]
        bounds = [found for part in mine if (found := part.bounds()) is not None]
        if any(not part.single for part in mine):
            # Each condition may be met by another value.
            bounds = bounds[:1]
        low = max((one[0] for one in bounds), default=_WHOLE[0])
        high = min((one[1] for one in bounds), default=_WHOLE[1])
        return Ordered(field, Span(_partition(field, self.where), (low, high), self.allowance), turned)

    def everything(self) -> Everything:
        """All there is, in the order of keys, as far as they leave any of those."""
        return Everything(self.where, self._keys())

    def _stretches(self) -> list[Leaf]:
        leaves = [part for part in self.parts if isinstance(part, Leaf)]
        return [one for one in leaves if one.field.path not in {CREATED, KEY} and one.bounds() is not None]

    def _keys(self) -> Bounds:
        """Between which keys they let a resource be."""
        low, high = ALL
        for part in self.parts:
            if isinstance(part, Leaf) and part.field.path in {CREATED, KEY} and part.operator in _BOUNDING:
                first, last = _between(part)
                low, high = max(low, first), min(high, last)
        return low, high

    def _points(self, part: Node) -> Iterator[Joinable]:
        """Sources of what may fulfil a condition, all of which it must come from; none if no index gives one."""
        if isinstance(part, Words):
            streams = [self._stream(f"{self.where}/{WORDS}", f"{word}{SEPARATOR}") for word in _longest(part)]
            if part.phrase or part.least == len(part.words):
                yield from streams
            else:
                yield AnyOf(streams)
        elif isinstance(part, Either):
            each = [list(self._points(one)) for one in part.nodes]
            if all(each):
                yield AnyOf([found[0] if len(found) == 1 else AllOf(found) for found in each])
        elif isinstance(part, Both):
            for one in part.nodes:
                yield from self._points(one)
        elif part.field.path not in {CREATED, KEY} and (values := part.points()) is not None:
            of_field = _partition(part.field, self.where)
            each_value = [self._stream(of_field, value) for value in values]
            yield each_value[0] if len(each_value) == 1 else AnyOf(each_value)

    def _stream(self, index: str, beginning: str) -> Stream:
        return Stream(index, beginning, self.allowance, self._keys())


def _native(sort: Sequence[Sort], sources: _Sources) -> Plan:
    """The plan that reads in the order that is wanted."""
    joined, stretch = sources.joined(), sources.stretch()
    if not sort and joined is None and stretch is not None:
        # Nobody has asked for another order than that of the stretch.
        return Plan(stretch, VALUES, descending=False)
    if by_key(sort):
        source = joined if joined is not None else sources.everything()
        return Plan(source, KEYS, sort[0].descending if sort else True)
    if len(sort) == 1:
        return Plan(sources.ordered(sort[0].field, turned=sort[0].descending), VALUES, sort[0].descending)
    some = joined if joined is not None else stretch
    return Plan(some if some is not None else sources.everything(), COLLECTED, descending=True)


def _others(native: Plan, sources: _Sources) -> list[Source]:
    """What may be collected and sorted instead, where that is less than the native plan reads."""
    joined, stretch = sources.joined(), sources.stretch()
    found: list[Source] = []
    if joined is not None and native.kind != KEYS:
        found.append(joined)
    if stretch is not None and not (isinstance(native.source, Ordered) and native.source.field == stretch.field):
        found.append(stretch)
    return found


def _is_few(source: Source) -> bool:
    """Whether a source gives few candidates; reading them again costs less than looking for them elsewhere."""
    try:
        return sum(1 for _ in islice(source.candidates(None, descending=True, wanted=FEW + 1), FEW + 1)) <= FEW
    except InvalidQueryError:
        return False


def _between(part: Leaf) -> Bounds:
    """Between which keys a condition on them lies, or on their moment; a key may be made a moment before its row."""
    if part.field.path == KEY:
        # As in the index: longer than any key, and no longer than DynamoDB takes.
        given = [str(encode("reference", value)) for value in part.values]
        return min(given), max(given)
    moments = [datetime.fromisoformat(f"{encode('datetime', value)}+00:00").timestamp() for value in part.values]
    first = "" if part.operator in {"lt", "lte"} else keys.moment(min(moments) - _SLACK)
    last = NOTHING if part.operator in {"gt", "gte"} else keys.moment(max(moments) + _SLACK) + NOTHING
    return first, last


def _partition(field: Field, where: str) -> str:
    return f"{where}/{UPDATED}/m" if field.path == UPDATED else partition(where, field)


def _longest(part: Words) -> list[str]:
    """Words to look up: the longest, which are the rarest; all of them where not all need to be there."""
    words = dict.fromkeys(part.words)
    if part.least < len(part.words) and not part.phrase:
        return list(words)
    return sorted(words, key=len, reverse=True)[:_MOST_STREAMS]
