"""What an API says of itself as OpenAPI: the routes that its connections allow, with the schemas of its folders.

Private fields are left out, as everywhere in delivery. What was published under an earlier version of a schema is shown
as it is, and parts of it where that is asked for: so values are described, and no rules that documents had to fulfil.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from chalicelib.delivery import errors, introspection, parameters, paths
from chalicelib.delivery.shapes import File, FolderSchema, Item, Page, Routes
from chalicelib.delivery.tables import Folder, Table
from chalicelib.drive.errors import NoThumbnailError
from chalicelib.keys.errors import KeyDisabledError
from chalicelib.members.errors import EnvironmentNotFoundError
from chalicelib.models.fields import NESTING, Field, children, hidden
from chalicelib.resources.errors import ResourceNotFoundError
from chalicelib.web.describing import ManagementError, refused
from chalicelib.web.errors import BusyError, InternalError, RangeNotSatisfiableError, Refusal
from chalicelib.web.management import InvalidDataError, JsonParseError

_ASKED = (EnvironmentNotFoundError, errors.RouteNotFoundError, KeyDisabledError, BusyError, InternalError)
_QUERY = (ResourceNotFoundError, errors.InvalidQueryError, InvalidDataError)
_REFUSALS: Mapping[str, Sequence[type[Refusal]]] = {
    "get_many": _QUERY,
    "search": (*_QUERY, JsonParseError, errors.TooManyJoinsError),
    "get_one": _QUERY,
    "schema": (),
}
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean"}
_FORMATS = {"date": "date", "time": "time", "datetime": "date-time"}
_SHARED = "#/components/schemas/"
_SHAPES = (ManagementError, File, FolderSchema, Item, Page, Routes)


def openapi(table: Table, base_url: str) -> dict[str, Any]:
    """The description of an API, as far as its connections allow what it describes."""
    folders = {f"/{table.api.prefix}/{paths.text(one.template)}/_schema": one for one in table.folders.values()}
    _, shared = TypeAdapter.json_schemas(
        [(one, "validation", TypeAdapter(one)) for one in _SHAPES], ref_template=_SHARED + "{model}"
    )
    schemas = {**shared["$defs"], **{f"{_name(one)}.data": _object(_public(one), None) for one in folders.values()}}
    told: dict[str, Any] = {}
    for route in introspection.router(table)["routes"]:
        folder = folders[route["response_ref"]]
        told.setdefault(route["path_template"], {})[route["method"].lower()] = _route(table, folder, route)
        if route["action"] == "get_one" and any(one.type == "file" for one in _public(folder)):
            told |= dict(_bytes(table, route["path_template"]))
    for path, summary, answer in (
        ("/_router", "Routes of the API", {"$ref": f"{_SHARED}Routes"}),
        ("/_openapi.json", "This description", {"type": "object"}),
    ):
        told[path] = {"get": _operation(table, ("GET", path), summary, _json(answer), ())}
    return {
        "openapi": "3.1.0",
        "info": {"title": table.api.name, "version": "1", "description": table.api.description or ""},
        "servers": [{"url": f"{base_url.rstrip('/')}/flux/{table.environment.key}/{table.api.prefix}"}],
        "paths": told,
        "components": {"schemas": schemas, **_schemes(table)},
    }


def _schemes(table: Table) -> dict[str, Any]:
    if not table.api.auth_required:
        return {}
    said = "`Simple <public_key>:<secret_key>` of a Flux key, or `Secure`"
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}
    return {"securitySchemes": {"flux": scheme}}


def _route(table: Table, folder: Folder, route: Mapping[str, Any]) -> dict[str, Any]:
    action = route["action"]
    answer: dict[str, Any] = {"$ref": f"{_SHARED}FolderSchema"}
    if action != "schema":
        answer = _item(folder)
    if action in {"get_many", "search"}:
        answer = {"allOf": [{"$ref": f"{_SHARED}Page"}, {"properties": {"results": {"items": answer}}}]}
    found = _operation(
        table, (route["method"], route["path_template"]), route["description"], _json(answer), _REFUSALS[action]
    )
    found["parameters"] = [
        *found["parameters"],
        *parameters.query(folder, _public(folder), [one["name"] for one in route["query_params"]]),
    ]
    if action == "search":
        found["requestBody"] = {"required": False, **_json(parameters.body(folder, _public(folder)))}
    return found


def _operation(
    table: Table, at: tuple[str, str], summary: str, content: Mapping[str, Any], refusals: Sequence[type[Refusal]]
) -> dict[str, Any]:
    """One verb at a path."""
    method, path = at
    every: list[type[Refusal]] = [*_ASKED, *refusals]
    if "{" in path:
        every.append(ResourceNotFoundError)
    if table.api.auth_required:
        every += [errors.AuthenticationRequiredError, errors.AccessDeniedError]
    answers = refused(every, {"$ref": f"{_SHARED}ManagementError"}, "error_code")
    answers[200] = {"description": "What was asked for", **content}
    if method == "GET":
        answers[304] = {"description": "Not changed since"}
    return {
        "operationId": re.sub(r"[^A-Za-z0-9]+", "_", f"{method.lower()}{path}").strip("_"),
        "summary": summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in re.findall(r"\{([^}]+)\}", path)
        ],
        "responses": {str(status): answers[status] for status in sorted(answers)},
        "security": [{"flux": []}] if table.api.auth_required else [],
    }


def _bytes(table: Table, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files of resources, and their thumbnails."""
    content: dict[str, Any] = {"content": {"*/*": {}}}
    size = {"name": "size", "in": "query", "schema": {"enum": ["mobile", "web", "webPre"]}}
    kinds: Sequence[tuple[str, str, Sequence[type[Refusal]], list[dict[str, Any]]]] = (
        ("_files", "A file of a resource", (), []),
        ("_thumbs", "A thumbnail of a file", (NoThumbnailError, errors.InvalidQueryError), [size]),
    )
    for word, summary, refusals, more in kinds:
        whole = f"{path}/{word}/{{hash}}"
        found = _operation(table, ("GET", whole), summary, content, (RangeNotSatisfiableError, *refusals))
        found["parameters"] += more
        found["responses"] |= {"206": {"description": "The part that was asked for", **content}}
        found["responses"] |= {"303": {"description": "Where a copy of a large file is read"}}
        yield whole, {"get": found}


def _public(folder: Folder) -> list[Field]:
    every = folder.schema.fields if folder.schema is not None else ()
    return [one for one in every if not hidden(every, one)]


def _name(folder: Folder) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", ".", paths.text(folder.template)).strip(".")


def _item(folder: Folder) -> dict[str, Any]:
    """A resource of a folder: with its document, or without any."""
    data = {"required": ["data"], "properties": {"data": {"$ref": f"{_SHARED}{_name(folder)}.data"}}}
    return {"allOf": [{"$ref": f"{_SHARED}Item"}, data if folder.one else {"properties": {"data": False}}]}


def _object(fields: Sequence[Field], parent: str | None) -> dict[str, Any]:
    properties = {one.key: _value(fields, one) for one in children(fields, parent)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _value(fields: Sequence[Field], one: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": _TYPES.get(one.type, "string")}
    if one.type in NESTING:
        found = _object(fields, one.path)
    elif one.type == "file":
        found = {"anyOf": [{"$ref": f"{_SHARED}File"}, {"type": "null"}]}
    elif one.type == "reference":
        found = {"anyOf": [{"type": "string"}, {"$ref": f"{_SHARED}Item"}]}
    elif one.type in _FORMATS:
        found["format"] = _FORMATS[one.type]
    if one.listed:
        found = {"type": "array", "items": found}
    if one.nullable:
        found = {"anyOf": [found, {"type": "null"}]}
    return {"title": one.name, **({"description": one.description} if one.description else {}), **found}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}
