"""MiniStack as a process of its own, with a memory: `python -m infra.local.ministack --port N --state DIR`.

It listens on one port of 127.0.0.1 and nowhere else. With `--state` it keeps what it holds: saved at every orderly
stop, soon after every change (`saving`), and, for KMS keys, before the request that made or changed one is answered,
since a lost key takes with it all that it encrypts. S3 writes object bodies at once, tables follow later, so after a
kill there may be objects that no table knows; `fsck` is for them.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from infra.local.emulator import StateUnreadableError, environment, load
from infra.local.listening import (
    STOP_SIGNALS,
    AsgiApp,
    Message,
    PortBusyError,
    Receive,
    Scope,
    Send,
    Server,
    base_url,
    bind,
)
from infra.local.saving import KEYS, Saver, parts_changed
from infra.local.snapshots import Snapshots, StateInUseError

HOST = "127.0.0.1"
CONTROL = "/_fluxvault/"
LISTENING = "MiniStack listens on "
# Requests under way are short; with uvicorn's own steps this ends within two seconds, and then comes the last save.
GRACE_SECONDS = 1
PREDECESSOR_SECONDS = 10
PARENT_CHECK_SECONDS = 0.5

_logger = logging.getLogger(__name__)


class Stack:
    """MiniStack's application, watched for changes, with two paths of our own.

    `GET /_fluxvault/health` answers 200, `POST /_fluxvault/save` saves what changed and answers 204.
    """

    def __init__(self, app: AsgiApp, saver: Saver | None) -> None:
        """Watch `app` for `saver`, or just serve it if there is none."""
        self._app = app
        self._saver = saver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the start and end of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif any(name == b"origin" for name, _ in scope["headers"]):
            # MiniStack lets every web page that is open on this machine read all it has.
            await _answer(send, 403, {"message": "Not for web pages"})
        elif scope["path"].startswith(CONTROL):
            await self._control(scope, send)
        else:
            await self._watched(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
        parts = parts_changed(scope["method"], scope["path"], target.decode("latin-1"))
        if self._saver is None or not parts:
            await self._app(scope, receive, send)
        elif parts == {KEYS}:
            await self._saved_first(self._saver, scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                self._saver.changed(parts)

    async def _saved_first(self, saver: Saver, scope: Scope, receive: Receive, send: Send) -> None:
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        try:
            await saver.save({KEYS})
        except OSError as error:
            _logger.exception("A KMS key could not be saved")
            await _answer(send, 500, {"__type": "KMSInternalException", "message": f"The key was not saved: {error}"})
            return
        for message in held:
            await send(message)

    async def _control(self, scope: Scope, send: Send) -> None:
        asked = (scope["method"], scope["path"].removeprefix(CONTROL))
        if asked == ("GET", "health"):
            await _answer(send, 200, {"status": "ok", "saves": self._saver is not None})
        elif asked == ("POST", "save"):
            if self._saver is not None:
                await self._saver.save()
            await _answer(send, 204, None)
        else:
            await _answer(send, 404, {"message": "GET health or POST save"})


async def _answer(send: Send, status: int, content: dict[str, object] | None) -> None:
    body = b"" if content is None else json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers if body else []})
    await send({"type": "http.response.body", "body": body})


async def _stop_with(parent: int, server: Server) -> None:
    """Stop the server when the process `parent` is no longer our parent, however it ended."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells a process that its parent ended
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    server.stop()


async def _serve(server: Server, listener: socket.socket, saver: Saver | None, parent: int | None) -> None:
    beside = [asyncio.create_task(_stop_with(parent, server))] if parent is not None else []
    if saver is not None:
        beside.append(asyncio.create_task(saver.run()))
    try:
        await server.serve(sockets=[listener])
    finally:
        # Nobody who is impatient may cut off the last save.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for task in beside:
            task.cancel()


def run(port: int, state: Path | None, parent: int | None) -> None:
    """Serve until told to stop, then save.

    Args:
        port: 0 for a free one; the address is printed, after `LISTENING`.
        state: Directory to keep everything in, or None to keep nothing.
        parent: Process without which this one shall not go on, or None.

    Raises:
        PortBusyError: Another program has the port.
        StateInUseError: Another process has the directory, and does not end.
        StateUnreadableError: What is saved cannot be read.
    """
    snapshots = Snapshots(state) if state is not None else None
    if snapshots is not None:
        snapshots.lock(PREDECESSOR_SECONDS)
    listener = bind(HOST, port)
    print(f"{LISTENING}{base_url(listener)}", flush=True)
    emulator = load(environment(listener.getsockname()[1], snapshots))
    saver = None
    if snapshots is not None:
        emulator.restore(snapshots.current)
        saver = Saver(emulator.encode, snapshots.write)
    server = Server(Stack(emulator.app, saver), grace=GRACE_SECONDS, lifespan=True)
    try:
        asyncio.run(_serve(server, listener, saver, parent))
    finally:
        if saver is not None:
            saver.save_at_end()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.ministack", description="A local AWS, on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--state", type=Path, help="directory to keep everything in; without it, nothing is kept")
    parser.add_argument("--parent", type=int, help="stop when this process is no longer the parent")
    options = parser.parse_args()
    try:
        run(options.port, options.state, options.parent)
    except (PortBusyError, StateInUseError, StateUnreadableError) as error:
        sys.exit(f"MiniStack: {error}")


if __name__ == "__main__":
    main()
