"""`make run` as a subprocess, the way a terminal starts and ends it. Knows nothing of the product but its documents."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 40.0
# What a shell has anyway; settings of the product and of AWS in the caller's environment must not change a run.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
STOPPED = (0, 130, -signal.SIGINT)
"""Exit codes after Ctrl-C: of its own accord, by a shell's convention, and as `make` ends."""


def environment(local: Path, **more: str) -> dict[str, str]:
    """A clean environment in which commands of the repository work on the state in `local`."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LOCAL_DIR": str(local), **more}


def free_port() -> int:
    """A port that nobody listened on a moment ago, outside the range that the kernel hands out itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def values(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file."""
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def descendants(pid: int) -> list[int]:
    """Processes that `pid` started, and that those started, whatever group or session they are in."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listing.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, todo = [], [pid]
    while todo:
        todo += (new := children.get(todo.pop(), []))
        found += new
    return found


def is_running(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


class Running:
    """One `make run`, in a process group of its own, as a shell would start it."""

    def __init__(
        self,
        local: Path,
        *,
        port: int | None = None,
        command: Sequence[str] = ("make", "run"),
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, and wait for nothing.

        Args:
            local: Where it keeps its state; made if missing.
            port: Where it listens; a free one if None.
            command: What to start in the repository.
            more: Further environment variables.
        """
        self.local = local
        self.port = port or free_port()
        self.environment = environment(local, PORT=str(self.port), **(more or {}))
        local.mkdir(parents=True, exist_ok=True)
        self._printed = local.with_name(f"{local.name}.{self.port}.printed")
        with self._printed.open("wb") as printed:
            self.process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
                # In a job that a script started in the background, Ctrl-C is ignored, and children inherit that.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
            )

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        """All that it has printed."""
        return self._printed.read_text()

    @property
    def demo(self) -> dict[str, str]:
        """What it wrote for scripts: BASE_URL, ZELID and API_KEY_SECRET."""
        return values(self.local / "demo.env")

    def ready(self) -> Self:
        """Wait until it answers, and has said so."""
        until = time.monotonic() + START_SECONDS
        while not (self._answers() and "A first session" in self.printed):
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError(f"it did not start:\n{self.printed}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/health", timeout=5) as answer:  # noqa: S310 - http, ours
                return bool(answer.status == 200)
        except OSError:
            return False

    def interrupt(self) -> int:
        """Press Ctrl-C; gives the exit code once nothing that it started is left, or fails."""
        started = descendants(self.process.pid)
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        left = [pid for pid in started if is_running(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"Ctrl-C left {left} running"
        return code

    def kill(self) -> None:
        """End everything at once, as a power cut would."""
        for pid in [*descendants(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(STOP_SECONDS)
