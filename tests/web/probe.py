"""An app with one route of a service of its own, called with events as API Gateway makes them."""

import base64
import json
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice

from chalicelib.web import routing
from chalicelib.web.http import Call, Reply
from chalicelib.web.routing import Route, Service
from infra.local.function import LambdaContext
from infra.local.gateway import HttpRequest, to_event
from infra.local.matching import RouteMatcher

PROBE = Service("probe", "/probe", lambda refusal: {"wrong": refusal.code})


def probe(handle: Callable[[Call], Reply], path: str = "/probe/{name}/{rest+}") -> Callable[..., dict[str, Any]]:
    """An app with one route, to be called with an event's fields."""
    app = Chalice("fluxvault", configure_logs=False)
    app.api.binary_types = ["*/*"]
    routing.mount(app, [(PROBE, [Route("POST", path, handle)])], fallback=PROBE)
    matcher = RouteMatcher(app.routes)

    def call(url: str = "/probe/a/b", query: str = "", body: bytes = b"", **headers: str) -> dict[str, Any]:
        match = matcher.match(url)
        assert match is not None
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        event = to_event(HttpRequest("POST", url, query, named, body, "203.0.113.9"), match, "request-7")
        result: dict[str, Any] = app({**event, **call.event}, LambdaContext("lambda-7"))  # type: ignore[attr-defined]
        return result

    call.event = {}  # type: ignore[attr-defined]
    return call


def body_of(result: dict[str, Any]) -> Any:
    """The JSON in a result."""
    body = result["body"]
    return json.loads(base64.b64decode(body) if result.get("isBase64Encoded") else body)
