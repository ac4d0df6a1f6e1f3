"""The client is a package of its own: it is built and installed without the rest, and knows nothing of it."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from client import __version__

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "client").glob("*.py"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was installed, from a copy: setuptools leaves files behind where it builds."""
    place = tmp_path_factory.mktemp("install")
    shutil.copytree(
        ROOT / "client", place / "client", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    )
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(place / "site"), str(place / "client")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place / "site"


def run(place: Path, *command: str) -> str:
    """Run something of what was installed, far from the repository."""
    environment = {"PYTHONPATH": str(place), "PATH": "/usr/bin:/bin", "HOME": str(place)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_console_script_works(installed: Path) -> None:
    assert run(installed, sys.executable, str(installed / "bin/fluxvault"), "--version") == f"{__version__}\n"
    assert "Usage: fluxvault [OPTIONS]" in run(installed, sys.executable, str(installed / "bin/fluxvault"), "--help")


def test_all_modules_are_installed_under_a_name_of_their_own(installed: Path) -> None:
    names = {path.name for path in (installed / "fluxvault_client").iterdir() if path.name != "__pycache__"}

    assert names == {path.name for path in MODULES} | {"py.typed"}
    assert not (installed / "client").exists()


def test_it_runs_in_the_repository_without_being_installed() -> None:
    assert run(ROOT, sys.executable, "-m", "client", "--version") == f"{__version__}\n"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_it_imports_what_it_declares_and_nothing_of_the_server(path: Path) -> None:
    declared = tomllib.loads((ROOT / "client/pyproject.toml").read_text())["project"]["dependencies"]
    allowed = {re.split(r"[<>=]", one)[0] for one in declared} | sys.stdlib_module_names
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]

    absolute = {alias.name.split(".")[0] for node in imports if isinstance(node, ast.Import) for alias in node.names}
    absolute |= {
        str(node.module).split(".")[0] for node in imports if isinstance(node, ast.ImportFrom) and not node.level
    }
    assert absolute <= allowed


def test_what_it_declares_is_what_is_tested() -> None:
    """The lowest version that it takes is the one pinned for development."""
    declared = tomllib.loads((ROOT / "client/pyproject.toml").read_text())["project"]["dependencies"]
    pinned = (ROOT / "requirements-dev.txt").read_text() + (ROOT / "requirements.txt").read_text()

    lowest = [re.sub(r">=([\d.]+),.*", r"==\1", one) for one in declared]

    assert [one for one in lowest if f"{one}\n" not in pinned] == []
