"""What the accounts of a long run put: few contents, so that they meet again and again, files and folders alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import ipfs
from tests.blobs.shape import content
from tests.workers.images import png

FILES: Mapping[str, bytes] = {
    "empty": b"",
    "a": b"a",
    "b": b"bb",
    "text called a picture": b"no picture",
    "picture": png((4, 4)),
    "long": content(2000),
}
"""Bytes by a short name. In the small shape an object holds 768 bytes, so the last needs three."""
PICTURES = frozenset({"picture", "text called a picture"})
"""What is declared to be a PNG."""

FOLDERS: Mapping[str, Mapping[str, str]] = {
    "flat": {"one": "a", "two": "b"},
    "nested": {"x/y/one": "a", "x/one again": "a", "long": "long", "picture.png": "picture", "nothing": "empty"},
}
"""Name of the content by path."""


@dataclass(frozen=True)
class Item:
    """Something an account can hold.

    Attributes:
        cid: Its address.
        size: Bytes that count.
        stored: Bytes that are stored: of a folder, equal files once.
        files: Bytes by path; of a file, by the empty path.
    """

    cid: str
    size: int
    stored: int
    files: Mapping[str, bytes]

    @property
    def folder(self) -> bool:
        return "" not in self.files


def _file(data: bytes) -> Item:
    return Item(ipfs.file_node(data).cid, len(data), len(data), {"": data})


def _folder(paths: Mapping[str, str]) -> Item:
    files = {path: FILES[name] for path, name in paths.items()}
    root = ipfs.tree({path: ipfs.file_node(data) for path, data in files.items()})[""]
    return Item(root.cid, sum(map(len, files.values())), sum(map(len, set(files.values()))), files)


ITEMS: Mapping[str, Item] = {
    **{name: _file(data) for name, data in FILES.items()},
    **{name: _folder(paths) for name, paths in FOLDERS.items()},
}
"""Files and folders by their short names."""
BY_CID = {item.cid: item for item in ITEMS.values()}

Named = Sequence[tuple[str, str]]
"""Files of a put: the short name of each content, and the name it is put under."""
