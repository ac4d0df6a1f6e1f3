"""Addresses of what is on disk, on two threads: SHA-256 runs without the interpreter's lock."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import trees
from .cid import CHUNK, Node, join_leaves, leaf_digests
from .crews import Crew
from .errors import UsageError
from .sources import Source, walk

STRETCH = 16 * CHUNK
"""Bytes that one thread reads and hashes at a time."""
_THREADS = 2
_Stretch = tuple[Source, int]


def nodes(sources: Sequence[Source], advance: Callable[[int], None]) -> dict[str, Node]:
    """The node of each file by its name; `advance` is told of the bytes that are done.

    Raises:
        ChangedError: A file is not what it was.
    """
    stretches = [(source, start) for source in sources for start in range(0, source.size or 1, STRETCH)]
    digests: dict[str, list[bytes]] = {source.name: [] for source in sources}

    def work(stretch: _Stretch) -> list[bytes]:
        source, start = stretch
        size = min(STRETCH, source.size - start)
        found = leaf_digests(b"".join(source.pieces(start, size, STRETCH)))
        advance(size)
        return found

    with Crew(_THREADS, 2 * _THREADS).each(work, stretches) as done:
        for (source, _), found in zip(stretches, done, strict=True):
            digests[source.name] += found
    return {source.name: join_leaves(digests[source.name], source.size) for source in sources}


def folder(files: Mapping[str, Node]) -> Node:
    """The node of a folder.

    Raises:
        UsageError: Two of its names cannot be told apart in a folder of this size.
    """
    try:
        return trees.folder(files)
    except IndexError:
        raise UsageError("Two names in this folder have the same hash: rename one of them") from None


def tree(root: Path) -> Node:
    """The node of a folder on disk."""
    return folder(nodes(walk(root, lambda _: None), lambda _: None))
