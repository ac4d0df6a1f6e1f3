"""The JavaScript importer of IPFS, for comparison: installed beside the local stack's state, never into the project."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PACKAGE, VERSION = "ipfs-unixfs-importer", "17.1.1"
NAME = f"{PACKAGE} {VERSION}"
ROOM = Path(".local") / "bench" / f"{PACKAGE}-{VERSION}"
"""Where it is installed, once; git ignores it."""

_SCRIPT = Path(__file__).with_name("importer.mjs")
_INSTALL_SECONDS, _RUN_SECONDS = 120, 120


class LeftOutError(Exception):
    """It cannot be run here; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What it computed, and seconds of its fastest round."""

    cid: str
    seconds: float


def timed(path: Path, rounds: int) -> Timed:
    """Address the file at `path`.

    Raises:
        LeftOutError: There is no node or npm, or no way to install the importer.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise LeftOutError("there is no node and npm")
    done = ROOM / "installed"
    if not done.exists():
        _install(npm)
        done.touch()
    # A module is looked for from where its importer lies.
    script = shutil.copy(_SCRIPT, ROOM)
    answer = _run([node, str(script), str(path), str(rounds)], _RUN_SECONDS, "node cannot run it")
    return Timed(**json.loads(answer))


def _install(npm: str) -> None:
    shutil.rmtree(ROOM, ignore_errors=True)
    ROOM.mkdir(parents=True)
    (ROOM / "package.json").write_text('{"private": true}')
    quiet = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    command = [npm, "install", "--prefix", str(ROOM), *quiet, f"{PACKAGE}@{VERSION}"]
    _run(command, _INSTALL_SECONDS, "npm cannot install it")


def _run(command: list[str], seconds: int, otherwise: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=True)
    except (OSError, subprocess.SubprocessError):
        raise LeftOutError(otherwise) from None
    return done.stdout
