"""`chalice local`, the framework's own development server, on the stack that a `make run` has up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import Target, stored
from tests.acceptance.running import REPOSITORY, Running, environment, free_port, is_running, values

pytestmark = pytest.mark.xdist_group("chalice local")

CHALICE = Path(sys.executable).with_name("chalice")
RECORD = {
    "filenameEnc": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
    "size": 204800,
    "user": "usr_9f8e7d6c",
    "mimeType": "image/png",
    "dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
    "thumb": True,
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("chalice") / "local").ready()
    yield made
    made.interrupt()


# Chalice's own default is the stage `dev`, which is a public side; all of it is on the stage `local`.
WHOLE = pytest.mark.parametrize("chalice", [["--stage", "local"]], indirect=True, ids=["stage local"])


@pytest.fixture(scope="module", params=[[], ["--stage", "local"]], ids=["plain", "stage local"])
def chalice(
    request: pytest.FixtureRequest, running: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """A `chalice local` with the environment that the stack describes, as a client sees it."""
    port = free_port()
    log = tmp_path_factory.mktemp("chalice") / "printed"
    with log.open("wb") as printed:
        process = subprocess.Popen(
            # Other tests write files into the repository, and each would restart it.
            [str(CHALICE), "local", "--no-autoreload", "--port", str(port), *request.param],
            cwd=REPOSITORY,
            env=environment(running.local) | values(running.local / "stack.env"),
            stdout=printed,
            stderr=printed,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
        )
    demo = running.demo
    target = Target(demo["ZELID"], demo["API_KEY_SECRET"], f"http://127.0.0.1:{port}")
    try:
        wait_for(target, process, log)
        yield target
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(10)
    assert not is_running(process.pid)


def wait_for(target: Target, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            with target.client() as client:
                client.get("/health")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


@WHOLE
def test_the_quickstart(chalice: Target) -> None:
    with chalice.client() as client:
        files, size = client.get("/api/v1/stats").json().values()
        wrapped = client.post("/api/v1/dek/wrap", json={"dek": "pl41n_d3k_k3y_32b1ts_0000000000"}).json()
        created = client.post("/api/v1/meta", json=RECORD).json()
        retrieved = client.get(f"/api/v1/meta/{created['id']}").json()
        stats = client.get("/api/v1/stats").json()
        unwrapped = client.post("/api/v1/dek/unwrap", json=wrapped).json()

    shared = {name: RECORD[name] for name in ("filenameEnc", "size", "mimeType", "dekEnc")}
    assert created.items() >= {**shared, "user": "usr_9f8e7d6c"}.items()
    assert retrieved.items() >= {**shared, "thumbs": {"mobile": True, "web": False, "webPre": False}}.items()
    assert stats == {"totalFiles": files + 1, "totalSizeBytes": size + 204_800}
    assert unwrapped == {"dek": "pl41n_d3k_k3y_32b1ts_0000000000"}


def test_status_and_a_small_put_and_cat(chalice: Target) -> None:
    with chalice.client(chalice) as client:
        (cid,) = stored(client, ("hello.bin", b"hello \xff\x00 bytes\n"))
        status = client.post("/api/v0/status").json()
        read = client.post("/api/v0/cat", params={"arg": cid})

    assert status["result"]["storage_used"] >= 15
    assert read.content == b"hello \xff\x00 bytes\n"


@WHOLE
def test_what_is_refused_is_refused_in_the_same_words(chalice: Target, running: Running) -> None:
    requests = [
        ("POST", "/api/v0/status"),
        ("GET", "/api/v1/meta/nope"),
        ("DELETE", "/api/v0/put"),
        ("GET", "/nope"),
    ]
    with chalice.client() as one, httpx.Client(base_url=running.base_url) as other:
        answers = [[client.request(*request) for request in requests] for client in (one, other)]

    said = [[(answer.status_code, answer.text) for answer in of_one] for of_one in answers]
    assert said[0] == said[1]
