"""How an upload is cut into parts. Pure.

A part is 8 MiB, one object of the blob to be: each is hashed, sealed and stored on its own. Each file begins with a
part of its own, so the last part of each may be shorter, and an empty file has none. In a blob of several files, file k
thus begins at a multiple of 8 MiB, and what lies between its end and the next multiple is no part of anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.blobs import segments

PART = segments.OBJECT
"""Bytes of a part; a whole multiple of the chunks that addresses are made of."""
MOST_PARTS = 10_000
MOST_TOLD = 4_000_000
"""Bytes of an answer that tells of all parts: more, with a thousand links, would not fit one of Lambda's."""
_PART_BYTES = 90


@dataclass(frozen=True, slots=True)
class Declared:
    """A file to come: where in the folder (its name, if it comes alone), its bytes, and what the client says it is."""

    path: str
    size: int
    mimetype: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its number, of which file, and its bytes."""

    number: int
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A file and where it is to stand: its first part, and how many it has."""

    file: Declared
    first: int
    count: int

    @property
    def offset(self) -> int:
        """Where it begins in the blob."""
        return self.first * PART


def place(files: Sequence[Declared]) -> list[Placed]:
    """Where each file is to stand, in the order of the files."""
    placed = []
    first = 0
    for file in files:
        count = segments.objects(file.size)
        placed.append(Placed(file, first, count))
        first += count
    return placed


def parts(files: Sequence[Declared]) -> Iterator[Part]:
    """All parts, in the order of their numbers."""
    for placed in place(files):
        for at in range(placed.count):
            yield Part(placed.first + at, placed.file.path, min(PART, placed.file.size - at * PART))


def told(files: Sequence[Declared]) -> int:
    """About how many bytes it takes to tell of all parts, each with its path, beside their links."""
    return sum(segments.objects(file.size) * (len(file.path.encode()) + _PART_BYTES) for file in files)


def count(files: Sequence[Declared]) -> int:
    """Number of parts."""
    return sum(segments.objects(file.size) for file in files)
