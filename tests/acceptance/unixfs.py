"""A second, independent encoder of files and folders as IPFS addresses them (kubo's defaults), and known vectors.

CIDv0 of balanced UnixFS trees: leaves of 262,144 bytes, 174 links a node.
"""

import functools
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CHUNK = 262_144
WIDTH = 174
VECTORS = Path(__file__).parents[1] / "data" / "cid_vectors.json"

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# A node of a tree: its digest, the file bytes below it, and the bytes of its block and of all blocks below.
_Node = tuple[bytes, int, int]


def address(data: bytes) -> str:
    """The CID of a file."""
    return _base58(b"\x12\x20" + _file(data)[0])


def _file(data: bytes) -> _Node:
    view = memoryview(data)
    level = [_leaf(view[at : at + CHUNK]) for at in range(0, max(len(data), 1), CHUNK)]
    while len(level) > 1:
        level = [_parent(level[at : at + WIDTH]) for at in range(0, len(level), WIDTH)]
    return level[0]


def folder_address(files: Mapping[str, bytes]) -> str:
    """The CID of a folder of few files, by path; flat, as all small folders are."""
    return _base58(b"\x12\x20" + _folder(files)[0])


def _folder(files: Mapping[str, bytes]) -> _Node:
    nodes: dict[str, _Node] = {}
    inner: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            inner.setdefault(name, {})[rest] = data
        else:
            nodes[name] = _file(data)
    nodes |= {name: _folder(below) for name, below in inner.items()}
    links = b"".join(
        _field(0x12, _field(0x0A, b"\x12\x20" + digest) + _field(0x12, name.encode()) + b"\x18" + _varint(total))
        for name, (digest, _, total) in sorted(nodes.items(), key=lambda one: one[0].encode())
    )
    block = links + _field(0x0A, b"\x08\x01")
    return hashlib.sha256(block).digest(), 0, len(block) + sum(node[2] for node in nodes.values())


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + _varint(len(content)) + content


def _leaf(chunk: memoryview) -> _Node:
    data = _field(0x12, bytes(chunk)) if chunk else b""
    block = _field(0x0A, b"\x08\x02" + data + b"\x18" + _varint(len(chunk)))
    return hashlib.sha256(block).digest(), len(chunk), len(block)


def _parent(children: list[_Node]) -> _Node:
    links = b"".join(
        _field(0x12, _field(0x0A, b"\x12\x20" + digest) + b"\x12\x00" + b"\x18" + _varint(total))
        for digest, _, total in children
    )
    size = sum(child[1] for child in children)
    sizes = b"".join(b"\x20" + _varint(child[1]) for child in children)
    block = links + _field(0x0A, b"\x08\x02\x18" + _varint(size) + sizes)
    return hashlib.sha256(block).digest(), size, len(block) + sum(child[2] for child in children)


def _base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return text


def vectors(most: int) -> list[Mapping[str, Any]]:
    """The known vectors of files up to `most` bytes."""
    return [vector for vector in json.loads(VECTORS.read_text())["files"] if vector["size"] <= most]


def content(generator: Mapping[str, Any]) -> bytes:
    """The bytes that a vector's generator describes."""
    kind = generator["kind"]
    if kind == "utf8":
        return str(generator["text"]).encode()
    if kind == "zeros":
        return bytes(generator["size"])
    stream = {"sha256ctr": _sha256ctr, "chacha20": _chacha20}[kind]
    size = int(generator["size"])
    # Rounded up to 64 KiB, so that neighbours in size share a stream.
    return stream(generator["seed"], (size // 65_536 + 1) * 1_024)[:size]


@functools.cache
def _sha256ctr(seed: str, blocks: int) -> bytes:
    prefix = seed.encode()
    return b"".join(hashlib.sha256(prefix + counter.to_bytes(8, "big")).digest() for counter in range(2 * blocks))


@functools.cache
def _chacha20(seed: str, blocks: int) -> bytes:
    """The IETF keystream under SHA-256 of the seed; nonce and counter begin at zero (RFC 8439)."""
    key = struct.unpack("<8I", hashlib.sha256(seed.encode()).digest())
    constants = struct.unpack("<4I", b"expand 32-byte k")
    return b"".join(_chacha_block([*constants, *key, counter, 0, 0, 0]) for counter in range(blocks))


def _chacha_block(start: list[int]) -> bytes:
    state = list(start)
    for _ in range(10):
        for at in _quarters():
            _quarter(state, *at)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, start, strict=True)))


def _quarters() -> Iterator[tuple[int, int, int, int]]:
    for column in range(4):
        yield column, column + 4, column + 8, column + 12
    for column in range(4):
        yield column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12


def _quarter(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for left, right in ((16, 12), (8, 7)):
        state[a] = (state[a] + state[b]) & 0xFFFFFFFF
        mixed = state[d] ^ state[a]
        state[d] = (mixed << left | mixed >> (32 - left)) & 0xFFFFFFFF
        state[c] = (state[c] + state[d]) & 0xFFFFFFFF
        mixed = state[b] ^ state[c]
        state[b] = (mixed << right | mixed >> (32 - right)) & 0xFFFFFFFF
