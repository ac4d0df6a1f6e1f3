"""Routes of schema versions and fields, under both names folders have (spec flux-apis, B.5 and B.6)."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.members import Members
from chalicelib.members.permissions import Action, Need
from chalicelib.members.routes import NO_CONTENT
from chalicelib.models import schemas, service, trees
from chalicelib.models.fields import Field, json_schema
from chalicelib.models.service import Versions
from chalicelib.models.tables import VersionRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body, issue, part
from chalicelib.web.routing import Route


class _Views:
    """One method a call: let in, look up, read the body, one call, answer."""

    def __init__(self, versions: Versions, members: Members, lists: Lists) -> None:
        self._versions = versions
        self._members = members
        self._lists = lists

    def _folder(self, call: Call, action: Action) -> FolderRow:
        environment, folder = call.params["env"], call.params["folder"]
        wanted = Folders.ref(environment, folder)
        _, (row,) = self._members.admit(call, environment, Need("schemas", action, folder), wanted)
        return Folders.require(row)

    def _version(self, call: Call, action: Action) -> tuple[FolderRow, VersionRow]:
        environment, folder = call.params["env"], call.params["folder"]
        wanted = [
            Folders.ref(environment, folder),
            self._versions.ref(environment, folder, call.params["version"]),
        ]
        _, (row, version) = self._members.admit(call, environment, Need("schemas", action, folder), *wanted)
        return Folders.require(row), self._versions.require(version)

    def every(self, call: Call) -> Reply:
        folder = self._folder(call, "read")
        binding = f"versions {folder.environment} {folder.key}"
        window = self._lists.window(call, binding)
        found = self._versions.listed(folder.environment, folder.key, window)
        found = replace(found, count=int(folder.versions))
        return as_json(self._lists.page(call, binding, window, found, schemas.version))

    def create(self, call: Call) -> Reply:
        folder, shape = self._folder(call, "create"), body(call, schemas.CreateVersion)
        row = self._versions.create(folder, shape.name, shape.description, call.first("copy_from"))
        return as_json(schemas.version(row), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        _, row = self._version(call, "read")
        shown = call.first("include_schema") in {"true", "1"}
        return as_json(schemas.version(row, json_schema(service.fields(row)) if shown else None))

    @aws.retry_stale
    def update(self, call: Call) -> Reply:
        _, row = self._version(call, "update")
        shape = body(call, schemas.UpdateVersion)
        return as_json(schemas.version(self._versions.rename(row, shape.name, shape.description)))

    @aws.retry_stale
    def delete(self, call: Call) -> Reply:
        self._versions.delete(*self._version(call, "delete"))
        return NO_CONTENT

    @aws.retry_stale
    def publish(self, call: Call) -> Reply:
        return as_json(schemas.version(self._versions.publish(*self._version(call, "update"))))

    def fields(self, call: Call) -> Reply:
        _, row = self._version(call, "read")
        path, mode = call.first("path"), call.first("mode") or "children"
        binding = f"fields {row.folder} {row.key} {path or ''} {mode}"
        window = self._lists.window(call, binding)
        every = service.fields(row)
        found = part(trees.related(every, path, mode), window)
        return as_json(self._lists.page(call, binding, window, found, partial(_shown, every)))

    def add(self, call: Call) -> Reply:
        _, row = self._version(call, "update")
        new = body(call, schemas.CreateField).field()
        row = self._versions.reshape(row, lambda fields: trees.add(fields, new))
        return as_json(_shown(service.fields(row), new), HTTPStatus.CREATED)

    def field(self, call: Call) -> Reply:
        _, row = self._version(call, "read")
        every = service.fields(row)
        return as_json(_shown(every, trees.find(every, _path(call))))

    def change(self, call: Call) -> Reply:
        _, row = self._version(call, "update")
        path, facts = _path(call), body(call, schemas.UpdateField).facts()
        row = self._versions.reshape(row, lambda fields: trees.change(fields, path, facts)[0])
        every = service.fields(row)
        return as_json(_shown(every, trees.find(every, path)))

    def remove(self, call: Call) -> Reply:
        _, row = self._version(call, "update")
        path = _path(call)
        self._versions.reshape(row, lambda fields: trees.remove(fields, path))
        return NO_CONTENT


def _shown(every: list[Field], one: Field) -> dict[str, object]:
    return schemas.field(one, json_schema(every, one.parent)["properties"][one.key])


def _path(call: Call) -> str:
    path = call.first("path")
    if not path:
        raise issue(["path"], "give the field's path", "missing")
    return path


def routes(versions: Versions, members: Members, lists: Lists) -> list[Route]:
    """The routes, over one service; `lists` reads and writes pages."""
    views = _Views(versions, members, lists)
    found = []
    for many in ("folders", "collections"):
        base = f"/v1/{{env}}/{many}/{{folder}}/model/versions"
        fields = f"{base}/{{version}}/schema/tree"
        found += [
            Route("GET", base, views.every),
            Route("POST", base, views.create),
            Route("GET", f"{base}/{{version}}", views.one),
            Route("PUT", f"{base}/{{version}}", views.update),
            Route("DELETE", f"{base}/{{version}}", views.delete),
            Route("POST", f"{base}/{{version}}/publish", views.publish),
            Route("GET", fields, views.fields),
            Route("POST", fields, views.add),
            Route("GET", f"{fields}/field", views.field),
            Route("PUT", f"{fields}/field", views.change),
            Route("DELETE", f"{fields}/field", views.remove),
        ]
    return found
