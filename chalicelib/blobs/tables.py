"""The rows of blobs: one per content, whoever holds it, and one per content that nobody holds any more."""

import zlib
from collections.abc import Iterator

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import aws


class BlobRow(aws.Table):
    """One content, keyed by its CID.

    `refs` counts the accounts' pins, and `generation` the changes of `refs`: a collector, or a check, that has seen one
    generation leaves the next one alone. `pages` is the number of a folder's manifest rows, none for a file. `thumbs`
    says what became of a picture's thumbnails: `made`, or why there are none. In a `spread` blob each file begins with
    an object of its own, so its objects are shorter wherever a file ends; `size` is then 8 MiB for each of them.
    """

    class Meta:
        table_name = "blobs"

    cid = UnicodeAttribute(hash_key=True)
    blob = UnicodeAttribute()
    size = NumberAttribute()
    dek_enc = UnicodeAttribute()
    refs = NumberAttribute(default=1)
    generation = NumberAttribute(default=0)
    unused_since = NumberAttribute(null=True)
    pages = NumberAttribute(null=True)
    spread = BooleanAttribute(null=True)
    thumbs = UnicodeAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class TombstoneRow(aws.Table):
    """A content that nobody held any more at one moment: what the janitor looks at, so that it need not look at all.

    Rows come in the order of that moment, in a fixed number of partitions. `doomed` is set once the blob's row is gone
    and its objects are being deleted.
    """

    class Meta:
        table_name = "tombstones"

    shard = NumberAttribute(hash_key=True)
    order = UnicodeAttribute(range_key=True)
    cid = UnicodeAttribute()
    blob = UnicodeAttribute()
    size = NumberAttribute()
    generation = NumberAttribute()
    since = NumberAttribute()
    doomed = NumberAttribute(null=True)
    tx = UnicodeAttribute(null=True)


TOMBSTONE_SHARDS = 8


def add(tx: aws.Transaction, row: BlobRow) -> None:
    """Step: a content nobody held; stale if somebody does by now."""
    tx.create(row)


def hold(tx: aws.Transaction, row: BlobRow) -> None:
    """Step: one reference more; stale if the blob was collected, made anew, or its key rewrapped since it was read."""
    actions = [BlobRow.refs.set(BlobRow.refs + 1), BlobRow.generation.set(BlobRow.generation + 1)]
    tx.update(BlobRow(cid=row.cid), [*actions, BlobRow.unused_since.remove()], _as_read(row))


def confirm(tx: aws.Transaction, row: BlobRow) -> None:
    """Step: no reference more; stale where `hold` is."""
    tx.check(BlobRow(cid=row.cid), _as_read(row))


def _as_read(row: BlobRow) -> Condition:
    # The key is copied to other rows: one from before a sweep must not come to stand there after it.
    condition: Condition = (BlobRow.blob == row.blob) & (BlobRow.dek_enc == row.dek_enc)
    return condition


def release(tx: aws.Transaction, row: BlobRow, now: float) -> None:
    """Step: one reference less; the last one leaves a tombstone."""
    same = BlobRow.blob == row.blob
    next_one = BlobRow.generation.set(BlobRow.generation + 1)
    if row.refs > 1:
        tx.update(BlobRow(cid=row.cid), [BlobRow.refs.set(BlobRow.refs - 1), next_one], same & (BlobRow.refs > 1))
    else:
        bury(tx, row, now, same & (BlobRow.refs == 1) & (BlobRow.generation == row.generation))


def bury(tx: aws.Transaction, row: BlobRow, now: float, condition: Condition) -> None:
    """Step: nobody holds a content any more; the janitor will find it."""
    generation = int(row.generation) + 1
    actions = [BlobRow.refs.set(0), BlobRow.unused_since.set(int(now)), BlobRow.generation.set(generation)]
    tx.update(BlobRow(cid=row.cid), actions, condition)
    tx.create(tombstone(row, generation, int(now)))


def tombstone(row: BlobRow, generation: int, since: int) -> TombstoneRow:
    """The tombstone of a content whose row has this generation, unused since a moment in seconds."""
    return TombstoneRow(
        shard=zlib.crc32(row.cid.encode()) % TOMBSTONE_SHARDS,
        order=f"{since:012d}/{row.cid}/{generation}",
        cid=row.cid,
        blob=row.blob,
        size=row.size,
        generation=generation,
        since=since,
    )


def unused_before(moment: float) -> Iterator[TombstoneRow]:
    """Tombstones up to a moment in seconds, of each shard the oldest first. One call a shard and MiB."""
    for shard in range(TOMBSTONE_SHARDS):
        start = None
        while True:
            rows, start = aws.page(TombstoneRow, shard, start=start)
            yield from (row for row in rows if row.since <= moment)
            if start is None or rows[-1].since > moment:
                break


def doom(tx: aws.Transaction, buried: TombstoneRow, now: float) -> None:
    """Step: the row of an unused content goes, if nobody came to hold it since; its objects are to follow."""
    unused = (BlobRow.blob == buried.blob) & (BlobRow.generation == buried.generation) & (BlobRow.refs == 0)
    tx.delete(BlobRow(cid=buried.cid), unused)
    tx.update(buried, [TombstoneRow.doomed.set(int(now))])


def forget(tx: aws.Transaction, buried: TombstoneRow) -> None:
    """Step: a tombstone that has served goes, if no other run has doomed the content since it was read."""
    doomed = TombstoneRow.doomed
    tx.delete(buried, doomed.does_not_exist() if buried.doomed is None else doomed.exists())


def set_thumbs(tx: aws.Transaction, row: BlobRow, state: str) -> None:
    """Step: what became of a picture's thumbnails, if it still is the blob they were made of."""
    tx.update(BlobRow(cid=row.cid), [BlobRow.thumbs.set(state)], BlobRow.blob == row.blob)
