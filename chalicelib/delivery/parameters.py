"""Parameters of a folder's routes, as OpenAPI describes them: with the fields that they may name."""

import re
from collections.abc import Sequence
from typing import Any

from chalicelib.delivery import filters
from chalicelib.delivery.operators import OPERATORS
from chalicelib.delivery.queries import MOST_LISTED, MOST_OFFSET, MOST_SORTS
from chalicelib.delivery.tables import Folder
from chalicelib.models.fields import Field

_LARGEST = 999_999_999
"""Nine digits are read."""
_NUMBER = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
_WORDS = {"type": "string"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}


def query(folder: Folder, public: Sequence[Field], names: Sequence[str]) -> list[dict[str, Any]]:
    """Those of a route that takes these names, as introspection tells them.

    Args:
        folder: What it reads.
        public: Its fields that are shown.
        names: What it takes.
    """
    known: dict[str, Any] = {
        "limit": {"schema": _NUMBER, "description": f"Most resources of a page, {MOST_LISTED} whatever is said"},
        "next": {"schema": _WORDS, "description": "Where the page begins: an answer's `next` has it"},
        "previous": {"schema": _WORDS, "description": "Where the page ends: an answer's `previous` has it"},
        "truncate_text": {"schema": _NUMBER, "description": "Most characters of a text"},
        "find_text__query": {"schema": _WORDS, "description": "Words to look for"},
        "find_phrase__query": {"schema": _WORDS, "description": "Words to look for, in this order"},
        "sort": _listed(_sorts(folder, public), "Fields to sort by; a minus turns one round", MOST_SORTS),
        "fields": {"schema": _WORDS, "description": f"Fields to show, with commas between: {_names(public)}"},
        "populate": _listed([one.path for one in public if one.type == "reference"], "References to follow"),
    }
    found = [{"name": name, "in": "query", **known[name]} for name in names if known.get(name)]
    if any(name.startswith("where__") for name in names):
        found.append(_where(folder, public))
    return found


def body(folder: Folder, public: Sequence[Field]) -> dict[str, Any]:
    """The body of a search."""
    sorts = _sorts(folder, public)
    properties = {
        "where": {"type": ["object", "null"], "description": "Conditions `field__operator`, `all_of`, `any_of`"},
        "find_text": {
            "type": "object",
            "properties": {"query": _WORDS, "fields": {"type": "array", "items": _WORDS}, "threshold": _SHARE},
        },
        "find_phrase": {
            "type": "object",
            "properties": {"query": _WORDS, "fields": {"type": "array", "items": _WORDS}},
        },
        "sort": {"type": "array", "items": {"enum": sorts}, "maxItems": MOST_SORTS},
        "limit": {"type": "integer", "minimum": 1},
        "offset": {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET},
        **({"fields": {"type": "array", "items": _WORDS}} if folder.one else {}),
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _names(public: Sequence[Field]) -> str:
    return ", ".join(one.path for one in public)


def _sorts(folder: Folder, public: Sequence[Field]) -> list[str]:
    known = folder.schema
    single = [one for one in public if one.searchable and known is not None and filters.is_single(known, one)]
    names = [*(one.path for one in single), *sorted(filters.SYSTEM)]
    return [*names, *(f"-{name}" for name in names)]


def _listed(names: Sequence[str], text: str, most: int | None = None) -> dict[str, Any] | None:
    """Names with commas between; nothing if there are none."""
    if not names:
        return None
    schema = {"type": "array", "items": {"enum": list(names)}, **({"maxItems": most} if most else {})}
    return {"schema": schema, "style": "form", "explode": False, "description": text}


def _where(folder: Folder, public: Sequence[Field]) -> dict[str, Any]:
    """Conditions: each is a parameter of its own."""
    names = [*(one.path for one in public if one.searchable), *sorted(filters.SYSTEM)]
    pattern = f"^where__({'|'.join(map(re.escape, names))})__({'|'.join(sorted(OPERATORS))})$"
    schema = {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": {"type": "string"}}
    text = f"Conditions on searchable fields of {folder.row.alias}: `where__field__operator=value`"
    return {"name": "where", "in": "query", "schema": schema, "style": "form", "explode": True, "description": text}
