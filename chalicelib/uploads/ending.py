"""How an upload ends without a file: its bytes given back, and nothing left of it."""

from collections.abc import Sequence

from chalicelib import aws
from chalicelib.blobs import BlobRow, objects, staging
from chalicelib.identity import Identity
from chalicelib.uploads import tables
from chalicelib.uploads.errors import UploadEndedError, UploadFailedError
from chalicelib.uploads.tables import FAILED, FilesRow, PartRow, UploadRow
from chalicelib.web.errors import Refusal

REASONS = {
    "expired": "The upload was not completed in time",
    "part_changed": "A part was changed after the upload was completed",
    "hash_mismatch": "The content has another hash than was declared",
    "too_many_names": "Too many names",
    "folder_too_large": "The folder has too many files, or too long paths: split it",
}
"""Why an upload may fail, in words for its owner."""
MOST_ROWS = 90
"""Rows of parts that one transaction takes away."""


class Ending:
    """Ends uploads, and takes away what they leave."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @aws.retry_stale
    def end(self, row: UploadRow, state: str, reason: str | None = None) -> UploadRow:
        """End an upload as failed or aborted, give its bytes back, and tidy up; gives its row as it then stands."""
        now = aws.get(UploadRow, row.account, row.id)
        if now is None or now.state not in tables.UNDER_WAY:
            return now or row
        actions = [UploadRow.reserved.set(0), UploadRow.forget.set(tables.forgotten())]
        if reason is not None:
            actions.append(UploadRow.reason.set(reason))
        with aws.transaction() as tx:
            tables.move(tx, now, state, actions)
            self._identity.give_back(tx, now.account, int(now.reserved))
        now.state, now.reason, now.reserved = state, reason, 0
        self.tidy(now)
        return now

    @staticmethod
    def tidy(row: UploadRow) -> None:
        """Take away what an upload that ended has left; doing it again changes nothing."""
        staging.empty(row.id)
        Ending.drop_objects(row, range(int(row.parts)))
        try:
            _drop_rows(row)
            with aws.transaction() as tx:
                tx.update(UploadRow(account=row.account, id=row.id), [UploadRow.tidy.set(True)])
        except aws.StaleError:
            # Somebody else tidies up the same upload, or it is forgotten.
            return
        row.tidy = True

    @staticmethod
    def drop_objects(row: UploadRow, numbers: Sequence[int]) -> None:
        """Delete objects that an upload that ended has stored, unless they are those of its file."""
        held = aws.get(BlobRow, row.cid) if row.cid is not None else None
        # A content that somebody had already, or that is gone again, does not need the bytes that came with this one.
        if held is None or held.blob != row.blob:
            objects.delete(row.blob, numbers)

    @staticmethod
    def refusal(row: UploadRow) -> Refusal:
        """What to tell someone who goes on with an upload that ended."""
        if row.state != FAILED:
            return UploadEndedError()
        return UploadFailedError(f"Upload failed: {REASONS.get(row.reason or '', row.reason)}")


def _drop_rows(row: UploadRow) -> None:
    numbers = [int(part.number) for part in tables.parts(row.id)]
    gone: list[aws.Table] = [PartRow(upload=row.id, number=number) for number in numbers]
    listed = aws.batch_get(*(aws.Ref(FilesRow, row.id, page) for page in range(int(row.pages))))
    gone += [page for page in listed if page is not None]
    for start in range(0, len(gone), MOST_ROWS):
        with aws.transaction() as tx:
            for one in gone[start : start + MOST_ROWS]:
                tx.delete(one)
