"""Queries: what a list or a search asks for, as its parameters and its body say (spec flux-apis, C.3 and C.4).

Whatever is unknown, not built, or not allowed where content is hidden is refused, never passed over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from chalicelib.delivery import filters
from chalicelib.delivery.errors import InvalidQueryError, TooManyJoinsError
from chalicelib.delivery.filters import Both, Node, Words
from chalicelib.models import Schema
from chalicelib.models.fields import Field, hidden
from chalicelib.resources.indexing import TEXTS, tokens
from chalicelib.web.http import Call
from chalicelib.web.management import JsonParseError, issue

MOST_LISTED = 100
MOST_OFFSET = 10_000
MOST_QUERY = 1_000
"""Characters of a text that is searched for; the rest is cut off (spec flux-apis, C.4)."""
MOST_WORDS = 50
MOST_SORTS = 5
_CONTENT = frozenset({"populate", "fields", "truncate_text"})
_TEXT_PARTS = ("find_text__query", "find_text__fields", "find_text__threshold")
_PHRASE_PARTS = ("find_phrase__query", "find_phrase__fields")
_PAGING = frozenset({"limit", "next", "previous", "sort", *_CONTENT})
_BODY = frozenset({"where", "find_text", "find_phrase", "sort", "limit", "offset", "fields", "join", "search_mode"})
_MOST_JOINS = 3


@dataclass(frozen=True, slots=True)
class Sort:
    """One field to sort by."""

    field: Field
    descending: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of each resource: all but what says otherwise."""

    populate: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    truncate: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; `token` is a cursor as it was given, that leads on, or `backwards`."""

    where: Node | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = MOST_LISTED
    offset: int = 0
    token: str | None = None
    backwards: bool = False
    shown: Shown = Shown()


def listing(call: Call, schema: Schema, *, content: bool) -> Query:
    """The query of a list; `content` says whether its resources show any.

    Raises:
        InvalidQueryError: A parameter is unknown or malformed, or asks for content where there is none.
    """
    known = {*_PAGING, *_TEXT_PARTS, *_PHRASE_PARTS}
    for name in call.query:
        if name not in known and not name.startswith("where__"):
            raise InvalidQueryError(f"{name}: unknown parameter")
    nodes: list[Node] = [
        # Given more than once, it is a list, which not every operator takes.
        filters.condition(schema, name.removeprefix("where__"), given[0] if len(given) == 1 else list(given))
        for name, given in call.query.items()
        if name.startswith("where__")
    ]
    if len(nodes) > filters.MOST_CONDITIONS:
        raise InvalidQueryError(f"where: {filters.MOST_CONDITIONS} conditions at most")
    said = {"find_text": _words_of(call, _TEXT_PARTS), "find_phrase": _words_of(call, _PHRASE_PARTS)}
    return _query(call, schema, nodes, said, content=content)


def _words_of(call: Call, parts: Sequence[str]) -> dict[str, Any] | None:
    """What parameters say of words, as a body would say it; None if they say nothing."""
    found: dict[str, Any] = {}
    for part in parts:
        name = part.partition("__")[2]
        if part in call.query:
            found[name] = _listed(call, part) if name == "fields" else _single(call, part)
    return found or None


def search(call: Call, schema: Schema, *, content: bool) -> Query:
    """The query of a search: its body, and its paging parameters.

    Raises:
        JsonParseError: The body is not JSON.
        InvalidQueryError: It says what is unknown, malformed or not built, or asks for content where there is none.
        TooManyJoinsError: It asks for more than three joins.
    """
    try:
        body = from_json(call.body or b"{}", allow_inf_nan=False)
    except ValueError:
        raise JsonParseError from None
    if not isinstance(body, Mapping):
        raise InvalidQueryError("an object is expected")
    _refuse_unbuilt(body)
    for name in call.query:
        if name not in _PAGING:
            raise InvalidQueryError(f"{name}: unknown parameter")
    node = filters.tree(schema, body["where"]) if body.get("where") is not None else None
    return _query(call, schema, [node] if node is not None else [], body, content=content)


def showing(call: Call) -> Shown:
    """What a call for one resource wants to be shown.

    Raises:
        InvalidQueryError: A parameter is unknown or malformed.
    """
    for name in call.query:
        if name not in _CONTENT:
            raise InvalidQueryError(f"{name}: unknown parameter")
    return _shown(call, {}, content=True)


def _refuse_unbuilt(body: Mapping[str, Any]) -> None:
    joins = body.get("join")
    if isinstance(joins, Mapping | list) and len(joins) > _MOST_JOINS:
        raise TooManyJoinsError
    if joins:
        raise InvalidQueryError("join: joins are not built")
    if body.get("search_mode") not in (None, "text"):
        raise InvalidQueryError("search_mode: only text is built, no vectors")
    for name in body:
        if name not in _BODY:
            built = "vectors are not built" if name.startswith(("vector_", "hybrid_")) else "unknown"
            raise InvalidQueryError(f"{name}: {built}")


def _query(call: Call, schema: Schema, nodes: list[Node], said: Mapping[str, Any], *, content: bool) -> Query:
    forward, backward = (_single(call, name) if name in call.query else None for name in ("next", "previous"))
    if forward is not None and backward is not None:
        raise InvalidQueryError("next and previous do not go together")
    words = _words(schema, said)
    found = [*nodes, words] if words is not None else nodes
    token, offset = forward if forward is not None else backward, _offset(said)
    return Query(
        where=None if not found else found[0] if len(found) == 1 else Both(tuple(found)),
        sort=_sorts(schema, said.get("sort") or _listed(call, "sort")),
        limit=_limit(call, said),
        offset=offset if token is None else 0,
        token=token,
        backwards=backward is not None,
        shown=_shown(call, said, content=content),
    )


def _words(schema: Schema, said: Mapping[str, Any]) -> Words | None:
    text, phrase = said.get("find_text"), said.get("find_phrase")
    if text is not None and phrase is not None:
        raise InvalidQueryError("find_text and find_phrase do not go together")
    if text is None and phrase is None:
        return None
    name, given = ("find_text", text) if text is not None else ("find_phrase", phrase)
    if not isinstance(given, Mapping) or not isinstance(given.get("query"), str) or not given["query"].strip():
        raise InvalidQueryError(f"{name}: a query is expected")
    if unknown := given.keys() - ({"query", "fields", "threshold"} if text is not None else {"query", "fields"}):
        raise InvalidQueryError(f"{name}: {min(unknown)} is unknown")
    words = list(tokens(given["query"][:MOST_QUERY]))[:MOST_WORDS]
    if not words:
        raise InvalidQueryError(f"{name}: no word to look for")
    fields = [filters.searchable(schema, path) for path in _paths(f"{name}.fields", given.get("fields"))]
    if any(one.type not in TEXTS for one in fields):
        raise InvalidQueryError(f"{name}.fields: words are looked for in texts alone")
    every = [one for one in schema.fields if one.searchable and one.type in TEXTS]
    everywhere = [one for one in every if not hidden(schema.fields, one)]
    if phrase is not None:
        return Words(tuple(words), len(words), phrase=True, fields=tuple(fields or everywhere))
    distinct = tuple(dict.fromkeys(words))
    least = max(1, round(_threshold(given.get("threshold")) * len(distinct)))
    return Words(distinct, least, phrase=False, fields=tuple(fields or everywhere))


def _threshold(given: Any) -> float:
    try:
        share = 1.0 if given is None else float(given)
    except (TypeError, ValueError, OverflowError):
        share = -1.0
    if not 0 <= share <= 1:
        raise InvalidQueryError("find_text.threshold: a share of the words, from 0 to 1")
    return share


def _sorts(schema: Schema, given: Any) -> tuple[Sort, ...]:
    found = []
    for name in _paths("sort", given):
        field = filters.searchable(schema, name.removeprefix("-"))
        if not filters.is_single(schema, field):
            raise InvalidQueryError(f"sort: {field.path} has more than one value")
        found.append(Sort(field, name.startswith("-")))
    if len(found) > MOST_SORTS:
        raise InvalidQueryError(f"sort: {MOST_SORTS} fields at most")
    return tuple(found)


def _limit(call: Call, said: Mapping[str, Any]) -> int:
    given = said.get("limit")
    if given is None:
        given = _single(call, "limit") if "limit" in call.query else str(MOST_LISTED)
    return min(_number("limit", given, 1), MOST_LISTED)


def _offset(said: Mapping[str, Any]) -> int:
    given = said.get("offset")
    offset = _number("offset", 0 if given is None else given, 0)
    if offset > MOST_OFFSET:
        raise InvalidQueryError(f"offset: a jump goes to {MOST_OFFSET} at most: follow next")
    return offset


def _number(name: str, given: Any, least: int) -> int:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 9:  # noqa: PLR2004 - digits
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given < least:
        raise InvalidQueryError(f"{name}: a number of {least} or more")
    return given


def _shown(call: Call, said: Mapping[str, Any], *, content: bool) -> Shown:
    named = {name for name in _CONTENT if name in call.query or said.get(name) is not None}
    if named and not content:
        raise InvalidQueryError(f"{min(named)}: resources show no content here")
    populate = tuple(dict.fromkeys(_listed(call, "populate")))
    fields = said.get("fields") or _listed(call, "fields")
    return Shown(populate, tuple(_paths("fields", fields)) or None, _truncation(call))


def _truncation(call: Call) -> int | None:
    if "truncate_text" not in call.query:
        return None
    text = _single(call, "truncate_text")
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 9 and int(text) > 0):  # noqa: PLR2004 - digits
        raise issue(["truncate_text"], "a number of 1 or more")
    return int(text)


def _single(call: Call, name: str) -> str:
    values = call.query[name]
    if len(values) > 1:
        raise InvalidQueryError(f"{name}: given more than once")
    return values[0]


def _listed(call: Call, name: str) -> list[str]:
    return [one for value in call.query.get(name, ()) for one in value.split(",") if one]


def _paths(name: str, given: Any) -> Sequence[str]:
    several = [given] if isinstance(given, str) else given or []
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        raise InvalidQueryError(f"{name}: a list of fields is expected")
    return [one for text in several for one in text.split(",") if one]
