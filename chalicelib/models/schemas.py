"""Shapes of schema versions and fields, as requests and answers (spec flux-apis, B.5 and B.6)."""

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StringConstraints, field_validator

from chalicelib.models.fields import Field, Kind
from chalicelib.models.tables import VersionRow
from chalicelib.web.management import Shape, moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Description = Annotated[str, StringConstraints(max_length=500)]
# No `_` first: those are words of ours; and no `__`, which sets operators apart in filters.
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$")]

# 0 is as false as False is, to a Literal.
NotBuilt = Annotated[Literal[False], BeforeValidator(lambda value: value if isinstance(value, bool) else None)]


class UpdateVersion(Shape):
    """What a draft is called."""

    name: Name | None = None
    description: Description | None = None


class CreateVersion(UpdateVersion):
    """A new draft."""

    name: Name


class UpdateField(Shape):
    """Attributes of a field that may change. Locales and vectors are not built: only their absence can be said."""

    name: Name | None = None
    description: Description | None = None
    type: Kind | None = None
    meta: dict[str, Any] | None = None
    required: bool | None = None
    nullable: bool | None = None
    multiple: bool | None = None
    searchable: bool | None = None
    private: bool | None = None
    localizable: NotBuilt | None = None
    vectorizable: NotBuilt | None = None

    @field_validator("meta")
    @classmethod
    def _shallow(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for name, rule in (value or {}).items():
            listed = rule if name == "enum" and isinstance(rule, list) else [rule]
            if any(isinstance(one, dict | list) for one in listed):
                raise ValueError(f"{name} is a single value, or enum a list of them")
            if any(isinstance(one, float) and not math.isfinite(one) for one in listed):
                raise ValueError(f"{name} is not a finite number")
        return value

    def facts(self) -> dict[str, Any]:
        """The values that are said, by attribute."""
        skipped = {"localizable", "vectorizable", "key", "parent"}
        return {name: value for name, value in self.model_dump(exclude=skipped).items() if value is not None}


class CreateField(UpdateField):
    """A new field; its `key` and its place never change."""

    key: Key
    name: Name | None = None
    type: Kind
    parent: str | None = None

    def field(self) -> Field:
        """What the service takes."""
        return Field(**{"name": self.key, **self.facts()}, key=self.key, parent=self.parent or None)


def version(row: VersionRow, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A version as answers show it."""
    shown = {
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "version_number": int(row.number) if row.number is not None else None,
        "created_at": moment(row.created),
        "published_at": moment(row.published) if row.published is not None else None,
        "archived_at": moment(row.archived) if row.archived is not None else None,
    }
    return shown | ({"json_schema": schema} if schema is not None else {})


def field(one: Field, schema: dict[str, Any]) -> dict[str, Any]:
    """A field as answers show it."""
    return {
        "key": one.key,
        "name": one.name,
        "description": one.description,
        "path": one.path,
        "parent": one.parent,
        "type": one.type,
        "meta": dict(one.meta),
        "required": one.required,
        "nullable": one.nullable,
        "multiple": one.multiple,
        "localizable": False,
        "searchable": one.searchable,
        "private": one.private,
        "vectorizable": False,
        "json_schema": schema,
    }
