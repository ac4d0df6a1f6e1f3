"""Addresses of folders too large for one block: a hash array mapped trie (HAMT) of shards.

The rules are those of UnixFS, https://specs.ipfs.tech/unixfs/#dag-pb-hamtdirectory: a name's place is its
MurmurHash3 x64-128 under seed 0, of which the first 64 bits count. Each shard has 256 slots and reads one byte of the
hash, the highest first; an entry alone in its slot is linked there, and several share a sub-shard.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

import mmh3

from chalicelib.ipfs.dagpb import link, shard_block
from chalicelib.ipfs.node import Node

_HASH_BYTES: Final = 8


class FolderTooDeep(ValueError):  # noqa: N818 - reads as what it is, as every refusal of this package does
    """Two names of a sharded folder agree in all 64 bits of their hashes; kubo refuses such a folder too."""


class _Entry(NamedTuple):
    place: bytes
    name: bytes
    node: Node


def shard_node(children: Iterable[tuple[bytes, Node]]) -> Node:
    """Address a sharded folder, whatever its size.

    Args:
        children: Raw name and node of each entry, at least one, in any order; no name comes twice.

    Raises:
        FolderTooDeep: Two names have the same hash. Such names can be made on purpose, cheaply.
    """
    entries = sorted((_Entry(_place(name), name, node) for name, node in children), key=lambda entry: entry.place)
    if any(entry.place == after.place for entry, after in pairwise(entries)):
        raise FolderTooDeep("two names of this folder have the same hash")
    return _shard(entries, 0)


def _place(name: bytes) -> bytes:
    return mmh3.hash64(name, 0, x64arch=True, signed=False)[0].to_bytes(_HASH_BYTES)


def _shard(entries: Sequence[_Entry], level: int) -> Node:
    """Address one shard from its entries, sorted by place: they agree before the byte of this level."""
    links: dict[int, bytes] = {}
    nodes: list[Node] = []
    for slot, group in groupby(entries, key=lambda entry: entry.place[level]):
        first, *others = group
        # Places differ in some byte, so this goes eight levels deep at most.
        node = _shard([first, *others], level + 1) if others else first.node
        name = b"%02X" % slot + (b"" if others else first.name)
        links[slot] = link(node.digest, node.dag_size, name)
        nodes.append(node)
    return Node.above(shard_block(links), nodes)
