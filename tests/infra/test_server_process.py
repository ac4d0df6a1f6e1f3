"""`serve` as a process: how signals end it, whatever hangs, and what it says when its port is taken."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.tiny import ask, connected, get, read_answer

PROJECT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
from infra.local.server import serve
from tests.infra.tiny import tiny
serve(tiny(), port=int(sys.argv[1]), ready=lambda url: print(url, flush=True))
print("returned", flush=True)
"""


@contextlib.contextmanager
def served(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE, str(port)]
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_serve_within_three_seconds_whatever_hangs(number: signal.Signals) -> None:
    with served(0) as process:
        url = line_of(process)
        with connected(url) as raw:
            raw.sendall(get("/odd/slow"))
            assert ask(url, get("/odd/1"))[0] == 200
            began = time.monotonic()
            os.kill(process.pid, number)
            code = process.wait(10)
        took = time.monotonic() - began

        assert (code, line_of(process)) == (0, "returned")
        assert took < 3


def test_an_idle_server_stops_at_once() -> None:
    with served(0) as process:
        url = line_of(process)
        with connected(url) as raw:
            raw.sendall(get("/odd/1"))
            read_answer(raw)
            began = time.monotonic()
            process.terminate()
            code = process.wait(10)

        assert code == 0
        assert time.monotonic() - began < 1


def test_a_busy_port_is_one_line_and_exit_code_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, served(other.getsockname()[1]) as process:
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(r"cannot listen on 127\.0\.0\.1:\d+: Address already in use\n", err)
