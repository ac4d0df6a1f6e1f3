"""Fields of a schema: their tree, the JSON Schema they make, and the values that a document has for them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Kind = Literal[
    "string",
    "text",
    "integer",
    "number",
    "boolean",
    "date",
    "time",
    "datetime",
    "object",
    "array",
    "reference",
    "file",
]

NESTING: Final = frozenset({"object", "array"})
"""Types that have fields in them: one object, or a list of them."""
MOST_STRING: Final = 255
_SAFE: Final = 2**53 - 1
LARGEST: Final = 1.7976931348623157e308
"""Greatest double."""

_BASES: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"type": "string", "maxLength": MOST_STRING},
    "text": {"type": "string"},
    # What a double holds exactly: index rows, and most clients, keep numbers so.
    "integer": {"type": "integer", "minimum": -_SAFE, "maximum": _SAFE},
    "number": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string", "minLength": 1, "maxLength": 100},
    "file": {"type": "string", "format": "cid"},
}
_LENGTHS: Final = {"min_length": "minLength", "max_length": "maxLength", "enum": "enum"}
_BOUNDS: Final = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "enum": "enum",
}
_ITEMS: Final = {"min_items": "minItems", "max_items": "maxItems"}
_KEYWORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": _LENGTHS,
    "text": _LENGTHS,
    "integer": _BOUNDS,
    "number": _BOUNDS,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        key: Name of the property in documents.
        name: What people call it.
        type: What its value is; a `file` is the CID of a file of the drive, a `reference` the key of a resource.
        parent: Path of the object or array it is in; None at the top.
        description: What it is for.
        meta: What values must fulfil, by `min_length`, `maximum`, `enum`...; of a `reference`, its `folder`.
        required: Whether a document must have it.
        nullable: Whether its value may be null.
        multiple: Whether its value is a list.
        searchable: Whether it can be filtered and sorted by.
        private: Whether published APIs leave it out.
    """

    key: str
    name: str
    type: Kind
    parent: str | None = None
    description: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False
    nullable: bool = False
    multiple: bool = False
    searchable: bool = False
    private: bool = False

    @property
    def path(self) -> str:
        """The keys that lead to it, with dots between them."""
        return f"{self.parent}.{self.key}" if self.parent else self.key

    @property
    def listed(self) -> bool:
        """Whether its value is a list."""
        return self.multiple or self.type == "array"

    def stored(self) -> dict[str, Any]:
        """What its version's row keeps of it."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False, {})}


def children(fields: Sequence[Field], parent: str | None) -> list[Field]:
    """The fields directly in one; at the top for None."""
    return [one for one in fields if one.parent == parent]


def hidden(fields: Sequence[Field], one: Field) -> bool:
    """Whether published APIs leave a field out: it is private, or what it is in."""
    return any(above.private and (above.path == one.path or one.path.startswith(f"{above.path}.")) for above in fields)


def unknown_rules(one: Field) -> list[str]:
    """Names in a field's `meta` that mean nothing for its type."""
    known = {*_KEYWORDS.get(one.type, ()), *(_ITEMS if one.listed else ()), *(["folder"] if _refers(one) else ())}
    return sorted(one.meta.keys() - known)


def json_schema(fields: Sequence[Field], parent: str | None = None) -> dict[str, Any]:
    """The JSON Schema (2020-12) of documents with these fields; of those below `parent`, if that is given."""
    found = children(fields, parent)
    return {
        "type": "object",
        "properties": {one.key: _one(fields, one) for one in found},
        "required": [one.key for one in found if one.required],
        "additionalProperties": False,
    }


def values(fields: Sequence[Field], document: Mapping[str, Any]) -> Iterator[tuple[Field, str, Any]]:
    """Each value of a document that is no object: its field, its JSON path, and itself. Nulls are left out."""
    by_place: dict[str | None, list[Field]] = {}
    for one in fields:
        by_place.setdefault(one.parent, []).append(one)
    yield from _values(by_place, None, document, "$")


def _values(
    by_place: Mapping[str | None, Sequence[Field]], parent: str | None, inside: Mapping[str, Any], path: str
) -> Iterator[tuple[Field, str, Any]]:
    for one in by_place.get(parent, ()):
        there = inside.get(one.key)
        for at, value in enumerate(there if isinstance(there, list) else [there]):
            where = f"{path}.{one.key}[{at}]" if isinstance(there, list) else f"{path}.{one.key}"
            if isinstance(value, Mapping):
                yield from _values(by_place, one.path, value, where)
            elif value is not None and one.type not in NESTING:
                yield one, where, value


def _refers(one: Field) -> bool:
    return one.type == "reference"


def _one(fields: Sequence[Field], one: Field) -> dict[str, Any]:
    base = json_schema(fields, one.path) if one.type in NESTING else dict(_BASES[one.type])
    for name, keyword in _KEYWORDS.get(one.type, {}).items():
        if name in one.meta:
            base[keyword] = _stricter(keyword, base.get(keyword), one.meta[name])
    if one.listed:
        base = {"type": "array", "items": base}
        base |= {keyword: one.meta[name] for name, keyword in _ITEMS.items() if name in one.meta}
    if one.nullable:
        base["type"] = [base["type"], "null"]
        # What is no list is refused as a schema.
        if isinstance(base.get("enum"), list):
            base["enum"] = [*base["enum"], None]
    described = {"title": one.name} | ({"description": one.description} if one.description else {})
    return described | base


def _stricter(keyword: str, ours: Any, theirs: Any) -> Any:
    """A rule of a field, which may narrow what its type allows, and never widen it."""
    if ours is None or not isinstance(theirs, int | float):
        return theirs
    return min(ours, theirs) if keyword in {"maxLength", "maximum"} else max(ours, theirs)
