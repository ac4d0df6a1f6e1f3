"""HTTP to events and results to HTTP, as API Gateway does it for a REST API with Lambda proxy integration. No I/O.

Unlike on AWS, a request body goes to the function as bytes, not as base64 text: Chalice takes both, and for a body of
100 MB, which the local server allows, the detour would cost more than the work.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl

from infra.local.matching import Match

MIB = 1 << 20
Headers = list[tuple[str, str]]
Event = dict[str, Any]

STAGE = "local"
# HTTP itself sets these, from the body and the connection.
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BODYLESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused for its size, in bytes; None refuses nothing.

    Attributes:
        cap: Request body that this machine takes at most, whatever AWS would say.
        body: API Gateway's limit for a request body.
        event: Lambda's limit for an event, in which a body is base64 text.
        response: Lambda's limit for a result, in which a body is base64 text.
    """

    cap: int = 1024 * MIB
    body: int | None = None
    event: int | None = None
    response: int | None = None

    @classmethod
    def aws(cls) -> Self:
        """The quotas of API Gateway and Lambda: 10 MB, and 6 MB an event or a result."""
        return cls(body=10 * MIB, event=6 * MIB, response=6 * MIB + 100)

    @property
    def most(self) -> int:
        """Length of the longest body that is read."""
        return self.cap if self.body is None else min(self.cap, self.body)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request.

    Attributes:
        method: Verb, upper case.
        path: As on the wire: percent-encoded, slashes kept, without query.
        query: As on the wire, without `?`.
        headers: In order, names in lower case.
        body: All of it.
        client: The peer's address.
        protocol: Such as `HTTP/1.1`.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    client: str
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer; `headers` have `Content-Length` where HTTP wants it."""

    status: int
    headers: Headers
    body: bytes


class BadResultError(ValueError):
    """What the function returned is no answer; API Gateway calls it a malformed proxy response."""


def to_event(request: HttpRequest, match: Match, request_id: str) -> Event:
    """The event for a request whose path took the route `match`, in the REST proxy format 1.0."""
    headers = _by_name((name, value) for name, value in request.headers)
    query = _by_name(parse_qsl(request.query, keep_blank_values=True))
    return {
        "resource": match.route,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: ",".join(values) for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.params or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": match.route,
            "httpMethod": request.method,
            "path": request.path,
            "stage": STAGE,
            "requestId": request_id,
            "identity": {"sourceIp": request.client},
            "protocol": request.protocol,
        },
        "body": request.body or None,
        "isBase64Encoded": False,
    }


def event_size(event: Event) -> int:
    """Length in bytes that the event has on AWS, where its body is base64 text in JSON."""
    body = event["body"] or b""
    return len(json.dumps({**event, "body": ""})) + (len(body) + 2) // 3 * 4


def from_result(result: Any, method: str) -> HttpAnswer:
    """The answer that a function's result means.

    A HEAD request gets the headers of the result, and `Content-Length` as the function gave it or of the body that is
    left out.

    Raises:
        BadResultError: The result has no status, headers that HTTP cannot carry, or a body that is not what it says.
    """
    if not isinstance(result, Mapping) or not isinstance(result.get("statusCode"), int):
        raise BadResultError("no statusCode")
    status: int = result["statusCode"]
    headers = _result_headers(result)
    body = _result_body(result)
    length = str(len(body))
    if method == "HEAD":
        length = next((value for name, value in headers if name.lower() == "content-length"), length)
        body = b""
    headers = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
    if status in _BODYLESS:
        return HttpAnswer(status, headers, b"")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return HttpAnswer(status, [*headers, ("content-length", length)], body)


def result_size(result: Mapping[str, Any]) -> int:
    """Length in bytes of a result as Lambda returns it."""
    return len(json.dumps(result, ensure_ascii=False).encode())


def message(status: int, **members: str) -> HttpAnswer:
    """A JSON answer of the gateway's own."""
    body = json.dumps(members, separators=(",", ":")).encode()
    return HttpAnswer(status, [("content-type", "application/json"), ("content-length", str(len(body)))], body)


# What API Gateway says when it does not, or cannot, leave the answer to the function.
NO_ROUTE = message(403, message="Missing Authentication Token")
TOO_LONG = message(413, message="Request Too Long")
FAILED = message(502, message="Internal server error")


def too_long(limits: Limits) -> HttpAnswer:
    """The refusal of a body longer than `limits.most`."""
    if limits.body is not None and limits.body <= limits.cap:
        return TOO_LONG
    text = f"The request body is longer than {limits.cap} bytes"
    return message(413, error=text, message=text)


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _result_headers(result: Mapping[str, Any]) -> Headers:
    many = result.get("multiValueHeaders") or {}
    # A name in both means the list, as on AWS.
    listed = {name.lower() for name in many}
    one = {name: [value] for name, value in (result.get("headers") or {}).items() if name.lower() not in listed}
    headers = [(name, str(value).strip()) for name, values in {**one, **many}.items() for value in values]
    for name, value in headers:
        if not _HEADER_NAME.fullmatch(name) or _CONTROL.search(value):
            raise BadResultError(f"header {name!r} cannot be sent")
    return headers


def _result_body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body") or ""
    if isinstance(body, str):
        try:
            return base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
        except ValueError as error:
            raise BadResultError("the body is not base64") from error
    raise BadResultError(f"a body of type {type(body).__name__}")
