"""The one route of delivery: `/flux/{env}/{prefix}/...` (spec flux-apis, C.1). What lies below, `visits` finds out."""

import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.delivery import headers, introspection, queries, visits
from chalicelib.delivery.errors import CollectionNotWritableError, InvalidQueryError, RouteNotFoundError
from chalicelib.delivery.queries import Query
from chalicelib.delivery.service import EMPTY, Delivery
from chalicelib.delivery.visits import Visit
from chalicelib.drive.schemas import copy_answer, disposition, parse_size
from chalicelib.web import cursors
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import envelope
from chalicelib.web.routing import VERBS, Route, Service, as_refusal
from chalicelib.web.serving import Inline, serve

SERVICE = Service("delivery", "/flux", envelope)


class _Views:
    """One method for each kind of thing that a path stands for."""

    def __init__(self, delivery: Delivery, signer: cursors.Signer, base_url: str, max_inline_bytes: int) -> None:
        self._delivery = delivery
        self._signer = signer
        self._base_url = base_url.rstrip("/")
        self._max_inline_bytes = max_inline_bytes
        self._views: Mapping[str, Callable[[Visit], Reply]] = {
            visits.LIST: self.list,
            visits.SEARCH: self.search,
            visits.ONE: self.one,
            visits.SCHEMA: self.schema,
            visits.ROUTER: self.router,
            visits.OPENAPI: self.openapi,
            visits.FILE: self.file,
            visits.THUMB: self.thumb,
            visits.NOTHING: self.nothing,
        }

    def visit(self, call: Call) -> Reply:
        """Answer a call, whatever it is of."""
        prefix, *rest = call.params["proxy"].strip("/").split("/")
        table = self._delivery.tables.get(call.params["env"], prefix)
        if call.method == "OPTIONS":
            return headers.preflight(call, table.api)
        shared = headers.cors(call, table.api)
        try:
            target = visits.target(table, rest)
            visit = Visit(call, table, target, self._delivery.callers)
            reply = self.write(visit) if call.method in target.writes else self._views[target.kind](visit)
        except Exception as error:  # noqa: BLE001 - each fault goes on, as what callers are told of it
            # A page of another origin is told of our own faults too.
            refusal = as_refusal(call, error)
            refusal.headers = headers.joined(shared, refusal.headers)
            raise refusal from None
        return Reply(reply.body, reply.status, headers.joined(shared, reply.headers), reply.content_type)

    @staticmethod
    def nothing(visit: Visit) -> Reply:
        visit.admit()
        raise RouteNotFoundError

    @staticmethod
    def write(visit: Visit) -> Reply:
        visit.admit()
        raise CollectionNotWritableError

    def list(self, visit: Visit) -> Reply:
        visit.admit()
        return self._page(visit, queries.listing)

    def search(self, visit: Visit) -> Reply:
        visit.admit()
        return self._page(visit, queries.search)

    def _page(self, visit: Visit, parse: Callable[..., Query]) -> Reply:
        call, folder = visit.call, visit.target.folder
        schema = (folder.schema if folder is not None else None) or EMPTY
        query = parse(call, schema, content=folder is not None and folder.one)
        binding = _binding(visit)
        position = None
        if query.token is not None:
            refuse = InvalidQueryError("not a cursor of this list")
            position = cursors.decode(self._signer, binding, query.token, lambda: refuse)
        found = self._delivery.find(visit, query, position)

        def at(name: str, where: str | None) -> str | None:
            return self._link(call, name, cursors.encode(self._signer, binding, where)) if where is not None else None

        page = {
            "limit": query.limit,
            "next": at("next", found.next),
            "previous": at("previous", found.previous),
            "results": self._delivery.shown(visit, found.matches, query),
        }
        return headers.cached(call, visit.table.api, as_json(page))

    def _link(self, call: Call, name: str, token: str) -> str:
        # Behind a gateway, both may begin with the stage.
        path = call.path.removeprefix(urlsplit(self._base_url).path)
        kept = [
            (key, value) for key, values in call.query.items() if key not in {"next", "previous"} for value in values
        ]
        return f"{self._base_url}{path}?{urlencode([*kept, (name, token)])}"

    def one(self, visit: Visit) -> Reply:
        # What is wrong with the query is told only to who may ask.
        try:
            shown = queries.showing(visit.call)
        except Refusal:
            visit.admit()
            raise
        return headers.cached(visit.call, visit.table.api, as_json(self._delivery.one(visit, shown)))

    def schema(self, visit: Visit) -> Reply:
        visit.admit()
        if visit.target.folder is None:
            raise RouteNotFoundError
        return headers.cached(
            visit.call, visit.table.api, as_json(introspection.schema(visit.table, visit.target.folder))
        )

    def router(self, visit: Visit) -> Reply:
        visit.admit()
        if not visit.table.api.introspection:
            raise RouteNotFoundError
        return headers.cached(visit.call, visit.table.api, as_json(introspection.router(visit.table)))

    def openapi(self, visit: Visit) -> Reply:
        visit.admit()
        if not visit.table.api.introspection:
            raise RouteNotFoundError
        from chalicelib.delivery import describing  # noqa: PLC0415 - loaded at first use: it costs a cold start

        return headers.cached(visit.call, visit.table.api, as_json(describing.openapi(visit.table, self._base_url)))

    def file(self, visit: Visit) -> Reply:
        file = self._delivery.file(visit)
        shown = disposition(file.name).replace("attachment", "inline", 1)
        extra = {**headers.control(visit.table.api), "Content-Disposition": shown}

        def beyond() -> Reply:
            link = self._delivery.copy(file, shown)
            # The link is the caller's own, and is soon no good.
            kept = {**extra, "Cache-Control": "no-store", "Location": link.url}
            return as_json(copy_answer(link), HTTPStatus.SEE_OTHER, kept)

        inline = Inline(self._max_inline_bytes, beyond) if self._max_inline_bytes else None
        return serve(visit.call, file.content, extra, inline)

    def thumb(self, visit: Visit) -> Reply:
        try:
            size = parse_size(visit.call)
        except Refusal:
            visit.admit()
            raise InvalidQueryError("size: mobile, web or webPre") from None
        return serve(visit.call, self._delivery.thumb(visit, size), headers.control(visit.table.api))


def _binding(visit: Visit) -> str:
    """What a cursor belongs to: an environment's path, and what is asked of it, but for how much at a time."""
    call = visit.call
    asked = sorted((name, value) for name, value in call.query.items() if name not in {"limit", "next", "previous"})
    body: Any = json.loads(call.body) if call.body and call.method == "POST" else {}
    kept = {name: value for name, value in body.items() if name not in {"limit", "offset"}}
    digest = hashlib.sha256(json.dumps([asked, kept], sort_keys=True).encode()).hexdigest()
    return f"flux {visit.place} {visit.table.api.key} {visit.target.kind} {digest}"


def routes(delivery: Delivery, signer: cursors.Signer, base_url: str, max_inline_bytes: int) -> list[Route]:
    """The route, for every verb; `signer` signs cursors, `base_url` begins absolute URLs."""
    views = _Views(delivery, signer, base_url, max_inline_bytes)
    return [Route(verb, "/flux/{env}/{proxy+}", views.visit) for verb in VERBS]
