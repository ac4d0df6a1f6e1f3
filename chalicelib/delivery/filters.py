"""The `where` of a query: a tree of conditions, as requests write it, and as it is asked of documents (flux-apis, C.4).

Pure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.operators import OPERATORS, Leaf, leaf
from chalicelib.models import Schema
from chalicelib.models.fields import Field, hidden
from chalicelib.resources.indexing import UPDATED, single, tokens

MOST_CONDITIONS = 50
MOST_DEPTH = 10
CREATED, KEY = "_sys.created_at", "_sys.key"
SYSTEM: Mapping[str, Field] = {
    CREATED: Field(key="created_at", name="created_at", type="datetime", parent="_sys", searchable=True),
    UPDATED: Field(key="updated_at", name="updated_at", type="datetime", parent="_sys", searchable=True),
    KEY: Field(key="key", name="key", type="reference", parent="_sys", searchable=True),
}
"""What is known of each resource beside its document, as if they were fields."""
Found = Callable[[Field], Sequence[Any]]
"""Gives the values that a resource has in a field."""


@dataclass(frozen=True, slots=True)
class Both:
    """That all of several conditions are fulfilled."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """That one of several conditions is fulfilled, or more."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Words:
    """That texts in some fields have words: so many of them at `least`, or all of them in this order as a `phrase`."""

    words: tuple[str, ...]
    least: int
    phrase: bool
    fields: tuple[Field, ...]

    def fulfils(self, found: Found) -> bool:
        """Whether a resource's texts fulfil it."""
        texts = [list(tokens(value)) for one in self.fields for value in found(one) if isinstance(value, str)]
        if self.phrase:
            return any(_has_phrase(text, self.words) for text in texts)
        there = {word for text in texts for word in text}
        return sum(word in there for word in self.words) >= self.least


Node = Leaf | Both | Either | Words


def fulfils(node: Node, found: Found) -> bool:
    """Whether a resource fulfils a condition."""
    if isinstance(node, Leaf):
        return node.fulfils(found(node.field))
    if isinstance(node, Words):
        return node.fulfils(found)
    some = (fulfils(one, found) for one in node.nodes)
    return all(some) if isinstance(node, Both) else any(some)


def flat(node: Node | None) -> list[Node]:
    """Conditions all of which must be fulfilled."""
    if isinstance(node, Both):
        return [one for inner in node.nodes for one in flat(inner)]
    return [node] if node is not None else []


def searchable(schema: Schema, path: str) -> Field:
    """The field at a path, which may be filtered and sorted by.

    Raises:
        InvalidQueryError: There is none, or it may not.
    """
    field = SYSTEM.get(path) or schema.by_path.get(path)
    if field is None or not field.searchable or hidden(schema.fields, field):
        raise InvalidQueryError(f"{path}: not a searchable field")
    return field


def is_single(schema: Schema, field: Field) -> bool:
    """Whether a resource has one value of a field at most."""
    return field.path in SYSTEM or single(schema, field)


def tree(schema: Schema, given: Any) -> Node | None:
    """The `where` of a search: a tree, which may stand under `$`; None if it is empty.

    Raises:
        InvalidQueryError: It is malformed, names fields that are not searchable, or is too large.
    """
    if isinstance(given, Mapping) and "$" in given:
        if set(given) != {"$"}:
            raise InvalidQueryError("where: joins are not built, so it has no other part than $")
        given = given["$"]
    node = _node(schema, given, 0)
    if sum(1 for _ in _leaves(node)) > MOST_CONDITIONS:
        raise InvalidQueryError(f"where: {MOST_CONDITIONS} conditions at most")
    return node


def condition(schema: Schema, name: str, value: Any) -> Leaf:
    """One condition, by its name: a field, `__`, and an operator; without one, the field is to equal the value.

    Raises:
        InvalidQueryError: The field is not searchable, or does not take this.
    """
    path, parted, operator = name.rpartition("__")
    if not parted or operator not in OPERATORS:
        path, operator = (name, "eq") if "__" not in name else (path, operator)
    field = searchable(schema, path)
    return leaf(field, operator, value, single=is_single(schema, field))


def _node(schema: Schema, given: Any, depth: int) -> Node | None:
    if not isinstance(given, Mapping):
        raise InvalidQueryError("where: an object is expected")
    if depth > MOST_DEPTH:
        raise InvalidQueryError(f"where: {MOST_DEPTH} levels at most")
    found: list[Node] = []
    for name, value in given.items():
        if name in {"all_of", "any_of"}:
            nodes = _several(schema, name, value, depth)
            found.append(Both(nodes) if name == "all_of" else Either(nodes))
        else:
            found.append(condition(schema, name, value))
    if len(found) < 2:  # noqa: PLR2004 - one needs no joining
        return found[0] if found else None
    return Both(tuple(found))


def _several(schema: Schema, name: str, given: Any, depth: int) -> tuple[Node, ...]:
    nodes = [_node(schema, item, depth + 1) for item in given] if isinstance(given, list) else []
    known = tuple(one for one in nodes if one is not None)
    if not known or len(known) < len(nodes):
        # One of none is never fulfilled, and an empty one always: neither is likely to be meant.
        raise InvalidQueryError(f"where: {name} takes a list of conditions")
    return known


def _leaves(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Both | Either):
        for one in node.nodes:
            yield from _leaves(one)
    elif node is not None:
        yield node


def _has_phrase(text: Sequence[str], words: Sequence[str]) -> bool:
    wanted = list(words)
    return any(list(text[at : at + len(wanted)]) == wanted for at in range(len(text) - len(wanted) + 1))
