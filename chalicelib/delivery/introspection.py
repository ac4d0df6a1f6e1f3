"""What an API says of itself: its routes, and the schemas of its folders (spec flux-apis, C.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.delivery import paths
from chalicelib.delivery.filters import SYSTEM
from chalicelib.delivery.tables import Folder, Table
from chalicelib.models.fields import Field, hidden, json_schema

DESCRIPTIONS = ("get_one", "get_many", "search", "schema")
"""Whose descriptions a connection has, in this order."""
_DEFAULTS = {
    "get_one": "One resource, by its key",
    "get_many": "A page of resources",
    "search": "A page of the resources that fulfil conditions, or have words",
    "schema": "What the resources look like",
}
_LISTED: Sequence[tuple[str, str, str]] = (
    ("limit", "integer", "most resources of a page, 100 at most"),
    ("next", "string", "cursor of the next page"),
    ("previous", "string", "cursor of the page before"),
    ("sort", "string", "fields to sort by, with commas between; a minus turns one round"),
    ("where__{field}__{operator}", "string", "a condition on a searchable field"),
    ("find_text__query", "string", "words to look for"),
    ("find_phrase__query", "string", "words to look for, in this order"),
)
_SHOWN: Sequence[tuple[str, str, str]] = (
    ("populate", "string", "references to follow, with commas between"),
    ("fields", "string", "fields to show, with commas between"),
    ("truncate_text", "integer", "most characters of a text"),
)
_FILE: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "hash": {"type": "string", "format": "cid"},
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 0},
        "mimetype": {"type": "string"},
        "url": {"type": "string", "format": "uri"},
        "thumb_url": {"type": ["string", "null"], "format": "uri"},
    },
    "required": ["hash", "name", "size", "mimetype", "url", "thumb_url"],
    "additionalProperties": False,
}
_SEARCHED = ("where", "find_text", "find_phrase", "sort", "limit", "offset", "fields")


def router(table: Table) -> dict[str, Any]:
    """All routes of an API, as far as its connections allow them."""
    folders = sorted(table.folders.values(), key=lambda one: paths.text(one.template))
    return {"api": table.api.prefix, "routes": [route for one in folders for route in _routes(table, one)]}


@dataclass(frozen=True, slots=True)
class _Action:
    """Something that may be done with a folder, with the parameters it takes."""

    name: str
    method: str
    way: str
    parameters: Sequence[tuple[str, str, str]] = ()
    body: Mapping[str, Any] | None = None


def _routes(table: Table, folder: Folder) -> list[dict[str, Any]]:
    way = paths.text(folder.template)
    shown = _SHOWN if folder.one else ()
    found = []
    if folder.many:
        body = {"content_type": "application/json", "required": False, "fields": list(_SEARCHED)}
        paging = [one for one in _LISTED if one[0] in {"limit", "next", "previous", "sort"}]
        found.append(_Action("get_many", "GET", way, (*_LISTED, *shown)))
        found.append(_Action("search", "POST", f"{way}/_search", (*paging, *shown), body))
    if folder.one:
        found.append(_Action("get_one", "GET", f"{way}/{{resource_key}}", shown))
    if folder.many or folder.one:
        found.append(_Action("schema", "GET", f"{way}/_schema"))
    return [_route(table, folder, one) for one in found]


def _route(table: Table, folder: Folder, action: _Action) -> dict[str, Any]:
    schema = f"/{table.api.prefix}/{paths.text(folder.template)}/_schema"
    said = folder.connection.descriptions[DESCRIPTIONS.index(action.name)] if folder.connection.descriptions else ""
    return {
        "method": action.method,
        "path": f"/{table.api.prefix}/{action.way}",
        "path_template": f"/{action.way}",
        "action": action.name,
        "scope": {"get_one": "item", "schema": "introspection"}.get(action.name, "collection"),
        "description": said or _DEFAULTS[action.name],
        "response_ref": schema,
        "response_ref_type": "schema",
        "query_params": [
            {"name": name, "type": kind, "required": False, "description": text}
            for name, kind, text in action.parameters
        ],
        "request_body": action.body,
        "response_shape": _shape(action.name, schema, content=folder.one),
    }


def _shape(action: str, schema: str, *, content: bool) -> Mapping[str, Any]:
    if action == "get_one":
        return {"required_fields": ["_sys", "data"], "optional_fields": [], "data_ref": schema}
    if action == "schema":
        required = ["json_schema", "searchable_fields", "non_searchable_fields", "path", "actions"]
        return {"required_fields": required, "optional_fields": ["alias", "content_type"]}
    shape = {"required_fields": ["limit", "next", "previous", "results"], "optional_fields": []}
    return shape | ({"results_item_ref": schema} if content else {})


def schema(table: Table, folder: Folder) -> dict[str, Any]:
    """What the resources of a folder look like, without its private fields."""
    fields = folder.schema.fields if folder.schema is not None else ()
    public = [one for one in fields if not hidden(fields, one)]
    return {
        "json_schema": _delivered(json_schema(public)),
        "searchable_fields": [*(one.path for one in public if one.searchable), *sorted(SYSTEM)],
        "non_searchable_fields": [one.path for one in public if not one.searchable and _is_leaf(one)],
        "path": f"/{table.api.prefix}/{paths.text(folder.template)}",
        "actions": list(folder.connection.methods),
        "alias": folder.row.alias,
        "content_type": "document",
        "schema_key": folder.row.key,
        "schema_version_key": folder.schema.version if folder.schema is not None else None,
    }


def _delivered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of documents as they are shown: a file, which documents name by its hash, is told of."""
    if schema.get("format") == "cid":
        nullable = {"type": ["object", "null"]} if isinstance(schema["type"], list) else {}
        return {**_FILE, **nullable, **{name: schema[name] for name in ("title", "description") if name in schema}}
    found = dict(schema)
    if "items" in found:
        found["items"] = _delivered(found["items"])
    if "properties" in found:
        found["properties"] = {key: _delivered(one) for key, one in found["properties"].items()}
    return found


def _is_leaf(one: Field) -> bool:
    return one.type not in {"object", "array"}
