"""What a function is run from: the directory that Lambda would make of the zip, and the runtime client beside it.

Either it is the zip itself, on a Python of the version that Lambda has; or the same content put together from what is
installed here, for the Python that runs this.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path

from infra.packaging import archive, target
from infra.packaging.lock import REQUIREMENTS, ROOT, pins

CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
"""The runtime client and what it needs; on Lambda they are there already."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to run.

    Attributes:
        directory: What Lambda has in `/var/task`.
        client: The runtime client, on a path of its own.
        python: The interpreter.
        says: What it is, for a person.
    """

    directory: Path
    client: Path
    python: str
    says: str


def of_zip(zipped: Path, room: Path) -> Task:
    """The zip, unpacked in `room`, on Lambda's Python; needs the registry for the runtime client.

    Raises:
        NoInterpreterError: That Python is not here.
        PackageError: The runtime client is not to be had for it.
    """
    python = target.interpreter()
    task = Task(room / "task", room / "client", python, f"{zipped.name} on Python {target.VERSION}")
    with zipfile.ZipFile(zipped) as archived:
        archived.extractall(task.directory)
    wanted = [f"{name}=={version(name)}" for name in CLIENT]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    target.pip(*quiet, *target.pip_options(), "--target", str(task.client), *wanted)
    _compile(task.python, task.client)
    return task


def built(room: Path) -> Task:
    """A zip made now, in `room`, as `make package` makes it, and run from there.

    Raises:
        NoInterpreterError: Lambda's Python is not here.
        PackageError: A file of the package is not to be had.
    """
    work = room / "work"
    work.mkdir(parents=True)
    archive.build(room / "deployment.zip", work)
    shutil.rmtree(work)
    return of_zip(room / "deployment.zip", room)


def of_here(room: Path) -> Task:
    """The content of the zip as it is installed here, for the Python that runs this; nothing is fetched."""
    task = empty_here(room)
    _copy(pins(REQUIREMENTS), task.directory)
    # Of Chalice, as in the zip, the part that runs.
    _copy(["chalice"], task.directory, only=("chalice/__init__.py", "chalice/app.py"))
    archive.copy_source(ROOT, task.directory)
    _compile(task.python, task.directory)
    return task


def empty_here(room: Path) -> Task:
    """A directory with nothing in it yet, and the runtime client, for the Python that runs this."""
    here = ".".join(map(str, sys.version_info[:2]))
    # Not the one of the virtual environment, which would bring all that is installed in it.
    python = str(Path(sys.base_prefix, "bin", f"python{here}"))
    task = Task(room / "task", room / "client", python, f"what the zip holds, on Python {here}")
    task.directory.mkdir(parents=True)
    _copy(CLIENT, task.client)
    _compile(task.python, task.client)
    return task


def _copy(names: Iterable[str], into: Path, only: Collection[str] | None = None) -> None:
    """Copy distributions that are installed here, or some files of theirs, without programs and compiled files."""
    for name in names:
        one = distribution(name)
        for file in one.files or []:
            if ".." in file.parts or file.suffix == ".pyc" or not (only is None or file.as_posix() in only):
                continue
            to = into / file
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(one.locate_file(file)), to)


def _compile(python: str, directory: Path) -> None:
    how = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(directory), "-p", archive.TASK]
    subprocess.run([python, "-I", "-m", "compileall", *how, str(directory)], check=True)
