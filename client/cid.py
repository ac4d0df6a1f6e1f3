"""Addresses of files as `ipfs add` computes them: CIDv0, SHA-256, leaves of 262,144 bytes, 174 links a node.

The rules are kubo's defaults, the profile `unixfs-v0-2015` of IPIP-499. The client computes them itself, so that it
need not believe the server about what was stored or read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

import base58

CHUNK: Final = 262_144
"""Bytes of a file in each leaf; only the last leaf may hold fewer."""
MAX_LINKS: Final = 174

_MULTIHASH: Final = b"\x12\x20"
_TEXT: Final = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")
# UnixFS: field 1 is the type (2 is a file), field 2 the data, field 3 the file's size, field 4 the children's.
_FILE: Final = b"\x08\x02"


@dataclass(frozen=True, slots=True)
class Node:
    """A block and all below it: SHA-256 of the block, bytes of the file, and bytes of all blocks (dag-pb's Tsize)."""

    digest: bytes
    size: int
    dag_size: int

    @property
    def cid(self) -> str:
        """CIDv0 of the block: 46 characters, beginning "Qm"."""
        return base58.b58encode(_MULTIHASH + self.digest).decode()


def is_cid(text: str) -> bool:
    """Whether a text looks like a CIDv0; the server looks closer."""
    return _TEXT.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def varint(value: int) -> bytes:
    """An unsigned LEB128 number."""
    encoded = bytearray()
    while value >= 1 << 7:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(tag: bytes, body: bytes) -> bytes:
    """A protobuf field that carries its length."""
    return tag + varint(len(body)) + body


def link(child: Node, name: bytes = b"") -> bytes:
    """A dag-pb link; a file's tree has empty names, which are written nevertheless."""
    digest = b"\x0a\x22" + _MULTIHASH + child.digest
    return field(b"\x12", digest + field(b"\x12", name) + b"\x18" + varint(child.dag_size))


def above(block: bytes, children: Iterable[Node]) -> Node:
    """The node of a block that only links to others."""
    children = tuple(children)
    dag_size = len(block) + sum(child.dag_size for child in children)
    return Node(sha256(block).digest(), sum(child.size for child in children), dag_size)


def _frame(size: int) -> tuple[bytes, bytes]:
    """What stands before and after the bytes of a leaf."""
    head = _FILE + (b"\x12" + varint(size) if size else b"")
    tail = b"\x18" + varint(size)
    return b"\x0a" + varint(len(head) + size + len(tail)) + head, tail


def leaf_digests(data: bytes | bytearray | memoryview) -> list[bytes]:
    """SHA-256 of each leaf of a stretch of a file, which must begin at a multiple of `CHUNK`; no data is one leaf."""
    view = memoryview(data)
    digests = []
    for start in range(0, len(view) or 1, CHUNK):
        chunk = view[start : start + CHUNK]
        head, tail = _frame(len(chunk))
        digest = sha256(head)
        digest.update(chunk)
        digest.update(tail)
        digests.append(digest.digest())
    return digests


def join_leaves(digests: Sequence[bytes], size: int) -> Node:
    """The root of a file from the digests of all its leaves, in order.

    Raises:
        ValueError: A file of this size has another number of leaves.
    """
    sizes = [min(CHUNK, size - start) for start in range(0, size or 1, CHUNK)]
    level = [Node(digest, n, sum(map(len, _frame(n))) + n) for digest, n in zip(digests, sizes, strict=True)]
    # A trailing group of one gets a parent like any other: all leaves are equally deep.
    while len(level) > 1:
        level = [_parent(level[start : start + MAX_LINKS]) for start in range(0, len(level), MAX_LINKS)]
    return level[0]


def _parent(children: Sequence[Node]) -> Node:
    sizes = b"".join(b"\x20" + varint(child.size) for child in children)
    data = _FILE + b"\x18" + varint(sum(child.size for child in children)) + sizes
    return above(b"".join(map(link, children)) + field(b"\x0a", data), children)
