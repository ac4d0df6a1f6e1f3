"""Routes of the revisions of a resource, under both names folders have (spec flux-apis, B.7)."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.members import Member, Members
from chalicelib.members.permissions import Action, Need
from chalicelib.members.routes import NO_CONTENT
from chalicelib.models.errors import DataInvalidError
from chalicelib.models.tables import scope
from chalicelib.resources import documents, schemas
from chalicelib.resources.bodies import brought
from chalicelib.resources.publishing import Publishing, Standing
from chalicelib.resources.revisions import Revisions
from chalicelib.resources.service import Resources
from chalicelib.resources.tables import DocumentRow, ResourceRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists
from chalicelib.web.routing import Route


class Domain(NamedTuple):
    """The services of this domain."""

    resources: Resources
    revisions: Revisions
    publishing: Publishing


class _Views:
    """One method a call: let in, look up, read the body, one call, answer. What changed meanwhile is looked up anew."""

    def __init__(self, domain: Domain, members: Members, lists: Lists) -> None:
        self._resources, self._revisions, self._publishing = domain
        self._members = members
        self._lists = lists

    def _standing(self, call: Call, action: Action) -> tuple[Standing, DocumentRow]:
        environment, folder, resource = (call.params[name] for name in ("env", "folder", "resource"))
        wanted = [
            Folders.ref(environment, folder),
            Resources.ref(environment, folder, resource),
            *self._revisions.refs(scope(environment, folder), resource, call.params["revision"]),
        ]
        need = Need("resources", action, folder)
        member, (above, row, revision, document) = self._members.admit(call, environment, need, *wanted)
        standing = Standing(member, Folders.require(above), Resources.require(row), self._revisions.require(revision))
        if document is None:
            # Deleted as it was read.
            raise aws.StaleError
        return standing, document

    def _resource(self, call: Call, action: Action) -> tuple[Member, FolderRow, ResourceRow]:
        environment, folder = call.params["env"], call.params["folder"]
        wanted = Folders.ref(environment, folder), Resources.ref(environment, folder, call.params["resource"])
        need = Need("resources", action, folder)
        member, (above, row) = self._members.admit(call, environment, need, *wanted)
        return member, Folders.require(above), Resources.require(row)

    def every(self, call: Call) -> Reply:
        _, folder, row = self._resource(call, "read")
        binding = f"revisions {row.folder} {row.key}"
        window = self._lists.window(call, binding)
        found = replace(self._revisions.listed(row, window), count=int(row.revisions))
        show = partial(schemas.revision, required=folder.published)
        return as_json(self._lists.page(call, binding, window, found, show))

    @aws.retry_stale
    def create(self, call: Call) -> Reply:
        member, folder, row = self._resource(call, "update")
        document = brought(call).document
        schema, _ = self._resources.judge(member, folder, document)
        made = self._revisions.add(folder, row, schema, document)
        return as_json(schemas.revision(made, folder.published), HTTPStatus.CREATED)

    @aws.retry_stale
    def one(self, call: Call) -> Reply:
        standing, _ = self._standing(call, "read")
        return as_json(schemas.revision(standing.revision, standing.folder.published))

    @aws.retry_stale
    def data(self, call: Call) -> Reply:
        _, document = self._standing(call, "read")
        return as_json(documents.unpack(document.body))

    @aws.retry_stale
    def change(self, call: Call) -> Reply:
        standing, _ = self._standing(call, "update")
        document = brought(call).document
        schema, _ = self._resources.judge(standing.member, standing.folder, document)
        row = self._revisions.change(standing.folder, standing.revision, schema, document)
        return as_json(schemas.revision(row, standing.folder.published))

    @aws.retry_stale
    def delete(self, call: Call) -> Reply:
        standing, _ = self._standing(call, "delete")
        if standing.resource.current == standing.revision.key:
            self._publishing.unpublish(standing)
        self._revisions.delete(standing.resource, standing.revision)
        return NO_CONTENT

    @aws.retry_stale
    def publish(self, call: Call) -> Reply:
        standing, document = self._standing(call, "update")
        row = self._publishing.publish(standing, document)
        return as_json(schemas.revision(row, standing.folder.published))

    @aws.retry_stale
    def unpublish(self, call: Call) -> Reply:
        standing, _ = self._standing(call, "update")
        row = self._publishing.unpublish(standing)
        return as_json(schemas.revision(row, standing.folder.published))

    @aws.retry_stale
    def validate(self, call: Call) -> Reply:
        standing, document = self._standing(call, "read")
        try:
            self._resources.judge(standing.member, standing.folder, documents.unpack(document.body))
        except DataInvalidError as error:
            return as_json({"is_valid": False, "errors": error.facts["errors"]})
        return as_json({"is_valid": True, "errors": []})


def routes(domain: Domain, members: Members, lists: Lists) -> list[Route]:
    """The routes, over three services; `lists` reads and writes pages."""
    views = _Views(domain, members, lists)
    found = []
    for many in ("folders", "collections"):
        base = f"/v1/{{env}}/{many}/{{folder}}/resources/{{resource}}/revisions"
        found += [
            Route("GET", base, views.every),
            Route("POST", base, views.create),
            Route("GET", f"{base}/{{revision}}", views.one),
            Route("PUT", f"{base}/{{revision}}", views.change),
            Route("DELETE", f"{base}/{{revision}}", views.delete),
            Route("GET", f"{base}/{{revision}}/data", views.data),
            Route("POST", f"{base}/{{revision}}/publish", views.publish),
            Route("POST", f"{base}/{{revision}}/unpublish", views.unpublish),
            Route("POST", f"{base}/{{revision}}/validate", views.validate),
        ]
    return found
