"""A small HTTP server on 127.0.0.1 that logs what it hears and misbehaves where it is told to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Reply:
    """What goes out; `cut` sends only so many bytes of the body and hangs up, `flip` damages its first byte."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Fault:
    """Something that goes wrong `times` times, where method and path begin with `where`, after `after` calls there.

    With `reply` None the connection is closed without an answer.
    """

    where: str
    reply: Callable[[Request, Callable[[Request], Reply]], Reply | None]
    times: int = 1
    after: int = 0


def hang_up(_request: Request, _answer: Callable[[Request], Reply]) -> None:
    """No answer."""


def instead(status: int, body: Any = None, **headers: str) -> Callable[..., Reply]:
    """Another answer; underscores in the names of headers stand for hyphens."""
    raw = body if isinstance(body, bytes) else json.dumps(body or {"message": f"made up {status}"}).encode()
    return lambda *_: Reply(status, raw, {name.replace("_", "-"): value for name, value in headers.items()})


def cut(length: int) -> Callable[..., Reply]:
    """The right answer, of which only `length` bytes come."""

    def reply(request: Request, answer: Callable[[Request], Reply]) -> Reply:
        right = answer(request)
        right.cut = length
        return right

    return reply


def damaged(request: Request, answer: Callable[[Request], Reply]) -> Reply:
    """The right answer with a wrong byte."""
    right = answer(request)
    right.body = bytes([right.body[0] ^ 1]) + right.body[1:]
    return right


class Serving:
    """Requests go to `answer`, unless a fault comes before; all are logged."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.faults: list[Fault] = []
        self.log: list[Request] = []
        self.url = ""
        self._answer = answer
        self._lock = threading.Lock()

    def heard(self, where: str) -> list[Request]:
        """The requests whose method and path begin with `where`."""
        return [one for one in self.log if f"{one.method} {one.path}".startswith(where)]

    def handle(self, request: Request) -> Reply | None:
        with self._lock:
            self.log.append(request)
            fault = self._fault(f"{request.method} {request.path}")
        return fault.reply(request, self._answer) if fault else self._answer(request)

    def _fault(self, what: str) -> Fault | None:
        for fault in self.faults:
            if what.startswith(fault.where) and fault.times > 0:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    @contextmanager
    def started(self) -> Iterator[None]:
        server = _Server(self)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=lambda: server.serve_forever(0.05), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one(self) -> None:
        request = self._request()
        if request is None:
            self.close_connection = True
            return
        reply = self.server.serving.handle(request)
        self.close_connection = reply is None or reply.cut is not None
        if reply is not None:
            self._send(reply)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = handle_one  # noqa: N815 - as http.server calls them

    def _request(self) -> Request | None:
        """What came in; None if the client hung up before its end."""
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", "0"))
        body = self.rfile.read(length)
        return Request(self.command, url.path, query, headers, body) if len(body) == length else None

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: reply.cut])

    def log_message(self, *_: object) -> None:
        pass
