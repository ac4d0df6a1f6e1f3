"""Makes the thumbnails of one picture for one account: off the request path, once, and not for ever.

    a job's row ── tried too often ──────────────> the content is marked `failed`
       │ counts the try, so that a picture that kills the process is not tried again and again
       ├─ cannot be drawn ────────────────────────> logged, and marked with the reason
       └─ drawn ── three objects ── marked `made` ─> the flags of the account's records are set, the row goes

A second account with the same content finds the mark, and only has its flags set.
"""

import threading

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, tables
from chalicelib.blobs.service import BlobDamagedError
from chalicelib.drive.pins import OWNER, THUMBS_MADE, Pins
from chalicelib.drive.tables import PinRow, ThumbJobRow
from chalicelib.drive.thumbs import Thumbs
from chalicelib.jobs import Message
from chalicelib.metadata import Metadata, ids
from chalicelib.metadata.errors import RecordNotFoundError
from chalicelib.metadata.service import Changes
from chalicelib.web import observe
from chalicelib.workers import rendering

MOST_TRIES = 3
"""Tries that may end without an answer, killed by what they draw, before a picture is given up."""
FAILED = "failed"
_drawing = threading.Lock()
_FLAGS = Changes(mobile=True, web=True, web_pre=True)


class Thumbnails:
    """The worker."""

    def __init__(self, blobs: Blobs, thumbs: Thumbs, metadata: Metadata) -> None:
        self._blobs = blobs
        self._thumbs = thumbs
        self._metadata = metadata

    def work(self, message: Message) -> None:
        """Do one job; doing it again changes nothing.

        Raises:
            StoreError: A store has trouble that passes; the job is still to be done.
        """
        job = aws.get(ThumbJobRow, message["id"])
        if job is None:
            return
        pin, blob = aws.batch_get(*Pins.refs(job.account, job.cid))
        try:
            if pin is not None and blob is not None and self._settled(job, blob) == THUMBS_MADE:
                self._flag(pin)
            with aws.transaction() as tx:
                tx.delete(job)
        except aws.StaleError:
            # Another worker has the same message, or the content is gone: it, or the janitor, will see to the row.
            observe.note("thumbnail left to another", job=job.id)

    def _settled(self, job: ThumbJobRow, blob: BlobRow) -> str:
        """What became of the thumbnails of a content, made now if they were not."""
        if blob.thumbs is not None:
            return str(blob.thumbs)
        if job.tries >= MOST_TRIES:
            return self._mark(blob, FAILED)
        self._count(job, 1)
        try:
            return self._draw(blob)
        except Exception:
            # An answer of some kind: only a try that ends with its process is to count.
            self._count(job, -1)
            raise

    @staticmethod
    def _count(job: ThumbJobRow, tries: int) -> None:
        with aws.transaction() as tx:
            tx.update(job, [ThumbJobRow.tries.set(job.tries + tries)], ThumbJobRow.tries == job.tries)
        job.tries += tries

    def _draw(self, blob: BlobRow) -> str:
        try:
            # One at a time in a process: a large picture takes a good part of its memory.
            with _drawing:
                pictures = rendering.render(self._blobs.read(blob))
        except rendering.UnrenderableError as error:
            observe.note("thumbnail refused", blob=blob.blob, why=error.reason)
            return self._mark(blob, error.reason)
        except BlobDamagedError:
            observe.note("thumbnail refused", blob=blob.blob, why=FAILED)
            return self._mark(blob, FAILED)
        self._thumbs.save(blob, pictures)
        try:
            return self._mark(blob, THUMBS_MADE)
        except aws.StaleError:
            self._thumbs.discard(blob.blob)
            raise

    @staticmethod
    def _mark(blob: BlobRow, state: str) -> str:
        with aws.transaction() as tx:
            tables.set_thumbs(tx, blob, state)
        return state

    def _flag(self, pin: PinRow) -> None:
        for order in pin.names.values():
            try:
                self._metadata.change(ids.join(ids.owner_key(pin.account), order), _FLAGS, by=OWNER)
            except RecordNotFoundError:
                continue
