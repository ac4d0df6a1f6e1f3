"""The first five minutes: `make run`, the printed session, Ctrl-C, and `make run` again."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.client import listed, on, stored
from tests.acceptance.running import STOPPED
from tests.local.stack import Start, commands_naming, drive, target

QUICK_SECONDS = 5.0


def test_the_printed_session_can_be_pasted(start: Start, local: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    running = start(local).ready()
    _, _, session = running.printed.partition("pasted into another terminal:\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    done = subprocess.run(["bash", "-e"], input=session, cwd=elsewhere, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("hello world\n")
    decoder, rest = json.JSONDecoder(), done.stdout
    put, end = decoder.raw_decode(rest)
    ls, end = decoder.raw_decode(rest[end:].lstrip())
    assert put["name"] == ls["files"][0]["name"] == "hello.txt"


def test_scripts_find_what_they_need_in_a_file_of_one_s_own(start: Start, local: Path) -> None:
    running = start(local).ready()

    assert (local / "demo.env").stat().st_mode & 0o777 == 0o600
    assert (local / "stack.env").stat().st_mode & 0o777 == 0o600
    managing = ["ENV_KEY", "MANAGEMENT_EMAIL", "MANAGEMENT_PASSWORD", "MANAGEMENT_PUBLIC_KEY", "MANAGEMENT_SECRET_KEY"]
    reading = ["FLUX_PREFIX", "FLUX_PUBLIC_KEY", "FLUX_SECRET_KEY"]
    assert list(running.demo) == ["BASE_URL", "ZELID", "API_KEY_SECRET", *managing, *reading]
    assert running.demo["BASE_URL"] == running.base_url
    assert running.demo["API_KEY_SECRET"] not in running.printed


def test_a_second_start_is_quick_and_keeps_key_files_and_master_key(
    start: Start, local: Path, record_property: Callable[[str, object], None]
) -> None:
    first = start(local).ready()
    with drive(first) as client:
        cids = stored(client, ("small", b"kept"), ("empty", b""), ("large", bytes(range(256)) * 40_000))
        wrapped = client.post("/api/v1/dek/wrap", json={"dek": "kept too"}).json()
        before = listed(client)
    demo = first.demo
    first.interrupt()

    began = time.monotonic()
    second = start(local, port=first.port).ready()
    took = time.monotonic() - began

    record_property("second_start_seconds", round(took, 2))
    assert took < QUICK_SECONDS
    assert second.demo == demo
    with drive(second) as client:
        assert listed(client) == before
        contents = [on(client, "cat", cid).content for cid in cids]
        assert contents == [b"kept", b"", bytes(range(256)) * 40_000]
        assert client.post("/api/v1/dek/unwrap", json=wrapped).json() == {"dek": "kept too"}


def test_a_lost_key_is_replaced_at_the_next_start(start: Start, local: Path) -> None:
    first = start(local).ready()
    with drive(first) as client:
        stored(client, ("kept", b"kept"))
    (local / "demo.env").write_text("API_KEY_SECRET=lost\n")
    first.interrupt()

    second = start(local).ready()

    assert second.demo["API_KEY_SECRET"] != "lost"
    with drive(second) as client:
        assert [file["name"] for file in listed(client)] == ["kept"]


def test_ctrl_c_ends_everything_and_frees_the_port(start: Start, local: Path) -> None:
    running = start(local).ready()
    assert commands_naming(str(local))
    with target(running).client() as idle:
        idle.get("/health")

        code = running.interrupt()

    assert code in STOPPED
    assert "Stopping." in running.printed
    assert "Traceback" not in running.printed
    assert not commands_naming(str(local))
    assert start(local, port=running.port).ready().interrupt() in STOPPED


@pytest.mark.parametrize("seconds", [0.15, 0.45, 0.7])
def test_ctrl_c_during_the_start_leaves_nothing_and_breaks_nothing(start: Start, local: Path, seconds: float) -> None:
    running = start(local)
    time.sleep(seconds)

    running.interrupt()

    assert not commands_naming(str(local))
    with drive(start(local).ready()) as client:
        assert listed(client) == []
