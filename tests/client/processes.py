"""The client as a process of its own: killed, interrupted, and on a terminal of a given width."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.client.faking import KEY, ZELID

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0


def environment(url: str, **more: str) -> dict[str, str]:
    """What the client needs, and nothing that tests elsewhere set."""
    kept = {name: os.environ[name] for name in ("PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    mine = {"FLUXVAULT_URL": url, "FLUXVAULT_ZELID": ZELID, "FLUXVAULT_API_KEY": KEY, "PYTHONPATH": str(ROOT)}
    return {**kept, **mine, "LANG": "C.UTF-8", "TERM": "xterm-256color", **more}


class Process(subprocess.Popen[bytes]):
    """A process that does not outlive a test that failed while it ran."""

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *rest)  # type: ignore[arg-type]  # a star-argument says less than it knows


def start(url: str, cwd: Path, *args: object, **streams: int) -> Process:
    """Start a command; its output is kept unless `streams` say otherwise."""
    made: Process = Process(
        [sys.executable, "-m", "client", *map(str, args)],
        cwd=cwd,
        env=environment(url),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},  # type: ignore[call-overload]
        # Without a terminal of its own it asks on the one that it is given, whoever runs the tests.
        start_new_session=True,
        # In a job that a script started in the background, Ctrl-C is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    return made


def child(code: str, cwd: Path) -> Process:
    """Start a piece of Python that imports the client."""
    return Process([sys.executable, "-c", code], cwd=cwd, env=environment(""))


def until(true: Callable[[], object]) -> None:
    """Wait for something, but not for ever."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def on_terminal(
    url: str, cwd: Path, columns: int, *args: object, typed: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """Run a command on a terminal; gives its exit code and all that was written to the terminal.

    Of `typed`, each text is typed once its prompt was written.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = start(url, cwd, *args, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen, todo, answered = b"", list(typed), 0
    try:
        while piece := os.read(ours, 65_536):
            seen += piece
            if todo and todo[0][0].encode() in seen[answered:]:
                answered = len(seen)
                os.write(ours, todo.pop(0)[1].encode())
    except OSError:
        # Linux's way to say that nobody holds the other end any more.
        pass
    os.close(ours)
    return process.wait(SECONDS), seen.decode()
