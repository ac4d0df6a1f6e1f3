"""The package, served as Lambda runs it: the limits of AWS, and a part of the acceptance suite.

The whole of the suite, which takes minutes, is `make acceptance-lambda`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.client import multipart
from tests.acceptance.running import REPOSITORY, STOPPED, Running
from tests.acceptance.sending import upload

MAX_BODY = 4_400_000
# What goes by queues and by copies, bodies of every kind, and every way to say what was asked for.
PART = ("test_black_box", "test_uploads", "test_thumbnails", "test_partial_reads", "test_paths_and_verbs", "test_sdk")
MIB = 2**20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    local = tmp_path_factory.mktemp("served") / "local"
    command = (sys.executable, "-m", "infra.runtime")
    running = Running(local, command=command, more={"RUNTIME": "here"}).ready()
    yield running
    assert running.interrupt() in STOPPED, running.printed


@pytest.fixture
def drive(running: Running) -> Iterator[httpx.Client]:
    auth = httpx.BasicAuth(running.demo["ZELID"], running.demo["API_KEY_SECRET"])
    with httpx.Client(base_url=running.base_url, auth=auth, timeout=60) as client:
        yield client


def test_a_part_of_the_acceptance_suite_passes(running: Running) -> None:
    tests = [f"tests/acceptance/{name}.py" for name in PART]
    target = {**running.demo, "LOCAL_DIR": str(running.local), "MAX_BODY": str(MAX_BODY)}

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=REPOSITORY,
        env={**running.environment, **target},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "skipped" not in ran.stdout


@pytest.mark.parametrize("size", [5 * MIB, 11 * MIB])
def test_a_request_that_is_too_long_for_aws_never_arrives(drive: httpx.Client, size: int) -> None:
    # Given one over Lambda's 6 MB, once it is base64 text, and one over the 10 MB of API Gateway
    body, headers = multipart(("long", bytes(size)))

    answer = drive.post("/api/v0/put", content=body, headers=headers)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


def test_the_longest_body_that_is_promised_arrives(drive: httpx.Client) -> None:
    data = os.urandom(MAX_BODY - 500)
    body, headers = multipart(("long", data))

    put = drive.post("/api/v0/put", content=body, headers=headers)

    assert put.status_code == 200
    got = drive.post("/api/v0/cat", params={"arg": put.json()["hash"]})
    assert (got.status_code, got.content) == (200, data)


def test_what_is_too_long_for_an_answer_comes_from_elsewhere(drive: httpx.Client) -> None:
    data = os.urandom(6 * MIB)
    cid = upload(drive, {"name": "long", "size": len(data)}, {"": data})["hash"]

    answer = drive.get("/api/v0/cat", params={"arg": cid})

    while answer.status_code == 503:
        answer = drive.get("/api/v0/cat", params={"arg": cid})
    assert answer.status_code == 303
    assert httpx.get(answer.headers["location"], timeout=60).content == data


def test_it_serves_as_long_as_a_command_runs(tmp_path: Path) -> None:
    script = 'curl -sf "$BASE_URL/health" && test -n "$MAX_BODY" && exit 7'
    local = tmp_path / "local"

    ran = Running(
        local, command=(sys.executable, "-m", "infra.runtime", "bash", "-c", script), more={"RUNTIME": "here"}
    )

    assert ran.process.wait(60) == 7, ran.printed
    with pytest.raises(ProcessLookupError):
        os.killpg(ran.process.pid, signal.SIGKILL)
