"""Routes as data, mounted on a Chalice app.

Every path is registered for every verb, so that 405 is ours and has `Allow`; a greedy route at the root answers unknown
paths in the envelope of the service nearest to them, instead of API Gateway's bare 403. What a route function raises is
turned into its service's envelope here, so that nothing ever becomes a 502.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from chalice.app import CaseInsensitiveMapping, Chalice, Request, Response

from chalicelib.aws import passes
from chalicelib.web import observe
from chalicelib.web.errors import BusyError, InternalError, MethodNotAllowedError, NotFoundError, Refusal
from chalicelib.web.http import Call, Reply, as_json

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
RETRY_AFTER = 1
"""Seconds after which a caller may try again what the stores could not take."""

_request: ContextVar[Request] = ContextVar("request")


@dataclass(frozen=True, slots=True)
class Service:
    """One of the public faces: where its paths begin, and how its errors look as JSON."""

    name: str
    prefix: str
    envelope: Callable[[Refusal], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One verb on one path pattern, such as `/api/v1/meta/{file_id}`, without a trailing slash."""

    method: str
    path: str
    handle: Callable[[Call], Reply]


def mount(app: Chalice, services: Iterable[tuple[Service, Sequence[Route]]], fallback: Service) -> None:
    """Register all routes of `services` on `app`, and the answer to every path that none of them has."""
    mounted = list(services)
    app.register_middleware(_enter, "http")
    for service, routes in mounted:
        by_path: dict[str, dict[str, Route]] = {}
        for route in routes:
            by_path.setdefault(route.path, {})[route.method] = route
        for path, by_verb in by_path.items():
            _register(app, path, _dispatcher(service, by_verb))
    known = sorted((service for service, _ in mounted), key=lambda s: -len(s.prefix))
    _register(app, "/{unknown+}", _unknown(known, fallback))
    if "/" not in app.routes:
        _register(app, "/", _unknown(known, fallback))


def _register(app: Chalice, path: str, view: Callable[..., Response]) -> None:
    name = path.strip("/").replace("/", "_").replace("{", "").replace("}", "").replace("+", "") or "root"
    # Clients send odd content types, or none with an empty body: the parsers judge bodies, not Chalice.
    app.route(path, methods=list(VERBS), content_types=["*/*"], name=name)(view)


def _enter(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Chalice's http middleware: keeps the request apart per call, since the app object is shared by threads."""
    # Every type is binary to API Gateway, and Chalice then wants an Accept header that says so.
    request.headers = CaseInsensitiveMapping({**dict(request.headers), "accept": "*/*"})
    _request.set(request)
    return get_response(request)


def _dispatcher(service: Service, by_verb: Mapping[str, Route]) -> Callable[..., Response]:
    allow = ", ".join(sorted(by_verb))

    def handle(call: Call) -> Reply:
        route = by_verb.get(call.method)
        if route is None:
            raise MethodNotAllowedError(headers={"Allow": allow})
        return route.handle(call)

    return lambda **_params: _answer(service, handle)


def _unknown(known: Sequence[Service], fallback: Service) -> Callable[..., Response]:
    def refuse(_call: Call) -> Reply:
        raise NotFoundError

    def view(**_params: str) -> Response:
        # Not the path of the context, which on AWS begins with the stage.
        path = "/" + next(iter((_request.get().uri_params or {}).values()), "")
        nearest = next((service for service in known if path.startswith(service.prefix)), fallback)
        return _answer(nearest, refuse)

    return view


def _answer(service: Service, handle: Callable[[Call], Reply]) -> Response:
    call = _call(_request.get())
    with observe.request(service.name, call) as seen:
        try:
            reply = handle(call)
        except Exception as error:  # noqa: BLE001 - the last place that can turn a fault into an answer
            refusal = as_refusal(call, error)
            reply = as_json(service.envelope(refusal), refusal.status, refusal.headers)
            seen.code = refusal.code
        seen.status = reply.status
    headers = {"Content-Type": reply.content_type, **reply.headers, "X-Request-Id": call.request_id}
    return Response(reply.body, headers, reply.status)


def as_refusal(call: Call, error: Exception) -> Refusal:
    """What to tell a caller about an error; a fault of ours is logged, and says nothing of ours."""
    if isinstance(error, Refusal):
        return error
    observe.failure(call, error)
    if passes(error):
        return BusyError(headers={"Retry-After": str(RETRY_AFTER)})
    return InternalError()


def _call(request: Request) -> Call:
    context = request.context
    return Call(
        method=request.method,
        route=request.path,
        path=context.get("path") or request.path,
        # Decoded by API Gateway, and by our own server; not again, or `%2541` would become `A`.
        params=dict(request.uri_params or {}),
        query=dict(request.to_original_event().get("multiValueQueryStringParameters") or {}),
        headers={name.lower(): value for name, value in dict(request.headers).items()},
        body=_body(request),
        source_ip=context.get("identity", {}).get("sourceIp", ""),
        request_id=context.get("requestId") or getattr(request.lambda_context, "aws_request_id", ""),
    )


def _body(request: Request) -> bytes:
    event = request.to_original_event()
    body = event.get("body") or b""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode() if isinstance(body, str) else bytes(body)
