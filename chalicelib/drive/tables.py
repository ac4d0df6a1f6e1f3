"""The rows of the drive: what an account has pinned, its list of names, and what is in a folder."""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)

from chalicelib import aws


class PinRow(aws.Table):
    """That an account holds a content, and under which names.

    `names` maps the keyed digest of each name to the `order` of its entry. Name and media type of the oldest entry
    stand here too, so that a read needs no other row. `batched` is set if a batch has placed a name, and no put has
    brought all names again since (see `batches`).
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
    folder = BooleanAttribute(null=True)
    batched = BooleanAttribute(null=True)
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
    folder = BooleanAttribute(null=True)
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


class ManifestRow(aws.Table):
    """One page of a folder's manifest, sealed: keyed by the folder's CID and the page's number.

    It comes and goes with the row of the folder's blob, in the same transactions.
    """

    class Meta:
        table_name = "manifests"

    page = UnicodeAttribute(hash_key=True)
    blob = UnicodeAttribute()
    body = BinaryAttribute(legacy_encoding=False)


class CopyRow(aws.Table):
    """A decrypted copy of a content in the staging bucket, by the tag of its bytes: being made, or ready at `at`."""

    class Meta:
        table_name = "copies"

    tag = UnicodeAttribute(hash_key=True)
    state = UnicodeAttribute()
    at = UnicodeAttribute()
    cid = UnicodeAttribute()
    blob = UnicodeAttribute()
    path_enc = UnicodeAttribute()
    touched = NumberAttribute()
    forget = TTLAttribute()
    tx = UnicodeAttribute(null=True)


class ThumbJobRow(aws.Table):
    """A picture whose thumbnails are to be made for one account; goes when that is done, or was tried too often."""

    class Meta:
        table_name = "thumb-jobs"

    id = UnicodeAttribute(hash_key=True)
    account = UnicodeAttribute()
    cid = UnicodeAttribute()
    tries = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


def page_of_entries(account: str, limit: int | None, after: str | None) -> tuple[list[EntryRow], str | None]:
    """A page of an account's list, newest first, and the order after which the next one starts. One call."""
    start = EntryRow.item_key(account, after) if after else None
    rows, following = aws.page(EntryRow, account, limit=limit, start=start, newest_first=True)
    return rows, rows[-1].order if following else None
