"""A Redis or Valkey server of a test's own: on a free port, nothing on disk unless asked for, ended by its id.

Tests that need one skip where neither is installed.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import valkey

PROGRAM = shutil.which("valkey-server") or shutil.which("redis-server")
MISSING = "neither valkey-server nor redis-server is on PATH"
_START_SECONDS = 10.0


class RedisServer:
    """One server; `url` is a `CACHE_URL`. It can be killed, started again, and made to hang."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def admin(self) -> Any:
        """A client that waits for as long as it takes, to look at the server from outside."""
        return valkey.Valkey(port=self.port, decode_responses=True)

    def start(self) -> Self:
        """Start it, on the port it had before, and wait until it answers."""
        for _ in range(5):
            self.port = self.port or _free_port()
            if self._started():
                return self
            self.kill()
            # Somebody else took the port meanwhile.
            self.port = 0
        raise RuntimeError("the server does not start")

    def _started(self) -> bool:
        assert PROGRAM is not None, MISSING
        options: dict[str, object] = {"port": self.port, "bind": "127.0.0.1", "dir": self._directory}
        options |= {"save": "", "appendonly": "no", "repl-diskless-sync-delay": 0}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._process = subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                with self.admin() as admin:
                    return int(admin.info("server")["process_id"]) == self._process.pid
            except valkey.ConnectionError:
                time.sleep(0.01)
        return False

    def kill(self) -> None:
        """End it at once, as a machine that loses power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again, first what was asked meanwhile."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
