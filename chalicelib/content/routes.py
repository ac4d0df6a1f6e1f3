"""Routes of folders, under both names they have: `folders` and `collections` (spec flux-apis, B.4)."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from chalicelib import aws
from chalicelib.content import schemas
from chalicelib.content.errors import FolderNotFoundError
from chalicelib.content.service import Folders
from chalicelib.content.tables import FolderRow
from chalicelib.members import Member, Members
from chalicelib.members.permissions import ANY, Action, ContentType, Need
from chalicelib.members.routes import NO_CONTENT
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body, issue, part
from chalicelib.web.routing import Route

STRUCTURE: ContentType = "collection-structure"
MODES = ("children", "siblings", "ancestors")


class _Views:
    """One method a call."""

    def __init__(self, folders: Folders, members: Members, lists: Lists) -> None:
        self._folders = folders
        self._members = members
        self._lists = lists

    def tree(self, call: Call) -> Reply:
        environment, key, mode = call.params["env"], call.first("key") or None, call.first("mode") or MODES[0]
        wanted = [aws.Ref(FolderRow, environment, key)] if key else []
        # What is listed is others than the one that is named.
        need = Need(STRUCTURE, "read")
        member, rows = self._members.admit(call, environment, need, *wanted)
        folder = self._folders.require(rows[0]) if key else None
        if mode not in MODES:
            raise issue(["mode"], f"one of {', '.join(MODES)}")
        binding = f"folders {environment} {key or ''} {mode}"
        window = self._lists.window(call, binding)
        if mode == "ancestors":
            found = part(self._ancestors(environment, folder), window)
            return as_json(self._lists.page(call, binding, window, found, schemas.folder))
        parent = key if mode == "children" else (folder.parent if folder is not None else None)
        found = self._folders.children(environment, parent, window)
        count = member.environment.roots if parent is None else self._children(environment, parent, folder)
        return as_json(self._lists.page(call, binding, window, replace(found, count=int(count)), schemas.folder))

    def _children(self, environment: str, parent: str, folder: FolderRow | None) -> int:
        if folder is not None and folder.key == parent:
            return int(folder.children)
        return int(self._folders.get(environment, parent).children)

    @staticmethod
    def _ancestors(environment: str, folder: FolderRow | None) -> Sequence[FolderRow]:
        refs = [aws.Ref(FolderRow, environment, key) for key in folder.ancestors] if folder is not None else []
        return [row for row in aws.batch_get(*refs) if row is not None] if refs else []

    @aws.retry_stale
    def create(self, call: Call) -> Reply:
        member, _ = self._members.admit(call, call.params["env"], Need(STRUCTURE, "create"))
        row = self._folders.create(member, body(call, schemas.CreateFolder).new())
        return as_json(schemas.folder(row), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        return as_json(schemas.folder(self._named(call, "read")))

    def update(self, call: Call) -> Reply:
        row = self._named(call, "update")
        shape = body(call, schemas.UpdateFolder)
        return as_json(schemas.folder(self._folders.change(call.params["env"], row.key, shape.name, shape.alias)))

    def delete(self, call: Call) -> Reply:
        key = call.first("key")
        member, _ = self._members.admit(call, call.params["env"], Need(STRUCTURE, "delete", key or ANY))
        self._folders.delete(member, key or self._by_path(call, member, "delete").key)
        return NO_CONTENT

    def _named(self, call: Call, action: Action) -> FolderRow:
        """The folder that a call names, by `key` or by `path`."""
        environment, key = call.params["env"], call.first("key")
        wanted = [aws.Ref(FolderRow, environment, key)] if key else []
        member, rows = self._members.admit(call, environment, Need(STRUCTURE, action, key or ANY), *wanted)
        return self._folders.require(rows[0]) if key else self._by_path(call, member, action)

    def _by_path(self, call: Call, member: Member, action: Action) -> FolderRow:
        path = call.first("path")
        if not path:
            raise issue(["key"], "give the folder's key or its path", "missing")
        try:
            row = self._folders.by_path(call.params["env"], path)
        except FolderNotFoundError:
            # Whoever may do it to some folders alone is not told which others there are.
            member.require(Need(STRUCTURE, action))
            raise
        member.require(Need(STRUCTURE, action, row.key))
        return row


def routes(folders: Folders, members: Members, lists: Lists) -> list[Route]:
    """The routes, over one service; `lists` reads and writes pages."""
    views = _Views(folders, members, lists)
    return [
        route
        for many, single in (("folders", "folder"), ("collections", "collection"))
        for route in (
            Route("GET", f"/v1/{{env}}/{many}/tree", views.tree),
            Route("POST", f"/v1/{{env}}/{many}/tree", views.create),
            Route("GET", f"/v1/{{env}}/{many}/tree/{single}", views.one),
            Route("PUT", f"/v1/{{env}}/{many}/tree/{single}", views.update),
            Route("DELETE", f"/v1/{{env}}/{many}/tree/{single}", views.delete),
        )
    ]
