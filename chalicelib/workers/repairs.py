"""Repairs, each one transaction, each guarded by what was seen: a row that moved on meanwhile is left alone."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.blobs import tables as blobs
from chalicelib.drive.pins import OWNER, unchanged
from chalicelib.drive.tables import EntryRow, ManifestRow, PinRow, ThumbJobRow
from chalicelib.identity import tables
from chalicelib.identity.tables import AccountRow
from chalicelib.metadata import Metadata
from chalicelib.metadata.tables import Record, Total
from chalicelib.resources.tables import PublishedRow, UseRow


def apply(step: Callable[..., None], *seen: Any) -> None:
    """Commit one repair; given up, for this time, if the rows are no longer as they were seen."""
    try:
        with aws.transaction() as tx:
            step(tx, *seen)
    except aws.StaleError:
        return


def drop_entry(tx: aws.Transaction, entry: EntryRow, pin: PinRow | None) -> None:
    """A listed name that its pin does not hold goes, if the pin is still the one that was seen."""
    seen = unchanged(pin) if pin is not None else PinRow.account.does_not_exist()
    tx.check(PinRow(account=entry.account, cid=entry.cid), seen)
    tx.delete(entry)


def keep_names(tx: aws.Transaction, pin: PinRow, kept: dict[str, str]) -> None:
    """A pin keeps the names that are listed; without any, it goes."""
    if kept:
        tx.update(pin, [PinRow.names.set(kept), PinRow.revision.set(pin.revision + 1)], unchanged(pin))
    else:
        tx.delete(pin, unchanged(pin))


def drop_record(tx: aws.Transaction, metadata: Metadata, record: Record) -> None:
    """A record of a file that is not listed goes."""
    tx.check(EntryRow(account=record.user, order=record.order), EntryRow.account.does_not_exist())
    metadata.drop(tx, record)


def add_record(tx: aws.Transaction, owner: str, entry: EntryRow) -> None:
    """A listed name gets its record back: the entry holds all that it says."""
    tx.check(entry, EntryRow.account.exists())
    tx.create(
        Record(
            owner=owner,
            order=entry.order,
            user=entry.account,
            filename_enc=entry.name_enc,
            size=entry.size,
            mime_type=entry.mimetype,
            dek_enc=entry.dek_enc,
            uploaded=int(entry.timestamp) // 1000,
            held_by=OWNER,
        )
    )


def set_use(tx: aws.Transaction, row: AccountRow, used: int) -> None:
    """An account uses what its list adds up to."""
    tables.set_use(tx, row, used)


def set_references(tx: aws.Transaction, row: BlobRow, references: int) -> None:
    """A blob has as many references as pins."""
    seen = BlobRow.generation == row.generation
    if not references:
        blobs.bury(tx, row, time.time(), seen)
        return
    actions = [BlobRow.refs.set(references), BlobRow.generation.set(row.generation + 1), BlobRow.unused_since.remove()]
    tx.update(row, actions, seen)


def set_uses(tx: aws.Transaction, row: UseRow, uses: int) -> None:
    """A file is used by as many publications as there are; without any, its references are counted next."""
    bare, seen = UseRow(account=row.account, cid=row.cid), UseRow.uses == row.uses
    if uses:
        tx.update(bare, [UseRow.uses.set(uses)], seen)
    else:
        tx.delete(bare, seen)


def add_use(tx: aws.Transaction, account: str, cid: str, row: PublishedRow, uses: int) -> None:
    """A file that is published is kept again: the publication holds all that its use says."""
    tx.check(PublishedRow(place=row.place, key=row.key), PublishedRow.revision == row.revision)
    kept = {name: row.files[cid][name] for name in ("blob", "size", "name_enc", "mimetype")}
    tx.create(UseRow(account=account, cid=cid, uses=uses, **kept))


def add_tombstone(tx: aws.Transaction, row: BlobRow) -> None:
    """A content that nobody pins gets its tombstone."""
    tx.check(row, (BlobRow.generation == row.generation) & (BlobRow.refs == 0))
    tx.create(blobs.tombstone(row, int(row.generation), int(time.time())))


def drop_page(tx: aws.Transaction, page: ManifestRow) -> None:
    """A page of a manifest goes whose folder is gone, or is another blob by now."""
    cid = page.page.rpartition("/")[0]
    tx.check(BlobRow(cid=cid), BlobRow.cid.does_not_exist() | (BlobRow.blob != page.blob))
    tx.delete(page, ManifestRow.blob == page.blob)


def redo_thumbs(tx: aws.Transaction, row: BlobRow, account: str) -> None:
    """Lost thumbnails are asked for again; the janitor will send the job."""
    tx.update(row, [BlobRow.thumbs.remove()], (BlobRow.blob == row.blob) & (BlobRow.thumbs == row.thumbs))
    tx.create(ThumbJobRow(id=uuid.uuid4().hex, account=account, cid=row.cid, created=0))


def set_totals(tx: aws.Transaction, shard: int, row: Total | None, counted: tuple[int, int]) -> None:
    """A shard's totals are what its records add up to."""
    files, size = counted
    if row is None:
        tx.create(Total(shard=shard, files=files, size=size, writes=1))
    else:
        actions = [Total.files.set(files), Total.size.set(size), Total.writes.set(row.writes + 1)]
        tx.update(row, actions, Total.writes == row.writes)
