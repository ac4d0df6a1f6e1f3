"""Encoded blocks: dag-pb nodes around UnixFS data, byte for byte as kubo writes them.

dag-pb: https://ipld.io/specs/codecs/dag-pb/spec/; UnixFS: https://specs.ipfs.tech/unixfs/. Every length and size
is an unsigned LEB128 varint, in bytes.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

# UnixFS Data messages: field 1 is the type (1 folder, 2 file, 5 HAMT shard), field 2 data, field 3 file size,
# field 4 block sizes, field 5 hash function (0x22, murmur3-x64-64), field 6 fanout (256).
_FILE_TYPE = b"\x08\x02"
_FOLDER_DATA = b"\x0a\x02\x08\x01"
_SHARD_TYPE = b"\x08\x05"
_SHARD_HASHING = b"\x28\x22\x30\x80\x02"
# Field 1 of a link: a CIDv0 is its bare multihash, 34 bytes.
_LINK_HASH = b"\x0a\x22\x12\x20"


# A tree repeats few sizes: all its nodes of one level but the last are equal.
@lru_cache(maxsize=1024)
def varint(value: int) -> bytes:
    """Encode an unsigned integer as LEB128: seven bits a byte, the lowest first.

    Raises:
        ValueError: The value is negative.
    """
    if value < 0:
        raise ValueError("a varint is unsigned")
    encoded = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - the largest value of seven bits
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def leaf_frame(size: int) -> tuple[bytes, bytes]:
    """Give what stands before and after the bytes of a leaf.

    Args:
        size: Bytes of the file in this leaf.

    Returns:
        Head and tail, so that head + bytes + tail is the encoded block.
    """
    # kubo leaves field 2 out of the leaf of an empty file, and writes the file size 0 all the same.
    inner_head = _FILE_TYPE + (b"\x12" + varint(size) if size else b"")
    tail = b"\x18" + varint(size)
    return b"\x0a" + varint(len(inner_head) + size + len(tail)) + inner_head, tail


def link(digest: bytes, tsize: int, name: bytes = b"") -> bytes:
    """Encode a link as the parent's block holds it.

    Args:
        digest: SHA-256 of the child's block, 32 bytes.
        tsize: dag_size of the child, in bytes.
        name: Raw name of a folder's entry; empty in a file's tree, where it is written nevertheless.
    """
    body = b"".join((_LINK_HASH, digest, b"\x12", varint(len(name)), name, b"\x18", varint(tsize)))
    return b"\x12" + varint(len(body)) + body


def file_block(links: Iterable[bytes], sizes: Iterable[int]) -> bytes:
    """Encode a parent in a file's tree.

    Args:
        links: Encoded links to the children, in the order of the file.
        sizes: Bytes of the file below each child, in the same order.
    """
    sizes = tuple(sizes)
    data = _FILE_TYPE + b"\x18" + varint(sum(sizes)) + b"".join(b"\x20" + varint(size) for size in sizes)
    # dag-pb puts the links first, although their field number is the higher one.
    return b"".join(links) + b"\x0a" + varint(len(data)) + data


def folder_block(links: Iterable[bytes]) -> bytes:
    """Encode a flat folder from its encoded links, which must be sorted by raw name."""
    return b"".join(links) + _FOLDER_DATA


def shard_block(links: Mapping[int, bytes]) -> bytes:
    """Encode one shard of a sharded folder.

    Args:
        links: Encoded links by slot, 0 to 255, at least one; they must be sorted by slot, as their names then are.
    """
    # A big-endian number with one bit for each slot taken, without leading zero bytes.
    taken = sum(1 << slot for slot in links)
    bitfield = taken.to_bytes((taken.bit_length() + 7) // 8)
    data = _SHARD_TYPE + b"\x12" + varint(len(bitfield)) + bitfield + _SHARD_HASHING
    return b"".join(links.values()) + b"\x0a" + varint(len(data)) + data
