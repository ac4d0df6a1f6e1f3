"""Saved state on disk that changes all at once, or not at all."""

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class StateInUseError(RuntimeError):
    """Another process works on the same state directory."""


class Snapshots:
    """Keeps the newest snapshot, a directory of files, under `root`.

    `root/saved` is a symbolic link to `root/saved.N`. A new snapshot is written beside the old one, sharing unchanged
    files by hard link, and becomes current by one rename: a kill at any moment leaves the old snapshot or the new one,
    never files of both, so no order among the files needs thought.
    """

    def __init__(self, root: Path) -> None:
        """Use `root`, made for its owner alone if it is missing: snapshots hold keys."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()
        self.current = self.root / "saved"
        self._writing = threading.Lock()

    def lock(self, patience: float) -> None:
        """Claim the directory until this process ends.

        Args:
            patience: Seconds to wait for a predecessor that is still saving.

        Raises:
            StateInUseError: It is still in use after that.
        """
        # Never closed: the kernel lets go of it when the process ends, however it ends.
        handle = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + patience
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() > until:
                os.close(handle)
                raise StateInUseError(f"{self.root} is in use by another process")
            time.sleep(0.05)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Make a snapshot of `files` and of those of the last snapshot that are not among them.

        Raises:
            OSError: The disk refused; the last snapshot stands.
        """
        with self._writing:
            old = self.current.resolve() if self.current.is_symlink() else None
            new = self._fresh(old)
            if old is not None:
                for file in old.iterdir():
                    if file.name not in files:
                        os.link(file, new / file.name)
            for name, content in files.items():
                _write(new / name, content)
            _sync(new)
            self._switch(new)
            if old is not None:
                shutil.rmtree(old)

    def _fresh(self, old: Path | None) -> Path:
        """An empty directory for the next snapshot, and none left over from saves that were cut off."""
        for leftover in self.root.glob("saved.*"):
            if leftover != old:
                shutil.rmtree(leftover)
        number = int(old.suffix[1:]) + 1 if old is not None else 1
        new = self.root / f"saved.{number}"
        new.mkdir(mode=0o700)
        return new

    def _switch(self, new: Path) -> None:
        link = self.root / "next"
        with suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(new.name)
        link.replace(self.current)
        _sync(self.root)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
