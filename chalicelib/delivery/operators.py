"""Operators of filters: what they take, whether a document's values fulfil them, and which index rows may. Pure.

The rows are candidates: whoever reads them asks `fulfils` of the document itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.models.fields import Field, Kind
from chalicelib.resources.indexing import NOTHING, TEXTS, encode, fold, plain
from chalicelib.resources.tables import SEPARATOR

MOST_VALUES = 100
"""Values of one `in`."""
_END: Final = NOTHING
_SURE: Final = 396
"""Bytes of a text that its index row surely has whole: rows are cut off after the last character that fits."""
_EQUAL: Final = frozenset({"eq", "ne", "in", "exists", "includes", "excludes"})
_ORDERED: Final = frozenset({"gt", "gte", "lt", "lte", "between"})
_TEXTUAL: Final = frozenset(
    {
        "ieq",
        "iin",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
    }
)
OPERATORS: Final = _EQUAL | _ORDERED | _TEXTUAL
_MOMENTS: Final = frozenset({"date", "time", "datetime"})
LISTS: Final = frozenset({"in", "iin", "between"})
"""Operators that take several values."""

Bounds = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition: a field, an operator, and its values, typed as the field is; `exists` has a boolean.

    `single` says whether a document has one value of the field at most.
    """

    field: Field
    operator: str
    values: tuple[Any, ...]
    single: bool = True

    def fulfils(self, found: Sequence[Any]) -> bool:
        """Whether what a document has in the field fulfils it; what an earlier schema let in is passed over."""
        found = [one for one in found if fits(self.field.type, one)]
        if self.operator == "exists":
            return bool(found) is self.values[0]
        if self.operator in {"ne", "excludes"}:
            return not any(_same(self.field.type, one, self.values[0]) for one in found)
        return any(_TESTS[self.operator](self.field.type, one, self.values) for one in found)

    def points(self) -> list[str] | None:
        """Beginnings of index rows, each of which stands for one value; None if it asks for no single values."""
        if self.operator == "exists" and not self.values[0] and self.single:
            # Where there may be several, having none makes no row.
            return [f"{NOTHING}{SEPARATOR}"]
        if self.operator in {"eq", "in", "includes"} or (self.operator in {"ieq", "iin"} and self._folds):
            return sorted({f"{encode(self.field.type, value)}{SEPARATOR}" for value in self.values})
        return None

    def bounds(self) -> Bounds | None:
        """Between what index rows lie that may fulfil it; None if no part of the order does."""
        if self.operator == "exists":
            return ("", NOTHING) if self.values[0] else None
        low, high = (str(encode(self.field.type, value)) for value in (self.values[0], self.values[-1]))
        if self.operator in {"startswith", "istartswith"} and self._folds:
            return low, f"{low}{_END}"
        if self.operator not in _ORDERED:
            return None
        first = "" if self.operator in {"lt", "lte"} else _sure(low)
        return first, NOTHING if self.operator in {"gt", "gte"} else _upto(high)

    @property
    def _folds(self) -> bool:
        # Of others, the order heeds case.
        return self.field.type in TEXTS


def _sure(encoded: str) -> str:
    """The lowest that rows of what is not below a value may be; a longer text's row ends before or after it."""
    return encoded if len(encoded.encode()) <= _SURE else encoded.encode()[:_SURE].decode(errors="ignore")


def _upto(encoded: str) -> str:
    sure = _sure(encoded)
    return f"{encoded}{SEPARATOR}{_END}" if sure == encoded else f"{sure}{_END}"


def fits(kind: Kind, value: Any) -> bool:
    """Whether a document's value is of a field's type: one of an earlier schema may not be."""
    if kind in {"integer", "number"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    return isinstance(value, str) and (kind not in _MOMENTS or encode(kind, value) is not None)


def leaf(field: Field, operator: str, value: Any, *, single: bool = True) -> Leaf:
    """A condition, from a value as a query gives it: JSON, or text that is read as the field's type wants.

    Raises:
        InvalidQueryError: The field does not know the operator, or the value is not of its type.
    """
    if operator not in _known(field):
        raise InvalidQueryError(f"{field.path}: the operator {operator} is not known for this field")
    if operator == "exists":
        return Leaf(field, operator, (_typed("boolean", value, field.path),), single)
    if operator not in LISTS:
        return Leaf(field, operator, (_typed(field.type, value, field.path),), single)
    several = value.split(",") if isinstance(value, str) else value
    if not isinstance(several, list) or not 0 < len(several) <= MOST_VALUES:
        raise InvalidQueryError(f"{field.path}: {operator} takes a list of 1 to {MOST_VALUES} values")
    if operator == "between" and len(several) != 2:  # noqa: PLR2004 - from, to
        raise InvalidQueryError(f"{field.path}: between takes two values")
    return Leaf(field, operator, tuple(_typed(field.type, one, field.path) for one in several), single)


def _known(field: Field) -> frozenset[str]:
    if field.type in TEXTS:
        return OPERATORS
    if field.type in {"boolean", "reference", "file"}:
        return _EQUAL
    return _EQUAL | _ORDERED


def _typed(kind: Kind, value: Any, path: str) -> Any:
    try:
        found = _reader(kind)(value)
    except (ValueError, TypeError, OverflowError):
        found = None
    if found is None or encode(kind, found) is None:
        raise InvalidQueryError(f"{path}: not a value of type {kind}")
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False, "1": True, "0": False}.get(value)


def _number(value: Any) -> float | int | None:
    if isinstance(value, str):
        return float(value) if any(c in value for c in ".eE") else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _reader(kind: Kind) -> Callable[[Any], Any]:
    if kind == "boolean":
        return _boolean
    return _number if kind in {"integer", "number"} else _text


def order(kind: Kind, value: Any) -> Any:
    """What a value is compared by: texts as they are sorted, in their whole length, and times as moments."""
    if kind in TEXTS:
        return plain(fold(value))
    if kind in _MOMENTS:
        return encode(kind, value)
    return value


def _same(kind: Kind, one: Any, other: Any) -> bool:
    return bool(one == other if kind in TEXTS else order(kind, one) == order(kind, other))


_Test = Callable[[Kind, Any, Sequence[Any]], bool]
_TESTS: Final[Mapping[str, _Test]] = {
    "eq": lambda kind, one, values: _same(kind, one, values[0]),
    "includes": lambda kind, one, values: _same(kind, one, values[0]),
    "in": lambda kind, one, values: any(_same(kind, one, value) for value in values),
    "ieq": lambda _, one, values: fold(one) == fold(values[0]),
    "iin": lambda _, one, values: fold(one) in {fold(value) for value in values},
    "gt": lambda kind, one, values: bool(order(kind, one) > order(kind, values[0])),
    "gte": lambda kind, one, values: bool(order(kind, one) >= order(kind, values[0])),
    "lt": lambda kind, one, values: bool(order(kind, one) < order(kind, values[0])),
    "lte": lambda kind, one, values: bool(order(kind, one) <= order(kind, values[0])),
    "between": lambda kind, one, values: bool(order(kind, values[0]) <= order(kind, one) <= order(kind, values[1])),
    "contains": lambda _, one, values: values[0] in one,
    "icontains": lambda _, one, values: fold(values[0]) in fold(one),
    # A letter that a mark follows is another letter, as it is in the index.
    "startswith": lambda _, one, values: one.startswith(values[0]) and fold(one).startswith(fold(values[0])),
    "istartswith": lambda _, one, values: fold(one).startswith(fold(values[0])),
    "endswith": lambda _, one, values: one.endswith(values[0]),
    "iendswith": lambda _, one, values: fold(one).endswith(fold(values[0])),
}
