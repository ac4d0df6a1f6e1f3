"""Addresses of files: leaves hashed apart from each other, then joined into one balanced tree."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from hashlib import sha256
from typing import Final

from typing_extensions import Buffer

from chalicelib import cores
from chalicelib.ipfs.dagpb import file_block, leaf_frame, link
from chalicelib.ipfs.node import Node

CHUNK: Final = 262_144
"""Bytes of a file in each leaf; only the last leaf may hold fewer."""
MAX_LINKS: Final = 174
"""Children of one node in a file's tree, at most."""

STRETCH: Final = 4 * CHUNK
"""Bytes of a file in memory that one thread hashes at a time."""

# The frame of a full chunk is constant: its head is hashed once, and every full leaf starts from a copy.
_FULL_HEAD, _FULL_TAIL = leaf_frame(CHUNK)
_FULL_HASH: Final = sha256(_FULL_HEAD)


def leaf_digests(data: Buffer) -> list[bytes]:
    """Hash the leaves of a stretch of a file, without copying it.

    A leaf depends on its own bytes alone, so stretches may be hashed in any order and in any process.

    Args:
        data: Contiguous bytes that begin at a multiple of `CHUNK` in the file, and end at one or at the file's end.

    Returns:
        SHA-256 of each leaf's block, in order; for no data, that of the one leaf of an empty file.

    Raises:
        TypeError: The data is not contiguous bytes.
    """
    view = memoryview(data).cast("B")
    return [_leaf_digest(view[start : start + CHUNK]) for start in range(0, len(view) or 1, CHUNK)]


def join_leaves(digests: Sequence[bytes], size: int) -> Node:
    """Build the balanced tree over the leaves of a whole file.

    Args:
        digests: SHA-256 of every leaf's block, in the order of the file.
        size: Bytes of the file.

    Raises:
        ValueError: A file of this size has another number of leaves, or a digest is not 32 bytes long.
    """
    expected = max(1, -(-size // CHUNK))
    if size < 0 or len(digests) != expected:
        raise ValueError(f"{len(digests)} leaves do not make a file of {size} bytes")
    last = size - (expected - 1) * CHUNK
    level = [_leaf_node(digest, CHUNK) for digest in digests[:-1]]
    level.append(_leaf_node(digests[-1], last))
    # A trailing group of one gets a parent like any other, so that all leaves are equally deep.
    while len(level) > 1:
        level = [_parent(level[start : start + MAX_LINKS]) for start in range(0, len(level), MAX_LINKS)]
    return level[0]


def file_node(data: Buffer) -> Node:
    """Address a whole file in memory, on all cores: SHA-256 runs without the interpreter's lock.

    Raises:
        TypeError: The data is not contiguous bytes.
    """
    # Released before the caller goes on: a helper's last hold on it would keep what it lies in from being closed.
    with memoryview(data).cast("B") as view:
        helpers = min(cores.available(), -(-len(view) // STRETCH)) - 1
        digests = _digests_with(helpers, view) if helpers > 0 else leaf_digests(view)
        return join_leaves(digests, len(view))


def _digests_with(helpers: int, view: memoryview) -> list[bytes]:
    """Hash the leaves of a file in this thread and in `helpers` others; who is free takes the next stretch."""
    todo = deque(range(0, len(view), STRETCH))
    found: dict[int, list[bytes]] = {}

    def take() -> None:
        while todo:
            try:
                start = todo.popleft()
            except IndexError:  # another one was faster
                return
            with view[start : start + STRETCH] as stretch:
                found[start] = leaf_digests(stretch)

    helping = [_helpers().submit(take) for _ in range(helpers)]
    try:
        take()
    finally:
        todo.clear()
        # Who has not begun, since other callers keep the helpers busy, is not waited for.
        begun = [one for one in helping if not one.cancel()]
        wait(begun)
    for one in begun:
        one.result()
    return [digest for start in sorted(found) for digest in found[start]]


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, cores.available() - 1), thread_name_prefix="leaves")


class FileHasher:
    """Addresses a file that arrives in pieces of any length.

    It holds back less than one chunk, and 32 bytes for each chunk gone by. Chunks that lie whole in a piece are hashed
    where they lie, all else is copied once, so pieces of a mebibyte and more are fastest. A piece is free to change
    once `update` returns. Not for several threads at once.
    """

    __slots__ = ("_digests", "_held", "_kept", "_size")

    def __init__(self) -> None:
        self._digests: list[bytes] = []
        self._size = 0
        # One buffer for the whole file: a new one for each chunk would cost a tenth of the hashing in page faults.
        self._held = memoryview(bytearray(CHUNK))
        self._kept = 0

    def update(self, data: Buffer) -> None:
        """Take the next piece of the file.

        Raises:
            TypeError: The data is not contiguous bytes.
        """
        view = memoryview(data).cast("B")
        self._size += len(view)
        if self._kept:
            view = self._top_up(view)
        whole = len(view) - len(view) % CHUNK
        if whole:
            self._digests += leaf_digests(view[:whole])
        self._keep(view[whole:])

    def node(self) -> Node:
        """Address what has come so far, as if the file ended here; more may follow."""
        if self._digests and not self._kept:
            return join_leaves(self._digests, self._size)
        return join_leaves([*self._digests, _leaf_digest(self._held[: self._kept])], self._size)

    def _top_up(self, view: memoryview) -> memoryview:
        """Fill the chunk held back from the piece, and return what is left of the piece."""
        missing = CHUNK - self._kept
        self._keep(view[:missing])
        if self._kept == CHUNK:
            self._digests.append(_leaf_digest(self._held))
            self._kept = 0
        return view[missing:]

    def _keep(self, view: memoryview) -> None:
        end = self._kept + len(view)
        self._held[self._kept : end] = view
        self._kept = end


def _leaf_digest(chunk: memoryview) -> bytes:
    """Hash one leaf as head, chunk and tail, one after another: the block itself is never built."""
    if len(chunk) == CHUNK:
        digest, tail = _FULL_HASH.copy(), _FULL_TAIL
    else:
        head, tail = leaf_frame(len(chunk))
        digest = sha256(head)
    digest.update(chunk)
    digest.update(tail)
    return digest.digest()


def _leaf_node(digest: bytes, size: int) -> Node:
    head, tail = leaf_frame(size)
    return Node(digest, size, len(head) + size + len(tail))


def _parent(children: Sequence[Node]) -> Node:
    links = [link(child.digest, child.dag_size) for child in children]
    block = file_block(links, [child.size for child in children])
    return Node(
        digest=sha256(block).digest(),
        size=sum(child.size for child in children),
        dag_size=len(block) + sum(child.dag_size for child in children),
    )
