"""A second, deliberately plain encoder: it builds every block with a general protobuf writer and keeps them all.

It shares nothing with the code under test. It builds files from the root down where that joins from the leaves up,
and shards by one insertion after another where that sorts.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from tests.ipfs.murmur import first_half

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FOLDER, FILE, SHARD = 1, 2, 5
FLAT_LIMIT = 262_144


class Known(NamedTuple):
    digest: bytes
    size: int
    dag_size: int


class Entry(NamedTuple):
    name: bytes
    child: Known


Slots: TypeAlias = "dict[int, Slots | Entry]"
Tree: TypeAlias = "dict[str, Tree | Known]"


def cid(digest: bytes) -> str:
    number, text = int.from_bytes(b"\x12\x20" + digest), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return text


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + _varint(number // 128)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


class Dag:
    """The blocks written so far, by digest."""

    def __init__(self) -> None:
        self.blocks: dict[bytes, bytes] = {}
        self.links: dict[bytes, int] = {}
        self.shards: set[bytes] = set()
        self.written = 0

    def file(self, data: bytes) -> Known:
        chunks = [data[start : start + 262144] for start in range(0, len(data), 262144)] or [b""]
        return self.tree([self._leaf(chunk) for chunk in chunks])

    def tree(self, leaves: Sequence[Known]) -> Known:
        depth = 0
        while 174**depth < len(leaves):
            depth += 1
        return self._subtree(leaves, depth)

    def folder(self, entries: Mapping[str, Known]) -> Known:
        if sum(len(name.encode()) + 34 for name in entries) > FLAT_LIMIT:
            return self.sharded(entries)
        return self.flat(entries)

    def flat(self, entries: Mapping[str, Known]) -> Known:
        named = sorted((name.encode(), child) for name, child in entries.items())
        return self._put(named, _field(1, FOLDER), sum(child.size for _, child in named))

    def sharded(self, entries: Mapping[str, Known]) -> Known:
        root: Slots = {}
        for name, child in entries.items():
            _insert(root, Entry(name.encode(), child), 0)
        return self._shard(root)

    def folders(self, tree: Tree) -> Known:
        return self.folder({name: self.folders(it) if isinstance(it, dict) else it for name, it in tree.items()})

    def _shard(self, slots: Slots) -> Known:
        named = []
        for slot, there in sorted(slots.items()):
            below = Entry(b"", self._shard(there)) if isinstance(there, dict) else there
            named.append((f"{slot:02X}".encode() + below.name, below.child))
        bits = "".join("1" if slot in slots else "0" for slot in reversed(range(256)))
        bitfield = int(bits, 2).to_bytes(32).lstrip(b"\0")
        data = _field(1, SHARD) + _field(2, bitfield) + _field(5, 0x22) + _field(6, 256)
        shard = self._put(named, data, sum(child.size for _, child in named))
        self.shards.add(shard.digest)
        return shard

    def _subtree(self, leaves: Sequence[Known], depth: int) -> Known:
        if depth == 0:
            (leaf,) = leaves
            return leaf
        width = 174 ** (depth - 1)
        groups = [leaves[start : start + width] for start in range(0, len(leaves), width)]
        children = [self._subtree(group, depth - 1) for group in groups]
        size = sum(child.size for child in children)
        data = _field(1, FILE) + _field(3, size) + b"".join(_field(4, child.size) for child in children)
        return self._put([(b"", child) for child in children], data, size)

    def _leaf(self, chunk: bytes) -> Known:
        data = _field(1, FILE) + (_field(2, chunk) if chunk else b"") + _field(3, len(chunk))
        return self._put([], data, len(chunk))

    def _put(self, children: Sequence[tuple[bytes, Known]], data: bytes, size: int) -> Known:
        block = b""
        for name, child in children:
            block += _field(2, _field(1, b"\x12\x20" + child.digest) + _field(2, name) + _field(3, child.dag_size))
        block += _field(1, data)
        digest = sha256(block).digest()
        self.blocks[digest] = block
        self.links[digest] = len(children)
        self.written += 1
        return Known(digest, size, len(block) + sum(child.dag_size for _, child in children))


def _insert(slots: Slots, entry: Entry, level: int) -> None:
    slot = first_half(entry.name)[level]
    there = slots.get(slot)
    if there is None:
        slots[slot] = entry
        return
    below: Slots = {} if isinstance(there, Entry) else there
    if isinstance(there, Entry):
        _insert(below, there, level + 1)
        slots[slot] = below
    _insert(below, entry, level + 1)
