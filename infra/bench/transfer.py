"""A large file through the client and back, beside `aws s3 cp` of the same file to the same endpoint.

The whole of `make run` serves it, in a process of its own, with its AWS in another one. What is measured of memory is
the peak of the client and of the server; the local AWS holds objects in memory, and is not ours.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from infra.bench.measure import line

GIB = 2**30
SIZE = int(float(os.environ.get("BENCH_TRANSFER_GIB") or 5) * GIB)
ADDRESS = {5 * GIB: "QmPFEywVfA5TNsbHkHSBnrBZGFt6Nj6ZHHnZM8mSWX2JKq"}
"""Addresses of so many zeros, by `ipfs-unixfs-importer`."""
MOST_MEMORY = 512 * 2**20
"""Bytes that no process of ours may take."""
AWSCLI = "awscli"
ROOM = Path(".local") / "bench" / AWSCLI
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, how long it took in seconds, and its peak of memory in bytes."""

    printed: str
    seconds: float
    memory: int


def run() -> None:
    """Put a file of zeros, get it back, and say how fast and with how much memory; stops at what is not right."""
    with tempfile.TemporaryDirectory(prefix="fluxvault-bench-") as place, serving(Path(place)) as server:
        print(f"{SIZE / GIB:.1f} GiB of zeros through the client, on {os.cpu_count()} cores")
        source, target = Path(place) / "zeros", Path(place) / "again"
        with source.open("wb") as file:
            file.truncate(SIZE)
        put = client(server.environment, "put", str(source))
        cid = json.loads(put.printed)["files"][0]["hash"]
        known = ADDRESS.get(SIZE)
        line(
            "address",
            f"{cid} {'as it must be' if cid == known else 'of a size that nobody knows' if not known else 'WRONG'}",
        )
        line("put", f"{SIZE / put.seconds / 2**20:6.0f} MiB/s, client at most {_mib(put.memory)}")
        got = client(server.environment, "get", cid, "-o", str(target))
        same = subprocess.run(["cmp", str(source), str(target)], check=False).returncode == 0
        line("get", f"{SIZE / got.seconds / 2**20:6.0f} MiB/s, client at most {_mib(got.memory)}")
        line("what came back", "identical" if same else "DIFFERENT")
        target.unlink()
        line("server at most", _mib(server.peak()))
        within = max(put.memory, got.memory, server.peak()) <= MOST_MEMORY
        line(f"memory within {_mib(MOST_MEMORY)}", "met" if within else "NOT met")
        _beside(server, source, put.seconds)


def _beside(server: "Server", source: Path, seconds: float) -> None:
    """The same file with AWS's own tool, to the same local AWS."""
    try:
        tool = _awscli()
    except (OSError, subprocess.SubprocessError) as error:
        line("aws s3 cp", f"left out: it cannot be installed ({type(error).__name__})")
        return
    bucket = server.environment["BLOB_BUCKET"]
    copied = _timed([tool, "s3", "cp", "--quiet", str(source), f"s3://{bucket}/bench"], server.environment)
    line("aws s3 cp", f"{SIZE / copied.seconds / 2**20:6.0f} MiB/s")
    line("put, hashed and encrypted, as a ratio to aws s3 cp", f"{copied.seconds / seconds:.2f}")


def _awscli() -> str:
    """AWS's command-line tool, installed once beside the local stack's state."""
    tool = ROOM / "bin" / "aws"
    if not tool.exists():
        shutil.rmtree(ROOM, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(ROOM)], check=True, capture_output=True)
        install = [str(ROOM / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", AWSCLI]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
    return str(tool.resolve())


@dataclass(frozen=True, slots=True)
class Server:
    """A running `make run`: its process, and the environment in which commands use it."""

    process: "subprocess.Popen[bytes]"
    environment: dict[str, str]

    def peak(self) -> int:
        """The most memory it has taken, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = next(text for text in status.splitlines() if text.startswith("VmHWM"))
        return int(found.split()[1]) * 1024


@contextmanager
def serving(place: Path) -> Iterator[Server]:
    """`make run` on a free port, with its state in `place`, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    local = place / "local"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**clean, "PORT": str(port), "LOCAL_DIR": str(local)}
    command = [sys.executable, "-m", "infra.local.run"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        yield Server(process, _described(process, local, environment))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def _described(process: "subprocess.Popen[bytes]", local: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What a client of the server, and of its AWS, needs in its environment, once it serves."""
    until = time.monotonic() + _START_SECONDS
    while not (local / "demo.env").exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("make run did not start")
        time.sleep(0.1)
    demo = dotenv_values(local / "demo.env")
    stack = {name: value or "" for name, value in dotenv_values(local / "stack.env").items()}
    names = {"FLUXVAULT_URL": "BASE_URL", "FLUXVAULT_ZELID": "ZELID", "FLUXVAULT_API_KEY": "API_KEY_SECRET"}
    own = {"XDG_STATE_HOME": str(local / "state"), "XDG_CONFIG_HOME": str(local / "config")}
    return {**environment, **stack, **own, **{theirs: demo[ours] or "" for theirs, ours in names.items()}}


def client(environment: Mapping[str, str], *arguments: str) -> Ran:
    """A command of the client, which must succeed."""
    return _timed([sys.executable, "-m", "client", *arguments, "--json"], environment)


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> Ran:
    start = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE)
    printed = process.stdout.read() if process.stdout is not None else b""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {printed.decode()}")
    return Ran(printed.decode(), seconds, used.ru_maxrss * 1024)


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
