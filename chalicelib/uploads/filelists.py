"""The list of files of an upload, at rest: sealed under the key of its blob, in as many rows as it needs."""

import json
import zlib
from collections.abc import Sequence

from chalicelib import aws
from chalicelib.drive.errors import FolderTooLargeError
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import open_message, seal
from chalicelib.uploads.plan import Declared
from chalicelib.uploads.tables import FilesRow, UploadRow

MOST_PAGES = 8
_PAGE_BYTES = 350_000


def seal_pages(dek: bytes, upload: str, files: Sequence[Declared]) -> list[FilesRow]:
    """The rows of a new list.

    Raises:
        FolderTooLargeError: They hold more than a transaction can write.
    """
    facts = [[file.path, file.size, file.mimetype] for file in files]
    packed = zlib.compress(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())
    cuts = [packed[at : at + _PAGE_BYTES] for at in range(0, len(packed), _PAGE_BYTES)]
    if len(cuts) > MOST_PAGES:
        raise FolderTooLargeError
    return [
        FilesRow(upload=upload, page=page, body=seal(dek_key(dek), cut, _context(upload, page, len(cuts))))
        for page, cut in enumerate(cuts)
    ]


def read(row: UploadRow, dek: bytes) -> list[Declared]:
    """The files of an upload, in their order. One call.

    Raises:
        LookupError: A row is lost.
        BadMessageError: One was altered.
    """
    total = int(row.pages)
    pages = aws.batch_get(*(aws.Ref(FilesRow, row.id, page) for page in range(total)))
    if None in pages:
        raise LookupError("a page of an upload's list of files is lost")
    packed = b"".join(open_message(dek_key(dek), page.body, _context(row.id, int(page.page), total)) for page in pages)
    return [Declared(*facts) for facts in json.loads(zlib.decompress(packed))]


def _context(upload: str, page: int, pages: int) -> dict[str, str]:
    return {"purpose": "upload", "upload": upload, "page": str(page), "pages": str(pages)}
