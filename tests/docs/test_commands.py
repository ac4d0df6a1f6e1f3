"""Every command in the documents works: blocks of each document run in order, in a copy of its reader's place."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/api.md", "docs/operations.md", "docs/client.md")

# What starts or contains this very test; each is run elsewhere: by the fixture below, and by CI.
STARTS_ALL = {"make run", "make test"}

pytestmark = pytest.mark.xdist_group("docs")


def blocks(document: str) -> list[str]:
    found = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    return [block for block in found if block.strip() not in STARTS_ALL]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory that looks like the clone in which `make run` runs."""
    here = tmp_path_factory.mktemp("clone")
    for name in ("chalicelib", "client", "infra", "app.py", ".chalice", "Makefile"):
        (here / name).symlink_to(ROOT / name)
    (here / ".venv/bin").mkdir(parents=True)
    (here / ".venv/bin/activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "PORT": str(port), "LOCAL_DIR": str(here / ".local")}
    server = subprocess.Popen([sys.executable, "-m", "infra.local.run"], cwd=here, env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, here / ".local/demo.env")
        yield here
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def _wait(url: str, server: "subprocess.Popen[bytes]", written: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(url).status_code == 200 and written.exists():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("make run did not get ready")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_of_a_document_runs(document: str, place: Path) -> None:
    script = "\n".join(blocks(document)).replace("curl ", "curl --fail-with-body --silent --show-error ")
    if not script:
        assert "```sh" not in (ROOT / document).read_text()
        return
    own = {"XDG_STATE_HOME": str(place / "state"), "XDG_CONFIG_HOME": str(place / "config")}
    environment = {**os.environ, **own, "LOCAL_DIR": str(place / ".local")}
    ran = subprocess.run(
        [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", script],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_readme_session_shows_what_it_says(place: Path) -> None:
    script = "\n".join(blocks("README.md"))
    ran = subprocess.run(["bash", "-c", script], cwd=place, capture_output=True, text=True, timeout=60, check=True)
    assert "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o" in ran.stdout
    assert ran.stdout.count("hello world\n") == 2
    assert '"title":"Mine"' in ran.stdout
    assert '"success":"File removed"' in ran.stdout
    assert '"dekEnc"' in ran.stdout
    assert '"totalFiles"' in ran.stdout
