"""Listening on this machine: what the two local servers share, on uvicorn."""

import contextlib
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from types import FrameType
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_IGNORED_HANGUP = (signal.SIGHUP, signal.SIG_IGN)
# Longer than the 60 s for which botocore and httpx may keep a connection they did not use.
KEEP_ALIVE_SECONDS = 75
HEADER_BYTES = 64 * 1024


class PortBusyError(OSError):
    """Another program listens on the port that was asked for; the message says which."""


def bind(host: str, port: int) -> socket.socket:
    """Listen on `host` and `port` at once, so that a taken port shows before anything slow is done.

    Args:
        host: An IPv4 address of this machine.
        port: 0 lets the kernel pick a free one.

    Raises:
        PortBusyError: The port is taken, or not ours to take.
    """
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PortBusyError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def base_url(listener: socket.socket) -> str:
    """Address of a listening socket, without a trailing slash."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn for one ASGI application; returns when stopped, by signal or by `stop`, instead of raising the signal."""

    def __init__(self, app: AsgiApp, *, grace: int, lifespan: bool, ready: Callable[[], None] | None = None) -> None:
        """Prepare to serve `app`.

        Args:
            app: The ASGI application.
            grace: Seconds that requests under way get when the server stops.
            lifespan: Whether `app` takes ASGI lifespan events.
            ready: Called once connections are being answered.
        """
        self._ready = ready
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="on" if lifespan else "off",
                log_config=None,
                log_level="warning",
                access_log=False,
                # Else `X-Forwarded-For` from this machine would replace the peer's address.
                proxy_headers=False,
                server_header=False,
                date_header=True,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=grace,
                h11_max_incomplete_event_size=HEADER_BYTES,
            )
        )

    def stop(self) -> None:
        """Ask the server to end, from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started and self._ready is not None:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the stop signals while serving, if this is the main thread; they end the server and nothing else."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # `nohup` ignores SIGHUP for us, and means it.
        wanted = [number for number in STOP_SIGNALS if (number, signal.getsignal(number)) != _IGNORED_HANGUP]
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in good order; a second Ctrl-C no longer waits for requests under way."""
        del frame
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
