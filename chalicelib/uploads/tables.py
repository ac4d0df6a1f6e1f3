"""The rows of upload sessions: each upload, its list of files, and what is known of each part."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib import aws

OPEN, PROCESSING, DONE, FAILED, ABORTED = "open", "processing", "done", "failed", "aborted"
UNDER_WAY = (OPEN, PROCESSING)
REMEMBERED = timedelta(days=1)
"""How long an upload that ended can be asked about."""


class UploadRow(aws.Table):
    """One upload. While it is under way, `reserved` bytes are counted for its account.

    `tags` holds eight bytes for each part that tell what was in when it was completed. `left` counts the parts that are
    still to be processed. `tidy` is false while anything of it may be left in the staging bucket, or in its blob.
    """

    class Meta:
        table_name = "uploads"

    account = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    state = UnicodeAttribute(default=OPEN)
    reason = UnicodeAttribute(null=True)
    blob = UnicodeAttribute()
    dek_enc = UnicodeAttribute()
    name_enc = UnicodeAttribute(null=True)
    mimetype = UnicodeAttribute()
    folder = BooleanAttribute(default=False)
    pages = NumberAttribute()
    declared = UnicodeAttribute(null=True)
    size = NumberAttribute()
    parts = NumberAttribute()
    left = NumberAttribute()
    reserved = NumberAttribute()
    tags = BinaryAttribute(null=True, legacy_encoding=False)
    cid = UnicodeAttribute(null=True)
    dag_size = NumberAttribute(null=True)
    tidy = BooleanAttribute(default=False)
    created = NumberAttribute()
    touched = NumberAttribute()
    expires = NumberAttribute()
    forget = TTLAttribute(null=True)
    tx = UnicodeAttribute(null=True)


class FilesRow(aws.Table):
    """One page of an upload's list of files, sealed under the key of its blob."""

    class Meta:
        table_name = "upload-files"

    upload = UnicodeAttribute(hash_key=True)
    page = NumberAttribute(range_key=True)
    body = BinaryAttribute(legacy_encoding=False)


class PartRow(aws.Table):
    """A part that was hashed, sealed and stored: the digests of its leaves, 32 bytes each."""

    class Meta:
        table_name = "upload-parts"

    upload = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    digests = BinaryAttribute(legacy_encoding=False)
    tx = UnicodeAttribute(null=True)


def forgotten() -> datetime:
    """When an upload that ends now is forgotten."""
    return datetime.now(UTC) + REMEMBERED


def parts(upload: str) -> Iterator[PartRow]:
    """The parts of an upload that are processed, in order. One call per MiB: some 1,000 parts."""
    start = None
    while True:
        rows, start = aws.page(PartRow, upload, start=start)
        yield from rows
        if start is None:
            return


def move(
    tx: aws.Transaction, row: UploadRow, state: str, actions: Sequence[Any] = (), *, since: Sequence[str] = UNDER_WAY
) -> None:
    """Step: an upload comes to another state, if it is still in one of `since`."""
    changes = [UploadRow.state.set(state), *actions]
    # The key goes on to the rows of the file: one from before a sweep must not come to stand there after it.
    as_read = UploadRow.state.is_in(*since) & (UploadRow.dek_enc == row.dek_enc)
    tx.update(UploadRow(account=row.account, id=row.id), changes, as_read)


def processed(tx: aws.Transaction, row: UploadRow, number: int, digests: bytes, now: float) -> None:
    """Step: one part more is processed; stale if it was already, or the upload is over."""
    tx.create(PartRow(upload=row.id, number=number, digests=digests))
    actions = [UploadRow.left.set(UploadRow.left - 1), UploadRow.touched.set(int(now))]
    tx.update(UploadRow(account=row.account, id=row.id), actions, UploadRow.state == PROCESSING)
