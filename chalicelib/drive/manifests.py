"""What is in a folder: a sealed manifest, in rows beside its blob's.

A small manifest is one row, page 0. A larger one is split by a digest of each path over pages 1 to 8, so that one path
is found in one known row, however many files there are: a read asks for page 0 and that one together. All pages are
written in one transaction, which bounds what a folder can hold.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import BlobRow, Fresh
from chalicelib.drive import paths
from chalicelib.drive.errors import FolderTooLargeError
from chalicelib.drive.tables import ManifestRow
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import open_message, seal

PAGES = 8
MOST_PAGE_BYTES = 380_000
"""Sealed bytes of one page: a row of DynamoDB holds 400 KB, and a transaction 4 MB."""


@dataclass(frozen=True, slots=True)
class Child:
    """A file or folder in a folder.

    Attributes:
        cid: Its address.
        size: Its bytes; of a folder, those of all files below it.
        offset: Where a file begins in the folder's blob; None for a folder.
    """

    cid: str
    size: int
    offset: int | None = None

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.offset is None


Manifest = Mapping[str, Child]
"""Everything below a folder by its path; of one page, what is on it."""


def pack(manifest: Manifest, held: Fresh) -> list[ManifestRow]:
    """The rows of a new folder's manifest, sealed under its DEK.

    Raises:
        FolderTooLargeError: They hold more than a transaction can write.
    """
    rows = [_row(held, 0, manifest)]
    if len(rows[0].body) > MOST_PAGE_BYTES:
        split: list[dict[str, Child]] = [{} for _ in range(PAGES)]
        for path, child in manifest.items():
            split[_bucket(path) - 1][path] = child
        rows = [_row(held, number, page) for number, page in enumerate(split, 1)]
    if any(len(row.body) > MOST_PAGE_BYTES for row in rows):
        raise FolderTooLargeError
    return rows


def refs(cid: str, path: str | None = None) -> list[aws.Ref]:
    """The rows that tell what is at `path`; without one, all rows."""
    numbers = range(PAGES + 1) if path is None else (0, _bucket(path))
    return [aws.Ref(ManifestRow, _key(cid, number)) for number in numbers]


def held_rows(row: BlobRow) -> list[ManifestRow]:
    """The rows that belong to a folder's blob, to be deleted with it; none for a file."""
    return [ManifestRow(page=_key(row.cid, number)) for number in numbers(row)]


def numbers(row: BlobRow) -> range:
    """Numbers of the pages of a blob's manifest: none for a file."""
    if row.pages is None:
        return range(0)
    return range(1) if row.pages == 1 else range(1, PAGES + 1)


def read(rows: Sequence[ManifestRow | None], dek: bytes, blob: str) -> Manifest:
    """What some of the rows say together.

    Raises:
        BadMessageError: One was altered, or is of another blob.
    """
    found: dict[str, Child] = {}
    for row in rows:
        if row is not None:
            number = int(row.page.rpartition("/")[2])
            plain = zlib.decompress(open_message(dek_key(dek), row.body, _context(blob, number)))
            found |= {path: Child(*facts) for path, facts in json.loads(plain).items()}
    return found


def below(manifest: Manifest, folder: str) -> Manifest:
    """Everything below a folder, by path within it; the root is the empty path."""
    if not folder:
        return manifest
    prefix = f"{folder}/"
    return {path.removeprefix(prefix): child for path, child in manifest.items() if path.startswith(prefix)}


def children(manifest: Manifest, folder: str) -> list[tuple[str, Child]]:
    """What stands directly in a folder, by name, sorted by the names' bytes as in its address."""
    found = [(paths.name(path), child) for path, child in manifest.items() if paths.parent(path) == folder]
    return sorted(found, key=lambda one: one[0].encode())


def _row(held: Fresh, number: int, page: Manifest) -> ManifestRow:
    facts = {path: [c.cid, c.size] if c.folder else [c.cid, c.size, c.offset] for path, c in page.items()}
    plain = zlib.compress(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())
    body = seal(dek_key(held.dek), plain, _context(held.blob, number))
    return ManifestRow(page=_key(held.cid, number), blob=held.blob, body=body)


def _key(cid: str, number: int) -> str:
    return f"{cid}/{number}"


def _bucket(path: str) -> int:
    return 1 + hashlib.sha256(path.encode()).digest()[0] % PAGES


def _context(blob: str, number: int) -> dict[str, str]:
    return {"purpose": "manifest", "blob": blob, "page": str(number)}
