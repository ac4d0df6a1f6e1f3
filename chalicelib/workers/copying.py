"""Makes the decrypted copy of one content in the staging bucket: as a stream, so that no size is too large for it."""

import io
from collections.abc import Callable
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, staging
from chalicelib.drive import manifests, names
from chalicelib.drive.copies import READY
from chalicelib.drive.tables import CopyRow
from chalicelib.drive.tars import Tar
from chalicelib.jobs import Message

STEP = 8 * 2**20
"""Bytes that are decrypted at once."""

Read = Callable[[int, int], bytes]


class Copying:
    """The worker."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def work(self, message: Message) -> None:
        """Make one copy; doing it again replaces it with the same.

        Raises:
            LookupError: Part of the content's rows is lost, or went just now.
            StoreError: A store has trouble that passes; the job is still to be done.
        """
        row = aws.get(CopyRow, message["tag"])
        if row is None or row.state == READY:
            return
        blob = aws.get(BlobRow, row.cid)
        if blob is None or blob.blob != row.blob:
            _drop(row)
            return
        size, read = self._content(row, blob)
        staging.put_stream(row.at, io.BufferedReader(_Stream(size, read), STEP))
        try:
            with aws.transaction() as tx:
                tx.update(row, [CopyRow.state.set(READY)], CopyRow.touched == row.touched)
        except aws.StaleError:
            # Asked for again meanwhile: the copy that stands there is as good for the next.
            return

    def _content(self, row: CopyRow, blob: BlobRow) -> tuple[int, Read]:
        """Size and bytes of what is to be copied.

        Raises:
            LookupError: A row of a folder's manifest is lost.
        """

        def read(start: int, stop: int) -> bytes:
            return self._blobs.read(blob, start, stop)

        dek = self._blobs.dek(blob.dek_enc)
        path = names.open_name(dek, blob.blob, row.path_enc)
        if blob.pages is None:
            return int(blob.size), read
        rows = aws.batch_get(*(aws.Ref(type(page), page.page) for page in manifests.held_rows(blob)))
        if None in rows:
            # Without it the tar would be of less than the folder, and handed out for it.
            raise LookupError("a page of a folder's manifest is lost")
        manifest = manifests.read(rows, dek, blob.blob)
        child = manifest[path] if path else None
        if child is not None and child.offset is not None:
            begin = child.offset
            return child.size, lambda start, stop: read(begin + start, begin + stop)
        tar = Tar(child.cid if child is not None else row.cid, manifests.below(manifest, path))
        return tar.size, lambda start, stop: tar.read(start, stop, read, apart=bool(blob.spread))


def _drop(row: CopyRow) -> None:
    """Forget a copy of content that is gone: whoever puts the same again and asks for it need not wait for this one."""
    try:
        with aws.transaction() as tx:
            tx.delete(row, CopyRow.touched == row.touched)
    except aws.StaleError:
        # Asked for again meanwhile.
        return


class _Stream(io.RawIOBase):
    """Content as a file that can only be read on."""

    def __init__(self, size: int, read: Read) -> None:
        super().__init__()
        self._size = size
        self._read = read
        self._at = 0
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._held and self._at < self._size:
            stop = min(self._at + STEP, self._size)
            self._held = memoryview(self._read(self._at, stop))
            self._at = stop
        count = min(len(into), len(self._held))
        into[:count] = self._held[:count]
        self._held = self._held[count:]
        return count
