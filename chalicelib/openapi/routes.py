"""`/openapi.json` and `/docs`: made when they are first asked for, so that no cold start pays for them."""

import json
from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus

from chalicelib.web.http import Call, Reply
from chalicelib.web.routing import Route, Service

_VERBS = ("GET", "HEAD")


class _Views:
    """One method a call."""

    def __init__(self, mounted: Sequence[tuple[Service, Sequence[Route]]], outside: Service, base_url: str) -> None:
        self._mounted = [(service.name, route.method, route.path) for service, routes in mounted for route in routes]
        self._mounted += [(outside.name, verb, path) for path in ("/openapi.json", "/docs") for verb in _VERBS]
        self._base_url = base_url

    @cached_property
    def _described(self) -> bytes:
        from chalicelib.openapi.chapters import CHAPTERS  # noqa: PLC0415 - most processes are never asked
        from chalicelib.openapi.generator import document  # noqa: PLC0415 - see above

        return json.dumps(document(self._mounted, CHAPTERS, self._base_url), separators=(",", ":")).encode()

    def described(self, call: Call) -> Reply:
        return _answer(call, Reply(self._described, headers={"Cache-Control": "no-cache"}))

    def page(self, call: Call) -> Reply:
        from chalicelib.openapi import page  # noqa: PLC0415 - most processes are never asked

        return _answer(call, page.reply())


def _answer(call: Call, reply: Reply) -> Reply:
    """The answer, or its headers alone."""
    if call.method != "HEAD":
        return reply
    headers = {**reply.headers, "Content-Length": str(len(reply.body))}
    return Reply(b"", HTTPStatus.OK, headers, reply.content_type)


def routes(mounted: Sequence[tuple[Service, Sequence[Route]]], outside: Service, base_url: str) -> list[Route]:
    """The routes that describe what is mounted, and themselves; they belong to the service `outside`."""
    views = _Views(mounted, outside, base_url)
    return [
        *(Route(verb, "/openapi.json", views.described) for verb in _VERBS),
        *(Route(verb, "/docs", views.page) for verb in _VERBS),
    ]
