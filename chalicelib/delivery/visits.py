"""Callers of an API: where their paths lead, and whether they may go there (spec flux-apis, A.4 and C.5).

What tells who calls, which resources stand above, and what is asked for itself, are read together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.delivery.errors import AccessDeniedError, AuthenticationRequiredError, RouteNotFoundError
from chalicelib.delivery.paths import Place
from chalicelib.delivery.tables import Folder, Table
from chalicelib.members import keys
from chalicelib.members.flux import FluxCallers, UnknownCallerError
from chalicelib.models.tables import scope
from chalicelib.resources import PublishedRow
from chalicelib.resources.errors import ResourceNotFoundError
from chalicelib.resources.tables import place
from chalicelib.web.errors import MethodNotAllowedError
from chalicelib.web.http import Call

LIST, SEARCH, SCHEMA, ONE, FILE, THUMB, ROUTER = "list", "search", "schema", "one", "file", "thumb", "router"
OPENAPI = "openapi"
NOTHING = "nothing"
_OWN = {"_router": ROUTER, "_openapi.json": OPENAPI}
_WORDS = {"_search": SEARCH, "_schema": SCHEMA}
_PARTS = {"_files": FILE, "_thumbs": THUMB}
_VERBS = {LIST: ("GET", "HEAD", "POST"), SEARCH: ("POST",), ONE: ("GET", "HEAD", "PUT")}
"""Verbs of what is asked for; GET and HEAD of the rest. POST to a list and PUT to a resource are writes."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path stands for.

    Attributes:
        kind: What is asked for.
        folder: The folder it is in; None for what is the API's own.
        owners: The resources above it: folder and key of each.
        key: The resource's key.
        cid: Address of a file of it.
    """

    kind: str
    folder: Folder | None = None
    owners: tuple[tuple[str, str], ...] = ()
    key: str = ""
    cid: str = ""

    @property
    def writes(self) -> frozenset[str]:
        """Verbs that would write."""
        return frozenset({LIST: {"POST"}, ONE: {"PUT"}}.get(self.kind, ()))

    @property
    def allowed(self) -> tuple[str, ...]:
        """Verbs that the folder's connection lets be used, those that write left out."""
        verbs = tuple(verb for verb in _VERBS.get(self.kind, ("GET", "HEAD")) if verb not in self.writes)
        if self.folder is None:
            return verbs
        many, one = self.folder.many, self.folder.one
        may = {LIST: many, SEARCH: many, SCHEMA: many or one}.get(self.kind, one)
        return verbs if may else ()


def target(table: Table, segments: Sequence[str]) -> Target:
    """What a path below the prefix stands for; `NOTHING` is a kind too, which only those who are let in may be told."""
    if list(segments) in ([word] for word in _OWN):
        return Target(_OWN[segments[0]])
    for found in table.tree.find(tuple(segments)):
        kind = _kind(found)
        if kind is not None:
            cid = found.rest[2] if kind in {FILE, THUMB} else ""
            key = found.rest[0] if kind in {ONE, FILE, THUMB} else ""
            return Target(kind, table.folders[found.folder], found.owners, key, cid)
    return Target(NOTHING)


def _kind(found: Place) -> str | None:
    if not found.rest:
        return LIST
    if len(found.rest) == 1:
        return _WORDS.get(found.rest[0], ONE if not found.rest[0].startswith("_") else None)
    if len(found.rest) == 3 and not found.rest[0].startswith("_"):  # noqa: PLR2004 - key, word, hash
        return _PARTS.get(found.rest[1])
    return None


@dataclass(frozen=True, slots=True)
class Visit:
    """A call of something, not let in yet."""

    call: Call
    table: Table
    target: Target
    callers: FluxCallers

    @property
    def place(self) -> str:
        """Where what is asked for is published."""
        if self.target.folder is None:
            raise ValueError("the API itself is not published anywhere")
        strict = self.target.folder.row.strict and self.target.owners
        return place(self.target.folder.scope, keys.plausible(self.target.owners[-1][1]) if strict else None)

    def admit(self, *wanted: aws.Ref) -> list[Any]:
        """Let the caller in, and read what is asked for along. One call, none if there is nothing to read.

        Raises:
            AuthenticationRequiredError: The API wants a Flux key, or this would write; and there is no valid one.
            AccessDeniedError: The key may not read the API.
            RouteNotFoundError: The path stands for nothing.
            MethodNotAllowedError: The connection does not allow this.
            ResourceNotFoundError: A resource above is not published there.
        """
        guarded = self.table.api.auth_required or self.call.method in self.target.writes
        try:
            presented = self.callers.present(self.call) if guarded else None
        except UnknownCallerError as error:
            raise AuthenticationRequiredError(str(error)) from None
        if guarded and presented is None:
            raise AuthenticationRequiredError
        environment = self.table.environment.key
        who, above = self.callers.refs(environment, presented), self._above()
        rows = aws.batch_get(*who, *above, *wanted) if who or above or wanted else []
        if presented is not None:
            try:
                reader = self.callers.judge(environment, presented, who, rows[: len(who)])
            except UnknownCallerError as error:
                raise AuthenticationRequiredError(str(error)) from None
            if not reader.may_read(self.table.api.key):
                raise AccessDeniedError
        if self.target.kind == NOTHING:
            raise RouteNotFoundError
        if self.call.method not in (*self.target.allowed, *self.target.writes):
            raise MethodNotAllowedError(headers={"Allow": ", ".join(self.target.allowed)})
        owners = rows[len(who) : len(who) + len(above)]
        if any(row is None for row in owners):
            raise ResourceNotFoundError
        return rows[len(who) + len(above) :]

    def _above(self) -> list[aws.Ref]:
        """The resources above: each must be published, and belong to the one before it."""
        found = []
        last: str | None = None
        for folder, key in self.target.owners:
            where = scope(self.table.environment.key, folder)
            last, above = keys.plausible(key), last
            found.append(aws.Ref(PublishedRow, place(where, above), last))
        return found
