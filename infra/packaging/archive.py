"""The zip: the same bytes for the same content, whenever and wherever it is made."""

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from infra.packaging import target
from infra.packaging.lock import LOCK, ROOT

TASK = "/var/task"
"""Where Lambda unpacks it."""
MOST_BYTES = 250 * 2**20
"""Lambda's limit for what a package holds."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
_CHALICE = ("__init__.py", "app.py")
# What pip says about this installation, which differs from the next one's.
_OF_PIP = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


class TooLargeError(Exception):
    """Lambda would refuse the package."""


def build(into: Path, work: Path, source: Path = ROOT) -> str:
    """Write the zip; gives its SHA-256.

    Args:
        into: The file to write.
        work: An empty directory; it holds what the zip holds afterwards.
        source: Where `app.py` and `chalicelib` are.

    Raises:
        NoInterpreterError: There is no Python to compile with.
        TooLargeError: It is more than Lambda takes.
        PackageError: A file is not to be had, or is not the one that the lock names.
    """
    python = target.interpreter()
    _install(work)
    _copy_chalice(work)
    copy_source(source, work)
    _compile(work, python)
    size = sum(path.stat().st_size for path in _files(work))
    if size > MOST_BYTES:
        raise TooLargeError(f"The package holds {size} bytes, more than the {MOST_BYTES} that Lambda takes")
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in _files(work):
            info = zipfile.ZipInfo(path.relative_to(work).as_posix(), _BEGINNING)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, path.read_bytes(), compresslevel=9)
    return hashlib.sha256(into.read_bytes()).hexdigest()


def _install(work: Path) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
    fetch = [*target.pip_options(), "--target", str(work), "-r", str(LOCK)]
    target.pip(*quiet, *fetch)
    # Programs for a shell, with the path of the Python that runs this.
    shutil.rmtree(work / "bin", ignore_errors=True)
    for path in list(work.glob("*.dist-info/*")):
        if path.name in _OF_PIP:
            path.unlink()


def _copy_chalice(work: Path) -> None:
    spec = find_spec("chalice")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("chalice")
    # Of Chalice, the part that runs: the rest makes packages, as this does.
    (work / "chalice").mkdir()
    for name in _CHALICE:
        shutil.copy(Path(spec.origin).with_name(name), work / "chalice" / name)


def copy_source(source: Path, into: Path) -> None:
    """The code of this project that runs on Lambda."""
    shutil.copy(source / "app.py", into / "app.py")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    shutil.copytree(source / "chalicelib", into / "chalicelib", ignore=ignored)


def _compile(work: Path, python: str) -> None:
    # Unchecked: nothing there changes a source, and times of files would differ from zip to zip.
    how = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(work), "-p", TASK]
    subprocess.run([python, "-I", "-m", "compileall", *how, str(work)], check=True)


def _files(work: Path) -> Iterator[Path]:
    return iter(sorted((path for path in work.rglob("*") if path.is_file()), key=Path.as_posix))
