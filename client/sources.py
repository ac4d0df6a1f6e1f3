"""What is put: files as they stand on disk, looked at again so that none that changes is taken for whole."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .cid import CHUNK
from .errors import ChangedError, UsageError


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be put.

    Attributes:
        path: Where it is; absolute.
        name: What it is to be called; in a folder its path there, with `/` between the levels.
        size: Bytes.
        mtime: When it was changed last, in nanoseconds since the epoch.
    """

    path: Path
    name: str
    size: int
    mtime: int

    @classmethod
    def of(cls, path: Path, name: str | None = None) -> Self:
        """Look at a file.

        Raises:
            UsageError: It is not there, no file, or its name is not UTF-8.
        """
        try:
            found = path.stat()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{path} is a folder: use putfolder")
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{path} is not a regular file: write it to one first")
        return cls(path.absolute(), _utf8(name or path.absolute().name), found.st_size, found.st_mtime_ns)

    def check(self) -> None:
        """Look at it again.

        Raises:
            ChangedError: It is not what it was.
        """
        try:
            self._compare(self.path.stat())
        except OSError as error:
            raise ChangedError(f"{self.path} cannot be read any more: {error.strerror}") from None

    def _compare(self, found: os.stat_result) -> None:
        if (found.st_size, found.st_mtime_ns) != (self.size, self.mtime):
            raise ChangedError(f"{self.path} changed while it was sent: put it again when it is complete")

    def pieces(self, start: int = 0, size: int | None = None, step: int = CHUNK) -> Iterator[bytes]:
        """Bytes from `start` on, `size` in all (None for the rest), `step` at a time.

        Raises:
            ChangedError: They are not all there any more.
        """
        left = self.size - start if size is None else size
        try:
            with self.path.open("rb") as file:
                self._compare(os.fstat(file.fileno()))
                file.seek(start)
                while left:
                    piece = file.read(min(step, left))
                    if not piece:
                        raise ChangedError(f"{self.path} became shorter while it was sent: put it again")
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise ChangedError(f"{self.path} cannot be read: {error.strerror}") from None


def walk(root: Path, note: Callable[[str], None]) -> list[Source]:
    """All files below a folder, in the order of their paths.

    Links are not followed, since they may lead anywhere; they, empty folders and what is no regular file are left
    out with a word about it.

    Raises:
        UsageError: It is no folder, holds no file, or cannot be read.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder")
    found: list[Source] = []

    def fail(error: OSError) -> None:
        raise UsageError(f"{error.filename}: {error.strerror}")

    for place, folders, names in os.walk(root, onerror=fail):
        for path in (Path(place, name) for name in (*folders, *names)):
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                note(f"left out, since it is a link or no regular file: {path}")
            elif path.is_file():
                found.append(Source.of(path, path.relative_to(root).as_posix()))
            elif not any(path.iterdir()):
                note(f"left out, since it is empty: {path}")
    if not found:
        raise UsageError(f"There is no file in {root}")
    return sorted(found, key=lambda source: source.name)


def _utf8(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"The name of {name!r} is not UTF-8: rename it") from None
    return name
