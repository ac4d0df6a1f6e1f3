"""Changes of the fields of a version: added, changed, removed, and looked up by path. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.models import schema
from chalicelib.models.errors import FieldExistsError, FieldNotFoundError
from chalicelib.models.fields import NESTING, Field, children, json_schema, unknown_rules
from chalicelib.web.management import issue

MOST_FIELDS = 200
MOST_DEPTH = 5
MODES = ("children", "siblings", "descendants", "ancestors")


def find(fields: Sequence[Field], path: str) -> Field:
    """The field at a path.

    Raises:
        FieldNotFoundError: There is none.
    """
    found = next((one for one in fields if one.path == path), None)
    if found is None:
        raise FieldNotFoundError
    return found


def related(fields: Sequence[Field], path: str | None, mode: str) -> list[Field]:
    """The fields that stand to the one at a path as `mode` says; without a path, those at the top.

    Raises:
        FieldNotFoundError: There is none at the path.
        InvalidDataError: There is no such mode.
    """
    if mode not in MODES:
        raise issue(["mode"], f"one of {', '.join(MODES)}")
    here = find(fields, path) if path else None
    if mode == "children":
        return children(fields, here.path if here is not None else None)
    if mode == "descendants":
        return [one for one in fields if here is None or one.path.startswith(f"{here.path}.")]
    if mode == "siblings":
        return children(fields, here.parent if here is not None else None)
    return [one for one in fields if here is not None and here.path.startswith(f"{one.path}.")]


def add(fields: Sequence[Field], new: Field) -> list[Field]:
    """The fields with one more.

    Raises:
        FieldExistsError: There is one of this key in its place.
        InvalidDataError: Its parent is none, or its type or rules are at odds; or there are too many, or too deep.
    """
    if any(one.path == new.path for one in fields):
        raise FieldExistsError
    if len(fields) == MOST_FIELDS:
        raise issue(["key"], f"a version has {MOST_FIELDS} fields at most")
    above = next((one for one in fields if one.path == new.parent), None)
    if new.parent is not None and (above is None or above.type not in NESTING):
        raise issue(["parent"], "not the path of an object or an array of this version")
    if new.path.count(".") >= MOST_DEPTH:
        raise issue(["parent"], f"fields go {MOST_DEPTH} deep at most")
    found = [*fields, new]
    _require_sound(found, new)
    return found


def change(fields: Sequence[Field], path: str, facts: dict[str, Any]) -> tuple[list[Field], Field]:
    """The fields with one changed, and that one.

    Raises:
        FieldNotFoundError: There is none at the path.
        InvalidDataError: It would be at odds with itself, or with the fields in it.
    """
    old = find(fields, path)
    new = replace(old, **facts)
    if children(fields, path) and new.type not in NESTING:
        raise issue(["type"], "it has fields in it: delete those first")
    found = [new if one is old else one for one in fields]
    _require_sound(found, new)
    return found, new


def remove(fields: Sequence[Field], path: str) -> list[Field]:
    """The fields without one, and without those in it.

    Raises:
        FieldNotFoundError: There is none at the path.
    """
    find(fields, path)
    return [one for one in fields if one.path != path and not one.path.startswith(f"{path}.")]


def _require_sound(fields: Sequence[Field], one: Field) -> None:
    if unknown := unknown_rules(one):
        raise issue(["meta", unknown[0]], f"means nothing for a field of type {one.type}")
    if one.type == "reference" and not isinstance(one.meta.get("folder"), str):
        raise issue(["meta", "folder"], "the key of the folder that is referred to", "missing")
    if one.type == "array" and one.multiple:
        raise issue(["multiple"], "an array is a list already")
    if one.type in NESTING and one.searchable:
        raise issue(["searchable"], "what is in it may be searchable, not itself")
    if problem := schema.fault(json_schema(fields)):
        raise issue(["meta"], problem)
