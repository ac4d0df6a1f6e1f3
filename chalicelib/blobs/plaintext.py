"""The bytes of a blob before they are sealed: one file, or the files of a folder one after another."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


class Plaintext:
    """Pieces of memory read as one, without joining them: a body is not copied to be stored.

    Args:
        pieces: In order; none for an empty blob.
    """

    __slots__ = ("_ends", "_pieces")

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        self._pieces = pieces
        self._ends = list(accumulate(len(piece) for piece in pieces))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def cut(self, start: int, stop: int) -> memoryview:
        """Bytes `start` to `stop`: a view where they lie in one piece, else a copy."""
        found = []
        at = bisect_right(self._ends, start)
        while at < len(self._pieces) and (begin := self._ends[at] - len(self._pieces[at])) < stop:
            found.append(self._pieces[at][max(start - begin, 0) : stop - begin])
            at += 1
        return found[0] if len(found) == 1 else memoryview(b"".join(found))
