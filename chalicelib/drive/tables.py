"""The rows of the drive: what an account has pinned, and its list of names."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws


class PinRow(aws.Table):
    """That an account holds a content, and under which names.

    `names` maps the keyed digest of each name to the `order` of its entry. Name and media type of the oldest entry
    stand here too, so that a read needs no other row.
    """

    class Meta:
        table_name = "pins"

    account = UnicodeAttribute(hash_key=True)
    cid = UnicodeAttribute(range_key=True)
    blob = UnicodeAttribute()
    size = NumberAttribute()
    name_enc = UnicodeAttribute()
    mimetype = UnicodeAttribute()
    names = JSONAttribute()
    revision = NumberAttribute(default=0)
    tx = UnicodeAttribute(null=True)


class EntryRow(aws.Table):
    """One line of an account's list. Its `order` is also that of its record in the metadata service."""

    class Meta:
        table_name = "entries"

    account = UnicodeAttribute(hash_key=True)
    order = UnicodeAttribute(range_key=True)
    cid = UnicodeAttribute()
    blob = UnicodeAttribute()
    name_enc = UnicodeAttribute()
    dek_enc = UnicodeAttribute()
    size = NumberAttribute()
    mimetype = UnicodeAttribute()
    timestamp = NumberAttribute()
    batch = UnicodeAttribute(null=True)
    tx = UnicodeAttribute(null=True)


class BatchRow(aws.Table):
    """A put of more files than one transaction holds, under way: `reserved` bytes are already counted for it.

    It goes with the last of its transactions. One that stays was cut off, and `fsck` undoes it.
    """

    class Meta:
        table_name = "batches"

    account = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    reserved = NumberAttribute()
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


def page_of_entries(account: str, limit: int | None, after: str | None) -> tuple[list[EntryRow], str | None]:
    """A page of an account's list, newest first, and the order after which the next one starts. One call."""
    start = EntryRow.item_key(account, after) if after else None
    rows, following = aws.page(EntryRow, account, limit=limit, start=start, newest_first=True)
    return rows, rows[-1].order if following else None
