"""Thumbnails: asked for in the transaction of a put, made by a worker, stored sealed beside their source.

A thumbnail is an SDK message under the DEK of its source, at `{blob}/{size}`; it goes with its source and is charged to
nobody. The row that asks for one is written with the pin, so a crash after it loses nothing: what the queue lost, the
janitor sends again.
"""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, objects
from chalicelib.drive.pins import THUMBS_MADE, Content
from chalicelib.drive.tables import ThumbJobRow
from chalicelib.jobs import Jobs
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import BadMessageError, open_message, seal
from chalicelib.web import observe

JOB = "thumbs"
SIZES = ("mobile", "web", "webPre")
"""Names of the sizes, which are also the three flags of a metadata record."""
TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif", "image/avif"})
MOST_BYTES = 50_000_000
"""Files of this size or more get no thumbnail (spec drive, `thumb`)."""


class Thumbs:
    """The thumbnails of one process: asking for them, storing and reading them. Drawing is a worker's."""

    def __init__(self, blobs: Blobs, jobs: Jobs) -> None:
        self._blobs = blobs
        self._jobs = jobs

    @staticmethod
    def ask(tx: aws.Transaction, zelid: str, contents: Iterable[Content]) -> list[str]:
        """Step: note for which contents thumbnails are wanted; gives the ids to `send` once that is committed."""
        asked = []
        for content in contents:
            picture = not content.folder and content.size < MOST_BYTES and not TYPES.isdisjoint(content.new.values())
            settled = isinstance(content.held, BlobRow) and content.held.thumbs is not None
            if picture and not settled:
                row = ThumbJobRow(id=uuid.uuid4().hex, account=zelid, cid=content.cid, created=int(time.time()))
                tx.create(row)
                asked.append(row.id)
        return asked

    def send(self, ids: Iterable[str]) -> None:
        """Put a message on the queue for each. What cannot be sent now, the janitor sends later. One call each."""
        for one in ids:
            try:
                self._jobs.send({"job": JOB, "id": one})
            except Exception as error:
                if not aws.passes(error):
                    raise
                observe.note("thumbnail put off", why=type(error).__name__)

    def save(self, row: BlobRow, pictures: Mapping[str, bytes]) -> None:
        """Store the thumbnails of a content, JPEG by size. One S3 call each; doing it again replaces them."""
        dek = self._blobs.dek(row.dek_enc)
        for size, picture in pictures.items():
            objects.put(row.blob, size, seal(dek_key(dek), picture, _context(row.blob, size)))

    def discard(self, blob: str, sizes: Sequence[str] = SIZES) -> None:
        """Delete what `save` stored for a blob that is gone."""
        objects.delete(blob, sizes)

    def read(self, row: BlobRow | None, size: str) -> bytes | None:
        """A thumbnail as JPEG; None if it is not there. One S3 call."""
        if row is None or row.thumbs != THUMBS_MADE:
            return None
        sealed = objects.get(row.blob, size)
        if sealed is None:
            return None
        try:
            return open_message(dek_key(self._blobs.dek(row.dek_enc)), sealed, _context(row.blob, size))
        except BadMessageError:
            return None


def _context(blob: str, size: str) -> dict[str, str]:
    return {"purpose": "thumb", "blob": blob, "size": size}
