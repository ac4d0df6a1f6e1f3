"""Checks that lists, pins and records say the same: each line has its other half."""

from collections.abc import Iterator
from functools import partial

from chalicelib.drive.pins import OWNER
from chalicelib.metadata import Metadata, ids
from chalicelib.workers import repairs
from chalicelib.workers.books import Books
from chalicelib.workers.finding import Finding


def lone_entries(books: Books) -> Iterator[Finding]:
    """Listed names that no pin holds."""
    for (account, order), entry in books.entries.items():
        pin = books.pins.get((account, entry.cid))
        if pin is None or order not in pin.names.values():
            repair = partial(repairs.apply, repairs.drop_entry, entry, pin)
            yield Finding("entry_without_pin", f"{account}/{order}", "a listed name that no pin holds", repair)


def lone_names(books: Books) -> Iterator[Finding]:
    """Names that a pin holds and no list shows."""
    for (account, cid), pin in books.pins.items():
        kept = {digest: order for digest, order in pin.names.items() if (account, order) in books.entries}
        if kept != pin.names:
            repair = partial(repairs.apply, repairs.keep_names, pin, kept)
            yield Finding("pin_without_entry", f"{account}/{cid}", "a pinned name that is not listed", repair)


def lone_records(books: Books, metadata: Metadata) -> Iterator[Finding]:
    """Records of the drive's that no listed name has."""
    owned = {ids.join(ids.owner_key(account), order) for account, order in books.entries}
    for file_id, record in books.records.items():
        if record.held_by == OWNER and file_id not in owned:
            repair = partial(repairs.apply, repairs.drop_record, metadata, record)
            yield Finding("record_without_entry", file_id, "a record of a file that is not listed", repair)


def missing_records(books: Books) -> Iterator[Finding]:
    """Listed names without their record."""
    for (account, order), entry in books.entries.items():
        owner = ids.owner_key(account)
        if ids.join(owner, order) not in books.records:
            repair = partial(repairs.apply, repairs.add_record, owner, entry)
            yield Finding("entry_without_record", f"{account}/{order}", "a listed name without a record", repair)
