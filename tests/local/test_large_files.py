"""A file of 300 MiB through the client and back: right, within memory, and whatever is killed meanwhile.

`make bench` does the same with 5 GiB.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import listed, used
from tests.acceptance.running import Running, free_port
from tests.acceptance.unixfs import address
from tests.local.stack import assert_books_balance, drive

SIZE = 300 * 2**20
MOST_MEMORY = 512 * 2**20
WAIT_SECONDS = 120.0

pytestmark = pytest.mark.xdist_group("large files")


@pytest.fixture(scope="module")
def data() -> bytes:
    # One part after another, all different: `randbytes` gives at most 256 MiB.
    dice = random.Random(300)
    return b"".join(dice.randbytes(2**20) for _ in range(SIZE // 2**20))


@pytest.fixture(scope="module")
def source(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def cid(data: bytes) -> str:
    return address(data)


class Client:
    """The command-line client, as the demo account of a running server."""

    def __init__(self, running: Running, home: Path) -> None:
        names = {"FLUXVAULT_URL": "BASE_URL", "FLUXVAULT_ZELID": "ZELID", "FLUXVAULT_API_KEY": "API_KEY_SECRET"}
        own = {"XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
        self._environment = {**running.environment, **own, **{to: running.demo[of] for to, of in names.items()}}

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "client", *arguments, "--json"]
        return subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def run(self, *arguments: str) -> tuple[Any, int]:
        """What it says, which must be a success, and its peak of memory in bytes."""
        process, most = self.start(*arguments), 0
        # Not by `wait4`: its figure begins with what this process takes.
        while process.poll() is None:
            with contextlib.suppress(StopIteration, FileNotFoundError, ProcessLookupError):
                most = max(most, peak(process.pid))
            time.sleep(0.02)
        printed, _ = process.communicate()
        assert process.returncode == 0, printed
        return json.loads(printed), most


def server_pid(running: Running) -> int:
    """The process that serves, below `make`: not the local AWS."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [text.split(maxsplit=1) for text in listing.splitlines()]
    # The port is in the environment alone, and two servers may run: the one that listens on ours.
    listening = {int(pid) for pid, arguments in lines if "infra.local.run" in arguments and "make" not in arguments}
    return next(pid for pid in listening if f"PORT={running.port}\0" in Path(f"/proc/{pid}/environ").read_text() + "\0")


def peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(text for text in status.splitlines() if text.startswith("VmHWM")).split()[1]) * 1024


def test_it_goes_up_and_comes_back_within_memory(source: Path, cid: str, tmp_path: Path) -> None:
    running = Running(tmp_path / "local", more={"EXAMPLE": "none"}).ready()
    try:
        client, again = Client(running, tmp_path), tmp_path / "again.bin"

        put, up = client.run("put", str(source))
        got, down = client.run("get", cid, "-o", str(again))

        assert put["files"][0]["hash"] == got["hash"] == cid
        assert subprocess.run(["cmp", str(source), str(again)], check=False).returncode == 0
        assert max(up, down, peak(server_pid(running))) < MOST_MEMORY
        assert_books_balance(running.local)
    finally:
        running.interrupt()


def test_killed_and_started_again_it_finishes(source: Path, cid: str, tmp_path: Path) -> None:
    port = free_port()
    running = Running(tmp_path / "local", port=port, more={"EXAMPLE": "none"}).ready()
    client = Client(running, tmp_path)
    first = client.start("put", str(source))
    _until(lambda: _reserved(running) > 0)
    time.sleep(0.5)
    first.kill()
    first.communicate()

    second = client.start("put", str(source))
    time.sleep(1.0)
    # The server alone: its AWS notices, saves, and ends in good order.
    os.kill(server_pid(running), signal.SIGKILL)
    second.communicate(timeout=WAIT_SECONDS)
    running.process.wait(WAIT_SECONDS)
    running = Running(tmp_path / "local", port=port, more={"EXAMPLE": "none"}).ready()
    try:
        put, _ = client.run("put", str(source))

        assert put["files"][0]["hash"] == cid
        with drive(running) as caller:
            assert [file["hash"] for file in listed(caller)] == [cid]
            assert used(caller) == SIZE
        assert_books_balance(running.local)
    finally:
        running.interrupt()


def _reserved(running: Running) -> int:
    with drive(running) as caller:
        return used(caller)


def _until(holds: Any) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
