"""Addresses of folders, flat or sharded, from the nodes of the files in them (the rules are in `cid`)."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final, NamedTuple

import mmh3

from .cid import Node, above, field, link

# kubo's estimate of a folder's block: the bytes of each name and of its child's CID. It shards above the limit.
_FLAT_LIMIT: Final = 262_144
_CID_BYTES: Final = 34
# UnixFS: type folder; type shard; hash function murmur3-x64-64 (0x22) and fanout 256.
_FOLDER: Final = b"\x0a\x02\x08\x01"
_SHARD: Final = b"\x08\x05"
_SHARDING: Final = b"\x28\x22\x30\x80\x02"


class _Entry(NamedTuple):
    place: bytes
    name: bytes
    node: Node


def folder(files: Mapping[str, Node], empty: Iterable[str] = ()) -> Node:
    """The root of a folder.

    Args:
        files: Node of each file by its path, with `/` between the levels.
        empty: Paths of folders that exist though no file lies in them.
    """
    entries: dict[str, Node] = {}
    below: dict[str, tuple[dict[str, Node], list[str]]] = {}
    for path, node in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            below.setdefault(name, ({}, []))[0][rest] = node
        else:
            entries[name] = node
    for path in empty:
        name, slash, rest = path.partition("/")
        inner = below.setdefault(name, ({}, []))[1]
        inner.extend([rest] if slash else [])
    entries |= {name: folder(*inner) for name, inner in below.items()}
    return _directory(entries)


def _directory(entries: Mapping[str, Node]) -> Node:
    children = sorted((name.encode(), node) for name, node in entries.items())
    if sum(len(name) + _CID_BYTES for name, _ in children) > _FLAT_LIMIT:
        return _shard(sorted(_Entry(_place(name), name, node) for name, node in children), 0)
    block = b"".join(link(node, name) for name, node in children) + _FOLDER
    return above(block, [node for _, node in children])


def _place(name: bytes) -> bytes:
    """Where a name stands in the shards: byte d picks the slot at level d."""
    return mmh3.hash64(name, 0, x64arch=True, signed=False)[0].to_bytes(8)


def _shard(entries: list[_Entry], level: int) -> Node:
    """One shard, from its entries sorted by place.

    Raises:
        IndexError: Two names agree in all 64 bits of their hashes, which kubo and the server refuse too.
    """
    links, nodes, taken = b"", [], 0
    for slot, group in groupby(entries, key=lambda entry: entry.place[level]):
        first, *others = group
        node = _shard([first, *others], level + 1) if others else first.node
        links += link(node, b"%02X" % slot + (b"" if others else first.name))
        nodes.append(node)
        taken |= 1 << slot
    bitfield = taken.to_bytes((taken.bit_length() + 7) // 8)
    return above(links + field(b"\x0a", _SHARD + field(b"\x12", bitfield) + _SHARDING), nodes)
