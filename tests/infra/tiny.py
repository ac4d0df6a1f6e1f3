"""A small application that says what reached it, and what it takes to judge it from outside: bytes on a socket."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from chalice import Chalice, Response

from infra.local.server import THREADS

VERBS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

calls: list[str] = []
"""Paths of the calls that reached the application."""
marked: ContextVar[str] = ContextVar("marked", default="fresh")
seen: ContextVar[Any] = ContextVar("seen")
together = threading.Barrier(THREADS)


def tiny() -> Chalice:
    app = Chalice("tiny")
    app.api.binary_types = ["*/*"]
    app.register_middleware(_middleware, "http")
    for route in ("/", "/echo/{name}", "/all/{env}/{rest+}"):
        app.route(route, methods=VERBS, content_types=["*/*"], name=route)(_echo)
    app.route("/odd/{what}", methods=["GET", "HEAD"], name="odd")(_odd)
    return app


def _middleware(request: Any, get_response: Callable[[Any], Any]) -> Any:
    calls.append(request.context["path"])
    request.headers = {**dict(request.headers), "accept": "*/*"}
    seen.set(request)
    return get_response(request)


def _echo(**params: str) -> Response:
    request = seen.get()
    said = {
        "method": request.method,
        "params": request.uri_params,
        "args": params,
        "query": request.to_original_event()["multiValueQueryStringParameters"],
        "path": request.context["path"],
        "route": request.path,
        "ip": request.context["identity"]["sourceIp"],
        "length": len(request.raw_body),
        "body": request.raw_body[:50].hex(),
        "left": request.lambda_context.get_remaining_time_in_millis(),
    }
    return Response(json.dumps(said).encode(), {"Content-Type": "application/json"})


def _odd(what: str) -> Response:
    if what == "exit":
        raise SystemExit(3)
    if what == "variable":
        before = marked.get()
        marked.set("used")
        return Response(before.encode(), {"Content-Type": "text/plain"})
    if what == "together":
        together.wait(10)
    if what == "slow":
        time.sleep(20)
    size = int(what) if what.isdigit() else 0
    return Response(b"x" * size, {"Content-Type": "x/y", "Set-Cookie": ["a=1", "b=2"]})


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as raw:
        yield raw


def read_answer(raw: socket.socket, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """One answer off the wire, to its end and no further, so that anything that should not follow breaks the next."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = raw.recv(1)
        assert byte, f"closed after {data!r}"
        data += byte
    first, *lines = data.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = b""
    while not head and len(body) < int(headers["content-length"]):
        body += raw.recv(int(headers["content-length"]) - len(body))
    return int(first.split()[1]), headers, body


def ask(url: str, request: bytes, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    with connected(url) as raw:
        raw.sendall(request)
        return read_answer(raw, head=head)


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: any", *headers, "", ""]).encode()
