"""A Chalice application over HTTP, the way API Gateway and Lambda serve it.

Chalice's own development server loses chunked bodies, answers HEAD with a body and does not decode path parameters.
Here uvicorn speaks HTTP, `gateway` turns requests into events, and the application is called as Lambda calls it.
"""

import asyncio
import contextlib
import contextvars
import io
import logging
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from infra.local import gateway
from infra.local.function import LambdaContext, WorkerPool
from infra.local.gateway import HttpAnswer, HttpRequest, Limits
from infra.local.listening import PortBusyError, Receive, Scope, Send, Server, base_url, bind
from infra.local.matching import RouteMatcher

THREADS = 32
# With uvicorn's own steps, a stop takes less than three seconds.
GRACE_SECONDS = 2
START_SECONDS = 10
# How long a client may go on sending a body that was refused: one that is cut off at once may never see the refusal.
LINGER_SECONDS = 1.0
CHUNK = 1 << 20

_logger = logging.getLogger(__name__)


class LambdaApp(Protocol):
    """What is served: a Chalice application, or anything that looks like one from outside."""

    @property
    def routes(self) -> Mapping[str, Any]:
        """Route patterns, and by each what answers it."""

    def __call__(self, event: Any, context: Any) -> Any:
        """The result for an event in the REST proxy format."""


class _TooLongError(Exception):
    def __init__(self, *, more_to_come: bool) -> None:
        self.more_to_come = more_to_come


class _ClientGoneError(Exception):
    pass


class Gateway:
    """ASGI application that answers each request with one call of a Lambda application, in a thread."""

    def __init__(self, app: LambdaApp, limits: Limits, pool: WorkerPool) -> None:
        """Serve `app` with threads of `pool`."""
        self._app = app
        self._limits = limits
        self._pool = pool
        self._matcher = RouteMatcher(app.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one whose body does not come to its end gets no answer and reaches nobody."""
        request_id = str(uuid.uuid4())
        try:
            answer = await self._answer(scope, receive, request_id)
        except _ClientGoneError:
            return
        except _TooLongError as error:
            await _refuse(receive if error.more_to_come else None, send, gateway.too_long(self._limits), request_id)
            return
        await _start(send, answer, request_id)
        body = memoryview(answer.body)
        for begin in range(0, max(len(body), 1), CHUNK):
            more = begin + CHUNK < len(body)
            await send({"type": "http.response.body", "body": body[begin : begin + CHUNK], "more_body": more})

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> HttpAnswer:
        match = self._matcher.match(scope["raw_path"].decode("latin-1"))
        if match is None:
            return gateway.NO_ROUTE
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        request = HttpRequest(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=await _read(receive, dict(headers), self._limits.most),
            client=scope["client"][0] if scope["client"] else "",
            protocol=f"HTTP/{scope['http_version']}",
        )
        event = gateway.to_event(request, match, request_id)
        if self._limits.event is not None and gateway.event_size(event) > self._limits.event:
            return gateway.TOO_LONG
        # A fresh context: no call sees variables that another set.
        call = contextvars.Context().run
        return await self._pool.run(lambda: call(self._invoke, event, LambdaContext(request_id)))

    def _invoke(self, event: gateway.Event, context: LambdaContext) -> HttpAnswer:
        try:
            result = self._app(event, context)
            if self._limits.response is not None and gateway.result_size(result) > self._limits.response:
                _logger.error("The result is longer than Lambda's %d bytes", self._limits.response)
                return gateway.FAILED
            return gateway.from_result(result, event["httpMethod"])
        except BaseException:  # Lambda survives whatever a handler raises, `SystemExit` too.
            _logger.exception("%s %s failed", event["httpMethod"], event["resource"])
            return gateway.FAILED


def serve(
    app: LambdaApp,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve `app` until SIGINT or SIGTERM; requests under way get two seconds. To be called in the main thread.

    Args:
        app: A Chalice application.
        host: An IPv4 address of this machine.
        port: 0 picks a free one.
        limits: Sizes that are refused; `Limits.aws()` for those of API Gateway and Lambda.
        ready: Called with the base URL, without a trailing slash, once requests are being answered.

    Raises:
        SystemExit: With one line of text, hence exit code 1, if the port is taken.
    """
    try:
        listener = bind(host, port)
    except PortBusyError as error:
        sys.exit(str(error))
    url = base_url(listener)
    with _server(app, limits, lambda: ready(url) if ready is not None else None) as server:
        server.run(sockets=[listener])


@contextlib.contextmanager
def serving(app: LambdaApp, limits: Limits | None = None) -> Iterator[str]:
    """Serve `app` in a thread, on a free port of 127.0.0.1, and give the base URL."""
    listener = bind("127.0.0.1", 0)
    started = threading.Event()
    with _server(app, limits, started.set) as server:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not started.wait(START_SECONDS):
                raise TimeoutError("the server did not start")
            yield base_url(listener)
        finally:
            server.stop()
            thread.join()


@contextlib.contextmanager
def _server(app: LambdaApp, limits: Limits | None, ready: Callable[[], None]) -> Iterator[Server]:
    pool = WorkerPool(THREADS)
    try:
        yield Server(Gateway(app, limits or Limits(), pool), grace=GRACE_SECONDS, lifespan=False, ready=ready)
    finally:
        pool.close()


async def _read(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    if int(headers.get("content-length", "0")) > most:
        raise _TooLongError(more_to_come="expect" not in headers)
    body = io.BytesIO()
    more = True
    while more:
        received = await receive()
        if received["type"] != "http.request":
            raise _ClientGoneError
        body.write(received.get("body", b""))
        more = received.get("more_body", False)
        if body.tell() > most:
            raise _TooLongError(more_to_come=more)
    return body.getvalue()


async def _refuse(receive: Receive | None, send: Send, answer: HttpAnswer, request_id: str) -> None:
    """Send an answer before the request has ended, read on for a moment, and close the connection."""
    await _start(send, answer, request_id, (b"connection", b"close"))
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    if receive is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body"):
                    pass
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, answer: HttpAnswer, request_id: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    own = (b"x-amzn-requestid", request_id.encode())
    await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, own, *more]})
