"""IPFS addresses of files and folders, computed in memory: no network, no storage, no AWS.

The rules are kubo's defaults, the profile `unixfs-v0-2015` of IPIP-499: CIDv0, SHA-256, dag-pb leaves of
262,144 bytes, a balanced tree of 174 links a node, and folders in one flat block, or above kubo's threshold in a
tree of shards (HAMT).
"""

from chalicelib.ipfs.cid import InvalidCid, encode_cid, parse_cid
from chalicelib.ipfs.files import CHUNK, MAX_LINKS, FileHasher, file_node, join_leaves, leaf_digests
from chalicelib.ipfs.folders import folder_node
from chalicelib.ipfs.node import Node
from chalicelib.ipfs.shards import FolderTooDeep
from chalicelib.ipfs.trees import tree

__all__ = [
    "CHUNK",
    "MAX_LINKS",
    "FileHasher",
    "FolderTooDeep",
    "InvalidCid",
    "Node",
    "encode_cid",
    "file_node",
    "folder_node",
    "join_leaves",
    "leaf_digests",
    "parse_cid",
    "tree",
]
