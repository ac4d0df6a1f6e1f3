"""Addresses of folders, from the nodes of their entries."""

from collections.abc import Mapping
from typing import Final

from chalicelib.ipfs.dagpb import folder_block, link
from chalicelib.ipfs.node import Node
from chalicelib.ipfs.shards import shard_node

# kubo's estimate of a folder's block: the bytes of each name and of its child's CID. It shards above the limit.
_FLAT_LIMIT: Final = 262_144
_CID_BYTES: Final = 34


def folder_node(entries: Mapping[str, Node]) -> Node:
    """Address a folder from the nodes of its files and sub-folders.

    Names are taken as they are: no normalisation, and sorted by their raw UTF-8 bytes. The folder is one flat block
    until the sum over all entries of the name's bytes and 34 is greater than 262,144; then it is sharded.

    Args:
        entries: Node of each entry by its name; none for an empty folder.

    Raises:
        ValueError: A name is empty, ".", "..", contains "/", or is not Unicode text (a lone surrogate).
        FolderTooDeep: A sharded folder cannot tell two of the names apart.
    """
    children = sorted(((_raw_name(name), node) for name, node in entries.items()), key=lambda child: child[0])
    if sum(len(name) + _CID_BYTES for name, _ in children) > _FLAT_LIMIT:
        return shard_node(children)
    block = folder_block(link(node.digest, node.dag_size, name) for name, node in children)
    return Node.above(block, entries.values())


def _raw_name(name: str) -> bytes:
    # A path would never reach an entry of these names.
    if name in {"", ".", ".."} or "/" in name:
        raise ValueError('the name of an entry is not empty, "." or "..", and holds no "/"')
    # UnicodeEncodeError is a ValueError.
    return name.encode("utf-8")
