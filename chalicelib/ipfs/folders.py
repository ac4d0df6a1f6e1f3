"""Addresses of folders, from the nodes of their entries."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from chalicelib.ipfs.dagpb import folder_block, link
from chalicelib.ipfs.node import Node

# kubo's estimate of a folder's block: the bytes of each name and of its child's CID. It shards above the limit.
_FLAT_LIMIT: Final = 262_144
_CID_BYTES: Final = 34


class FolderTooLarge(Exception):  # noqa: N818 - reads as what it is, as every refusal of this package does
    """The folder needs a sharded (HAMT) address: its names and CIDs exceed 262,144 bytes."""


def folder_node(entries: Mapping[str, Node]) -> Node:
    """Address a folder from the nodes of its files and sub-folders.

    Names are taken as they are: no normalisation, and sorted by their raw UTF-8 bytes.

    Args:
        entries: Node of each entry by its name; none for an empty folder.

    Raises:
        ValueError: A name is empty, contains "/", or is not Unicode text (a lone surrogate).
        FolderTooLarge: The sum over all entries of the name's bytes and 34 is greater than 262,144.
    """
    children = sorted(((_raw_name(name), node) for name, node in entries.items()), key=lambda child: child[0])
    if sum(len(name) + _CID_BYTES for name, _ in children) > _FLAT_LIMIT:
        raise FolderTooLarge(f"a flat folder cannot hold these {len(children)} entries")
    block = folder_block(link(node.digest, node.dag_size, name) for name, node in children)
    return Node(
        digest=sha256(block).digest(),
        size=sum(node.size for _, node in children),
        dag_size=len(block) + sum(node.dag_size for _, node in children),
    )


def _raw_name(name: str) -> bytes:
    if not name or "/" in name:
        raise ValueError('the name of an entry is not empty and holds no "/"')
    # UnicodeEncodeError is a ValueError.
    return name.encode("utf-8")
