"""Routes of resources, under both names folders have (spec flux-apis, B.7)."""

from dataclasses import replace
from http import HTTPStatus

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.members import Member, Members
from chalicelib.members.permissions import Action, Need
from chalicelib.members.routes import NO_CONTENT
from chalicelib.resources import schemas
from chalicelib.resources.bodies import Brought, brought, text
from chalicelib.resources.errors import ExternalIdConflictError
from chalicelib.resources.revisions import Revisions
from chalicelib.resources.service import NewResource, Resources
from chalicelib.resources.tables import ResourceRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, issue
from chalicelib.web.routing import Route


class _Views:
    """One method a call: let in, look up, read the body, one call, answer. What changed meanwhile is looked up anew."""

    def __init__(self, resources: Resources, revisions: Revisions, members: Members, lists: Lists) -> None:
        self._resources = resources
        self._revisions = revisions
        self._members = members
        self._lists = lists

    def _folder(self, call: Call, action: Action) -> tuple[Member, FolderRow]:
        environment, folder = call.params["env"], call.params["folder"]
        need, wanted = Need("resources", action, folder), Folders.ref(environment, folder)
        member, (row,) = self._members.admit(call, environment, need, wanted)
        return member, Folders.require(row)

    def _resource(self, call: Call, action: Action) -> tuple[Member, FolderRow, ResourceRow]:
        environment, folder = call.params["env"], call.params["folder"]
        wanted = [
            Folders.ref(environment, folder),
            self._resources.ref(environment, folder, call.params["resource"]),
        ]
        need = Need("resources", action, folder)
        member, (row, resource) = self._members.admit(call, environment, need, *wanted)
        return member, Folders.require(row), self._resources.require(resource)

    def every(self, call: Call) -> Reply:
        _, folder = self._folder(call, "read")
        binding = f"resources {folder.environment} {folder.key}"
        window = self._lists.window(call, binding)
        found = self._resources.listed(folder.environment, folder.key, window)
        found = replace(found, count=int(folder.resources))
        return as_json(self._lists.page(call, binding, window, found, schemas.resource))

    @aws.retry_stale
    def create(self, call: Call) -> Reply:
        member, folder = self._folder(call, "create")
        row = self._resources.create(member, folder, _new(brought(call)))
        return as_json(schemas.resource(row), HTTPStatus.CREATED)

    @aws.retry_stale
    def upsert(self, call: Call) -> Reply:
        member, folder = self._folder(call, "update")
        external_id = text("external_id", call.first("external_id"))
        if external_id is None:
            raise issue(["external_id"], "give the resource's external id", "missing")
        said = brought(call)
        if said.external_id not in {None, external_id}:
            raise issue(["external_id"], "another one than in the query")
        row = self._resources.named(folder, external_id)
        if row is not None:
            return as_json(schemas.resource(self._add(member, folder, row, said)))
        member.require(Need("resources", "create", folder.key))
        try:
            made = self._resources.create(member, folder, replace(_new(said), external_id=external_id))
        except ExternalIdConflictError:
            # Somebody else made it since: this is a revision of it.
            raise aws.StaleError from None
        return as_json(schemas.resource(made), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        return as_json(schemas.resource(self._resource(call, "read")[2]))

    @aws.retry_stale
    def update(self, call: Call) -> Reply:
        return as_json(schemas.resource(self._add(*self._resource(call, "update"), brought(call))))

    def _add(self, member: Member, folder: FolderRow, row: ResourceRow, said: Brought) -> ResourceRow:
        fixed = {"external_id": (said.external_id, row.external_id), "resource_owner": (said.owner, row.owner)}
        for name, (given, kept) in fixed.items():
            if given is not None and given != kept:
                raise issue([name], "it never changes")
        schema, _ = self._resources.judge(member, folder, said.document)
        self._revisions.add(folder, row, schema, said.document, said.name)
        return row

    def delete(self, call: Call) -> Reply:
        member, _, row = self._resource(call, "delete")
        self._resources.delete(member.account.zelid, row.folder, row.key)
        return NO_CONTENT

    def data(self, call: Call) -> Reply:
        return as_json(self._resources.data(self._resource(call, "read")[2]))


def _new(said: Brought) -> NewResource:
    return NewResource(said.document, said.external_id, said.name, said.owner)


def routes(resources: Resources, revisions: Revisions, members: Members, lists: Lists) -> list[Route]:
    """The routes, over two services; `lists` reads and writes pages."""
    views = _Views(resources, revisions, members, lists)
    found = []
    for many in ("folders", "collections"):
        base = f"/v1/{{env}}/{many}/{{folder}}/resources"
        found += [
            Route("GET", base, views.every),
            Route("POST", base, views.create),
            Route("PUT", base, views.upsert),
            Route("GET", f"{base}/{{resource}}", views.one),
            Route("PUT", f"{base}/{{resource}}", views.update),
            Route("DELETE", f"{base}/{{resource}}", views.delete),
            Route("GET", f"{base}/{{resource}}/data", views.data),
        ]
    return found
