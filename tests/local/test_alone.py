"""What `make run` listens to, and what it says when its place is taken: one line, and nothing left behind."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import REPOSITORY, descendants, environment, free_port
from tests.local.stack import Start, commands_naming, drive


def refused(local: Path, port: str) -> list[str]:
    """The lines of a `make run` that does not start, but for what `make` itself says of that."""
    done = subprocess.run(
        ["make", "run"], cwd=REPOSITORY, env=environment(local, PORT=port), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert not done.stdout
    return [line for line in done.stderr.splitlines() if not line.startswith("make: ")]


def listening(pids: set[int]) -> Iterator[tuple[str, str, int]]:
    """Protocol, address and port of every socket on which one of these processes waits, as the kernel tells it."""
    mine = {link.readlink().name for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    for protocol, waiting in {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}.items():
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == waiting and f"socket:[{inode}]" in mine:
                address, port = local.split(":")
                yield (
                    protocol,
                    socket.inet_ntoa(bytes.fromhex(address)[::-1]) if protocol == "tcp" else address,
                    int(port, 16),
                )


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
def test_nothing_but_this_machine_is_listened_to(start: Start, local: Path) -> None:
    running = start(local).ready()

    found = sorted(listening({running.process.pid, *descendants(running.process.pid)}))

    assert [(protocol, address) for protocol, address, _ in found] == [("tcp", "127.0.0.1")] * 2
    assert running.port in [port for _, _, port in found]


def test_a_second_run_on_the_same_state_is_refused_and_the_first_goes_on(start: Start, local: Path) -> None:
    running = start(local).ready()
    demo = running.demo

    (line,) = refused(local, str(free_port()))

    assert line == f"Another `make run` uses {local}; stop it first, or set LOCAL_DIR"
    assert running.demo == demo
    with drive(running) as client:
        assert client.post("/api/v0/status").status_code == 200


def test_a_taken_port_is_refused_and_nothing_is_left(local: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        (line,) = refused(local, str(port))

    assert line == f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert not commands_naming(str(local))


@pytest.mark.parametrize("port", ["http", "-1", "65536", "８０００"])
def test_a_port_that_is_none_is_refused(local: Path, port: str) -> None:
    assert refused(local, port) == ["PORT must be a number from 1 to 65535"]
    assert not local.exists()


def test_state_that_cannot_be_read_is_refused_rather_than_overwritten(start: Start, local: Path) -> None:
    start(local).ready().interrupt()
    damaged = local / "aws" / "saved" / "dynamodb.json"
    damaged.write_text("{ damaged")

    lines = refused(local, str(free_port()))

    assert any(str(damaged) in line and "cannot be read" in line for line in lines)
    assert not any("Traceback" in line for line in lines)
    assert damaged.read_text() == "{ damaged"
