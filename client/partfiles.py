"""A file that is being downloaded: `NAME.part`, and `NAME.part.json`, which says what of it is there."""

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from .contents import Content

_CLOSED = -1


class PartFile:
    """Takes stretches of a file in any order, from several threads, and remembers them across a kill.

    Args:
        target: What the file is called in the end.
        content: What it holds; another content than that of an earlier command begins anew.
        step: Bytes of a stretch; the last may be shorter.
    """

    def __init__(self, target: Path, content: Content, step: int) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._notes = target.with_name(f"{target.name}.part.json")
        self._about = {"address": content.address, "etag": content.etag, "size": content.size, "step": step}
        self._content = content
        self._step = step
        self._lock = threading.Lock()
        self._file = _CLOSED
        self._done = self._read()

    def __enter__(self) -> Self:
        if not self._done:
            self._notes.unlink(missing_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        os.ftruncate(self._file, self._content.size)
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that was left behind must not write to whatever gets this number next.
        with self._lock:
            os.close(self._file)
            self._file = _CLOSED

    @property
    def there(self) -> list[int]:
        """Where the stretches begin that are there, in order."""
        return sorted(self._done)

    @property
    def missing(self) -> list[int]:
        """Where the stretches begin that are not."""
        return [start for start in range(0, self._content.size, self._step) if start not in self._done]

    def stop(self, start: int) -> int:
        """Where the stretch that begins at `start` ends."""
        return min(start + self._step, self._content.size)

    def read(self, start: int) -> bytes:
        """A stretch that is there."""
        return os.pread(self._file, self.stop(start) - start, start)

    def write(self, start: int, data: bytes | bytearray) -> None:
        """A stretch has come; passed over once the file is closed."""
        with self._lock:
            if self._file == _CLOSED:
                return
            view = memoryview(data)
            while view:
                written = os.pwrite(self._file, view, start + len(data) - len(view))
                view = view[written:]
            # Nobody checks a tar's bytes later, so not even a power cut may leave a hole that counts as filled.
            if self._content.tar:
                os.fsync(self._file)
            self._done.add(start)
            self._write()

    def forget(self) -> None:
        """Begin anew."""
        self._done.clear()
        self._notes.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """It is whole: give it its name."""
        self.path.replace(target)
        self._notes.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove all traces."""
        self._notes.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _read(self) -> set[int]:
        try:
            found = json.loads(self._notes.read_text())
            if {name: found[name] for name in self._about} != self._about or not self.path.is_file():
                return set()
            return {start for first, last in found["done"] for start in range(first, last + 1, self._step)}
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def _write(self) -> None:
        fresh = self._notes.with_name(f"{self._notes.name}.new")
        fresh.write_text(json.dumps({**self._about, "done": _runs(sorted(self._done), self._step)}))
        fresh.replace(self._notes)


def _runs(starts: Iterable[int], step: int) -> list[list[int]]:
    """Neighbours as first and last: a file has thousands of stretches, but few gaps."""
    runs: list[list[int]] = []
    for start in starts:
        if runs and start == runs[-1][1] + step:
            runs[-1][1] = start
        else:
            runs.append([start, start])
    return runs
