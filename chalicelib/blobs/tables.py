"""The rows of blobs: one per content, whoever holds it."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib import aws


class BlobRow(aws.Table):
    """One content, keyed by its CID.

    `refs` counts the accounts' pins, and `generation` the changes of `refs`. At zero the row is a tombstone: a
    collector, or a check, that has seen one generation leaves the next one alone.
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
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


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
        tombstone = [BlobRow.refs.set(0), BlobRow.unused_since.set(int(now)), next_one]
        tx.update(BlobRow(cid=row.cid), tombstone, same & (BlobRow.refs == 1))
