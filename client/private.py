"""Files of ours that nobody else may read: written whole or not at all, and locked where two commands could collide."""

import fcntl
import glob
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .errors import UnreachableError, UsageError

PRIVATE: Final = 0o600
_OWNERS_ALONE: Final = 0o700
WAIT_SECONDS = 120.0
"""How long to wait for another command that holds a lock."""
_LOOK_SECONDS = 0.05


def directory(kind: str, default: str) -> Path:
    """Our directory under one of XDG's, which must be absolute to count (XDG Base Directory Specification)."""
    given = Path(os.environ.get(f"XDG_{kind}_HOME") or "")
    return (given if given.is_absolute() else Path.home() / default) / "fluxvault"


def make(*places: Path) -> None:
    """Make directories of mode 0700, each below the one before."""
    for place in places:
        place.mkdir(mode=_OWNERS_ALONE, parents=True, exist_ok=True)


def read(path: Path) -> bytes | None:
    """What a file holds; None if there is none.

    Raises:
        UsageError: Others may use it, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & ~PRIVATE:
                raise UsageError(f"{path} holds a secret and may be used by others (mode {mode:o}): chmod 600 '{path}'")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def write(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all, whether it is the process or the power that fails."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        # What holds half a secret must not stay.
        fresh.unlink(missing_ok=True)
        raise


def sweep(path: Path) -> None:
    """Remove what killed commands left beside a file, of which no other writes it now."""
    for one in path.parent.glob(f"{glob.escape(path.name)}.*"):
        one.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only command in such a block for this lock file, which stays: who removes one may split a lock in two.

    Raises:
        UnreachableError: Another command is in there, and does not come to an end.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        until = time.monotonic() + WAIT_SECONDS
        while not _taken(lock):
            if time.monotonic() > until:
                raise UnreachableError("Another command holds the session and does not come to an end: try again later")
            time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
