"""The rows of the metadata service: records, and the shards of the totals."""

from collections.abc import Iterable

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.metadata.ids import SHARDS


class Record(aws.Table):
    """One stored file. Its key is the two halves of its id (see `ids`)."""

    class Meta:
        table_name = "records"

    owner = UnicodeAttribute(hash_key=True)
    order = UnicodeAttribute(range_key=True)
    user = UnicodeAttribute()
    filename_enc = UnicodeAttribute()
    size = NumberAttribute()
    mime_type = UnicodeAttribute()
    dek_enc = UnicodeAttribute()
    mobile = BooleanAttribute(default=False)
    web = BooleanAttribute(default=False)
    web_pre = BooleanAttribute(default=False)
    uploaded = NumberAttribute()
    held_by = UnicodeAttribute(null=True)
    revision = NumberAttribute(default=0)
    tx = UnicodeAttribute(null=True)


class Total(aws.Table):
    """One shard of the totals over all records; `writes` tells an audit whether it moved."""

    class Meta:
        table_name = "totals"

    shard = NumberAttribute(hash_key=True)
    files = NumberAttribute(default=0)
    size = NumberAttribute(default=0)
    writes = NumberAttribute(default=0)


def get(owner: str, order: str) -> Record | None:
    """A record by the halves of its id. One call."""
    return aws.get(Record, owner, order)


def get_all(owner: str, orders: Iterable[str]) -> list[Record]:
    """Those records of one owner that exist. One call per 100."""
    rows = aws.batch_get(*(aws.Ref(Record, owner, order) for order in orders))
    return [row for row in rows if row is not None]


def of_user(owner: str, limit: int, after: str | None) -> tuple[list[Record], str | None]:
    """A page of one user's records, newest first, and the order after which the next one starts. One call."""
    start = Record.item_key(owner, after) if after else None
    rows, following = aws.page(Record, owner, limit=limit, start=start, newest_first=True)
    return rows, rows[-1].order if following else None


def totals() -> tuple[int, int]:
    """Files and bytes over all shards. One call."""
    shards = aws.batch_get(*(aws.Ref(Total, shard) for shard in range(SHARDS)))
    found = [row for row in shards if row is not None]
    return sum(int(row.files) for row in found), sum(int(row.size) for row in found)


def count(tx: aws.Transaction, changes: Iterable[tuple[int, int, int]]) -> None:
    """Add to the totals: (shard, files, bytes) each, negative to take away; one write per shard."""
    sums: dict[int, tuple[int, int]] = {}
    for shard, files, size in changes:
        before = sums.get(shard, (0, 0))
        sums[shard] = (before[0] + files, before[1] + size)
    for shard, (files, size) in sorted(sums.items()):
        actions = [
            Total.files.set((Total.files | 0) + files),
            Total.size.set((Total.size | 0) + size),
            Total.writes.set((Total.writes | 0) + 1),
        ]
        tx.upsert(Total(shard=shard), actions)
