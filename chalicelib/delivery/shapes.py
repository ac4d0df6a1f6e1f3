"""Shapes of delivery's answers, as they are described (spec flux-apis, C.2 and C.6)."""

from typing import Any, Literal

from pydantic import Field

from chalicelib.web.describing import Given


class Cut(Given):
    """A text that was cut off."""

    field: str
    locale: None
    original_length: int


class System(Given):
    """System fields of a resource."""

    key: str
    created_at: str
    updated_at: str
    folder: str
    truncated: list[Cut] | None = None


class Item(Given):
    """A resource; without `data` where only lists are allowed."""

    system: System = Field(alias="_sys")
    data: dict[str, Any] | None = None


class Page(Given):
    """Part of a list: absolute links to its neighbours, and its entries."""

    limit: int
    next: str | None
    previous: str | None
    results: list[Item]


class File(Given):
    """A file of a resource, and where it is read."""

    hash: str
    name: str
    size: int
    mimetype: str
    url: str
    thumb_url: str | None


class FolderSchema(Given):
    """What the resources of a folder look like, and what may be done with them."""

    json_schema: dict[str, Any]
    searchable_fields: list[str]
    non_searchable_fields: list[str]
    path: str
    actions: list[Literal["get_one", "get_many"]]
    alias: str
    content_type: Literal["document"]
    schema_key: str
    schema_version_key: str | None


class Routes(Given):
    """All routes of an API."""

    api: str
    routes: list[dict[str, Any]]
