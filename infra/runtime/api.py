"""The API that Lambda gives a runtime, version 2018-06-01: one for each process, on a port of its own.

The process asks for the next invocation, waits as long as there is none, and says what came of it.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import sys
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "/2018-06-01/runtime"
MOST_RESULT = 6 * 2**20 + 100
"""Longest result of a synchronous invocation, in bytes."""
_TOO_LARGE, _REFUSED = "Function.ResponseSizeTooLarge", "RequestEntityTooLarge"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation.

    Attributes:
        payload: JSON: the function's result, or what Lambda says about its error.
        failed: Whether it is an error.
    """

    payload: bytes
    failed: bool = False

    @classmethod
    def error(cls, kind: str, text: str) -> "Outcome":
        """An error that Lambda finds, not the function."""
        return cls(json.dumps({"errorType": kind, "errorMessage": text}).encode(), failed=True)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event on its way through a function.

    Attributes:
        payload: The event, as JSON.
        arn: Of the function that it is meant for.
        seconds: What the function may take, from when it gets the event.
        request_id: Lambda's id of this invocation.
        outcome: What comes of it.
    """

    payload: bytes
    arn: str
    seconds: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    outcome: Future[Outcome] = field(default_factory=Future)

    def settle(self, outcome: Outcome) -> None:
        """The first one counts."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class RuntimeApi:
    """What one runtime process talks to. It takes one invocation at a time, as on Lambda."""

    def __init__(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._over: Outcome | None = None
        self._lock = threading.Lock()
        self.begun = threading.Event()
        """Set once the process has asked for its first event, or will never do so."""
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether the process will take no more events."""
        return self._over is not None

    @property
    def address(self) -> str:
        """Value of `AWS_LAMBDA_RUNTIME_API`."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def submit(self, invocation: Invocation) -> None:
        """Give the process its next event; what comes of it goes to the invocation."""
        with self._lock:
            if self._over is not None:
                invocation.settle(self._over)
                return
            self._current = invocation
        self._waiting.put(invocation)

    def over(self, why: Outcome) -> None:
        """The process has ended: so does what it was at, and whatever is submitted later."""
        with self._lock:
            self._over = self._over or why
            current, why = self._current, self._over
        if current is not None:
            current.settle(why)
        self.begun.set()

    def close(self) -> None:
        """Listen no more; a process that waits for its next event sees its connection end."""
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> Invocation | None:
        """The next invocation, waited for; None when there will be none."""
        self.begun.set()
        return self._waiting.get()

    def settle(self, request_id: str, outcome: Outcome) -> bool:
        """End the current invocation; gives whether it goes by that id."""
        with self._lock:
            current = self._current
            if current is None or current.request_id != request_id:
                return False
            self._current = None
        current.settle(outcome)
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A thread that waits for an event nobody sends must not hold up the end.
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A process that was killed leaves its connection as it is.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path != f"{VERSION}/invocation/next":
            self._say(404, {"errorMessage": "no such path", "errorType": "NotFound"})
            return
        invocation = self.server.api.take()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + invocation.seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }
        self._send(200, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self._body()
        parts = self.path.removeprefix(VERSION).split("/")
        api = self.server.api
        match parts:
            case ["", "init", "error"]:
                api.over(Outcome(body, failed=True))
                self._say(202, {"status": "OK"})
            case ["", "invocation", request_id, ("response" | "error") as kind]:
                self._settle(request_id, Outcome(body, failed=kind == "error"))
            case _:
                self._say(404, {"errorMessage": "no such path", "errorType": "NotFound"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def _settle(self, request_id: str, outcome: Outcome) -> None:
        api, too_large = self.server.api, len(outcome.payload) > MOST_RESULT and not outcome.failed
        if too_large:
            text = f"Response payload size exceeded maximum allowed payload size ({MOST_RESULT} bytes)."
            outcome = Outcome.error(_TOO_LARGE, text)
        if not api.settle(request_id, outcome):
            self._say(400, {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"})
        elif too_large:
            # The client ends its process over this answer.
            api.over(outcome)
            self._say(413, {"errorMessage": "Exceeded maximum allowed payload size", "errorType": _REFUSED})
        else:
            self._say(202, {"status": "OK"})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            """A trailer."""
        return b"".join(pieces)

    def _say(self, status: int, what: dict[str, str]) -> None:
        self._send(status, json.dumps(what).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
