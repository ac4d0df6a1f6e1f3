"""Every command about deploying works, on an account that is a stand-in; what it cannot do is at least well written.

Blocks are marked: `sh` needs no account; `sh aws` does, and runs here; `sh aws only` needs one of AWS's own.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_commands import DOCUMENTS as OTHERS
from tests.support.cloud import cloud

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("docs/deploy.md", "docs/security.md")
FENCE = re.compile(r"^```(sh[^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VARIABLES = {"STAGE", "DEPLOYMENT", "DOMAIN", "CERTIFICATE", "ZONE", "CACHE", "RESERVE", "TRACING", "TO", "YES", "DATA"}

pytestmark = pytest.mark.xdist_group("docs of deploying")


def blocks(document: str, *marks: str) -> list[str]:
    return [block for mark, block in FENCE.findall((ROOT / document).read_text()) if mark in marks]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that looks like a clone in which `make` has installed what it needs."""
    here = tmp_path_factory.mktemp("clone")
    named = ("chalicelib", "client", "infra", "app.py", ".chalice", "Makefile")
    for name in (*named, "requirements.txt", "requirements-dev.txt"):
        (here / name).symlink_to(ROOT / name)
    (here / ".venv/bin").mkdir(parents=True)
    (here / ".venv/bin/activate").write_text(f'PATH="{Path(sys.executable).parent}:$PATH"\n')
    python = here / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (here / ".venv/.installed").touch()
    return here


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with cloud(tmp_path_factory.mktemp("cloud")) as environment:
        yield environment


def bash(script: str, *options: str, **how: object) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("bash") or "bash"
    return subprocess.run([program, *options, "-c", script], capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload, no-any-return]


def test_every_block_runs_from_an_empty_account_to_its_end(place: Path, account: dict[str, str]) -> None:
    deploying, incidents = (blocks(document, "sh", "sh aws") for document in DOCUMENTS)
    assert len(deploying) > 5
    assert len(incidents) > 1
    # The last of them takes it all away.
    script = "\n".join([*deploying[:-2], *incidents, *deploying[-2:]])

    ran = bash(script, "-euo", "pipefail", cwd=place, timeout=900, env={**account, "BUILD_DIR": str(place / "build")})

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("Deployed: https://") == 2
    assert "Nothing was removed" in ran.stdout
    assert "+ aws cloudformation delete-stack --stack-name fluxvault-prod-public" in ran.stdout


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_only_aws_can_do_is_well_written(document: str) -> None:
    for block in blocks(document, "sh aws only"):
        assert bash(block, "-n").returncode == 0, block


def test_every_variable_of_make_is_explained_and_no_other() -> None:
    lines = [line for document in DOCUMENTS for block in all_of(document) for line in block.splitlines()]
    given = re.findall(r"\b([A-Z]+)=", "\n".join(line for line in lines if line.startswith("make ")))
    assert set(given) <= VARIABLES
    assert [name for name in VARIABLES if f"{name}=" not in (ROOT / "docs/deploy.md").read_text()] == []


def all_of(document: str) -> list[str]:
    return blocks(document, "sh", "sh aws", "sh aws only")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_is_marked(document: str) -> None:
    marks = {mark for mark, _ in FENCE.findall((ROOT / document).read_text())}
    assert marks <= {"sh", "sh aws", "sh aws only"}


def test_no_document_with_commands_is_left_out() -> None:
    written = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md") if "```sh" in path.read_text()}
    assert written <= {*OTHERS, *DOCUMENTS}
