"""Routes of APIs and their connections (seed 002); `collections` is a second name for `folders` (flux-apis, B.2)."""

from dataclasses import replace
from http import HTTPStatus

from chalicelib import aws
from chalicelib.apis import schemas
from chalicelib.apis.connections import Connections
from chalicelib.apis.service import Apis
from chalicelib.apis.tables import ApiRow, ConnectionRow
from chalicelib.content import Folders
from chalicelib.members import Member, Members
from chalicelib.members.permissions import Action, Need
from chalicelib.members.routes import NO_CONTENT
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body
from chalicelib.web.routing import Route


class _Views:
    """One method a call: let in, look up, read the body, one call, answer. What changed meanwhile is looked up anew."""

    def __init__(self, apis: Apis, connections: Connections, members: Members, lists: Lists) -> None:
        self._apis = apis
        self._connections = connections
        self._members = members
        self._lists = lists

    def _api(self, call: Call, action: Action) -> tuple[Member, ApiRow]:
        environment, api = call.params["env"], call.params["api"]
        need = Need("flux-apis", action, api)
        member, (row,) = self._members.admit(call, environment, need, self._apis.ref(environment, api))
        return member, self._apis.require(row)

    def _connection(self, call: Call, action: Action) -> tuple[ApiRow, ConnectionRow]:
        environment, api, folder = (call.params[name] for name in ("env", "api", "folder"))
        wanted = self._apis.ref(environment, api), self._connections.ref(api, folder)
        need = Need("flux-apis", action, api)
        _, (row, connection) = self._members.admit(call, environment, need, *wanted)
        return self._apis.require(row), self._connections.require(connection)

    def every(self, call: Call) -> Reply:
        member, _ = self._members.admit(call, call.params["env"], Need("flux-apis", "read"))
        binding = f"apis {member.environment.key}"
        window = self._lists.window(call, binding)
        found = replace(self._apis.listed(member.environment.key, window), count=int(member.environment.apis))
        return as_json(self._lists.page(call, binding, window, found, schemas.api))

    @aws.retry_stale
    def create(self, call: Call) -> Reply:
        member, _ = self._members.admit(call, call.params["env"], Need("flux-apis", "create"))
        row = self._apis.create(member, body(call, schemas.CreateApi).facts())
        return as_json(schemas.api(row), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        return as_json(schemas.api(self._api(call, "read")[1]))

    @aws.retry_stale
    def update(self, call: Call) -> Reply:
        _, row = self._api(call, "update")
        return as_json(schemas.api(self._apis.change(row, body(call, schemas.UpdateApi).facts())))

    @aws.retry_stale
    def delete(self, call: Call) -> Reply:
        self._apis.delete(*self._api(call, "delete"))
        return NO_CONTENT

    def folders(self, call: Call) -> Reply:
        _, row = self._api(call, "read")
        binding = f"connections {row.environment} {row.key}"
        window = self._lists.window(call, binding)
        found = replace(self._connections.listed(row.key, window), count=int(row.connections))
        return as_json(self._lists.page(call, binding, window, found, schemas.connection))

    @aws.retry_stale
    def connect(self, call: Call) -> Reply:
        try:
            shape = body(call, schemas.CreateConnection)
        except Refusal:
            # What is wrong with a body is told only to who is let in.
            self._api(call, "update")
            raise
        environment, api = call.params["env"], call.params["api"]
        wanted = self._apis.ref(environment, api), Folders.ref(environment, shape.folder)
        _, (row, folder) = self._members.admit(call, environment, Need("flux-apis", "update", api), *wanted)
        row, folder = self._apis.require(row), Folders.require(folder)
        made = self._connections.connect(row, folder, shape.allowed_methods or [], shape.descriptions())
        return as_json(schemas.connection(made), HTTPStatus.CREATED)

    def connected(self, call: Call) -> Reply:
        return as_json(schemas.connection(self._connection(call, "read")[1]))

    def change(self, call: Call) -> Reply:
        _, row = self._connection(call, "update")
        shape = body(call, schemas.UpdateConnection)
        return as_json(schemas.connection(self._connections.change(row, shape.methods(), shape.descriptions())))

    @aws.retry_stale
    def disconnect(self, call: Call) -> Reply:
        self._connections.disconnect(*self._connection(call, "update"))
        return NO_CONTENT


def routes(apis: Apis, connections: Connections, members: Members, lists: Lists) -> list[Route]:
    """The routes, over two services; `lists` reads and writes pages."""
    views = _Views(apis, connections, members, lists)
    base = "/v1/{env}/api"
    found = [
        Route("GET", base, views.every),
        Route("POST", base, views.create),
        Route("GET", f"{base}/{{api}}", views.one),
        Route("PUT", f"{base}/{{api}}", views.update),
        Route("DELETE", f"{base}/{{api}}", views.delete),
    ]
    for many in ("folders", "collections"):
        under = f"{base}/{{api}}/{many}"
        found += [
            Route("GET", under, views.folders),
            Route("POST", under, views.connect),
            Route("GET", f"{under}/{{folder}}", views.connected),
            Route("PUT", f"{under}/{{folder}}", views.change),
            Route("DELETE", f"{under}/{{folder}}", views.disconnect),
        ]
    return found
