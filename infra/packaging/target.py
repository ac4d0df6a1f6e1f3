"""What the package is made for: Lambda's Python, its C library, and an interpreter here that can compile for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.app.config import RUNTIME

VERSION = RUNTIME.removeprefix("python")
GLIBC_MINOR = 34
"""Of Amazon Linux 2023, on which Lambda runs this Python."""
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC_MINOR, 16, -1)] + ["manylinux2014_x86_64"]
"""Wheels that run there, newest first: pip takes each name literally, and does not know that one includes another."""


class NoInterpreterError(Exception):
    """There is no Python of Lambda's version here."""


class PackageError(Exception):
    """What the package is made of is not to be had; the message is pip's."""


def pip_options() -> list[str]:
    """What tells pip to fetch for Lambda, whatever Python runs it."""
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    return ["--only-binary=:all:", "--implementation=cp", f"--python-version={VERSION}", *platforms]


def interpreter() -> str:
    """A Python of Lambda's version: `PACKAGE_PYTHON`, or the first one that answers.

    Compiled files are for one version of Python alone, and without them a cold start takes a quarter of a second more.

    Raises:
        NoInterpreterError: None does.
    """
    named = os.environ.get("PACKAGE_PYTHON")
    candidates = [named] if named else [RUNTIME, *_of_pyenv(), "python3"]
    for candidate in candidates:
        found = shutil.which(candidate)
        if found and _version(found) == VERSION:
            return found
    raise NoInterpreterError(
        f"Packaging compiles for Lambda's Python {VERSION}: install it, or say where it is: PACKAGE_PYTHON=/path/to/it"
    )


def _of_pyenv() -> list[str]:
    # Its shim on the path answers only for the version that is switched on.
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [str(path) for path in sorted(root.glob(f"versions/{VERSION}.*/bin/{RUNTIME}"), reverse=True)]


def _version(python: str) -> str | None:
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    return ran.stdout.strip() if ran.returncode == 0 else None


def pip(*arguments: str) -> str:
    """Run `pip install`; gives what it printed.

    Raises:
        PackageError: It failed, as it says itself.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "install", *arguments], check=False, capture_output=True, text=True
    )
    if ran.returncode != 0:
        raise PackageError(ran.stderr)
    return ran.stdout
