"""Checks the books, both ways, and puts right what can be put right (decision 8).

Two passes: first what exists (puts cut off, lines that miss their other half, objects nobody knows), then what is
counted (quota, references, totals), read anew after the first. A fault counts only if a second reading shows it too:
tables are read one after the other, so a put in between looks like one. Repairs are guarded by what was seen.

Nothing is deleted from S3: an object that no row knows is moved under `quarantine/`, once it is older than the grace
time, since one that was just written may be waiting for its transaction.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from chalicelib import aws
from chalicelib.blobs import objects, segments
from chalicelib.drive.batches import Batches
from chalicelib.drive.pins import OWNER
from chalicelib.metadata import Metadata, ids
from chalicelib.metadata.errors import CacheUnavailableRefusal
from chalicelib.web import observe
from chalicelib.workers import repairs
from chalicelib.workers.books import Books

GRACE_SECONDS = 3600.0
"""How old an object or a batch must be before it counts as left behind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up.

    Attributes:
        kind: Stable name of the kind of fault.
        subject: Which row or object: keys alone, nothing secret.
        says: What is wrong.
        repair: Puts it right; None where only a person can.
    """

    kind: str
    subject: str
    says: str
    repair: Callable[[], None] | None = field(default=None, compare=False)


class Reconciler:
    """The check. `batches` undoes puts that were cut off, `metadata` removes records."""

    def __init__(self, batches: Batches, metadata: Metadata, grace_seconds: float = GRACE_SECONDS) -> None:
        self._batches = batches
        self._metadata = metadata
        self._grace = grace_seconds

    def check(self, *, repair: bool = False) -> list[Finding]:
        """Compare everything; returns what was found, also what was put right."""
        found: list[Finding] = []
        # Structure twice, since a line that goes may leave another without its other half.
        for look in (self._structure, self._structure, self._counts) if repair else (self._structure, self._counts):
            first = set(look(Books.read()))
            lasting = [finding for finding in look(Books.read()) if finding in first] if first else []
            for finding in lasting:
                if repair and finding.repair is not None:
                    _try(finding.repair)
            found += [finding for finding in lasting if finding not in found]
        return found

    def _structure(self, books: Books) -> Iterator[Finding]:
        yield from _lone_entries(books)
        yield from _lone_names(books)
        yield from _lone_records(books, self._metadata)
        yield from _missing_records(books)
        yield from _lost_content(books)
        # Once lines are whole again: what a batch has placed is taken away with both halves.
        yield from self._cut_off(books)
        yield from self._orphans(books)

    def _counts(self, books: Books) -> Iterator[Finding]:
        yield from _wrong_use(books)
        yield from _wrong_references(books)
        yield from _wrong_totals(books)

    def _cut_off(self, books: Books) -> Iterator[Finding]:
        for batch in books.batches:
            if time.time() - batch.created >= self._grace:
                cids = sorted({entry.cid for entry in books.entries.values() if entry.batch == batch.id})
                undo = partial(self._batches.undo, batch.account, batch.id, cids)
                says = f"a put that was cut off has placed {len(cids)} contents"
                yield Finding("batch_cut_off", f"{batch.account}/{batch.id}", says, undo)

    def _orphans(self, books: Books) -> Iterator[Finding]:
        known = {row.blob for row in books.blobs.values()} | {pin.blob for pin in books.pins.values()}
        for key, (_, when) in books.stored.items():
            orphan = key.partition("/")[0] not in known and not key.startswith(objects.QUARANTINE)
            if orphan and time.time() - when >= self._grace:
                yield Finding("orphan_object", key, "no row knows this object", partial(objects.quarantine, key))


def _try(repair: Callable[[], None]) -> None:
    """One repair; one that cannot be made now, such as for a row in use, must not keep the others from being made."""
    try:
        repair()
    except (aws.StoreError, CacheUnavailableRefusal) as error:
        observe.note("repair put off", why=type(error).__name__)


def _lone_entries(books: Books) -> Iterator[Finding]:
    for (account, order), entry in books.entries.items():
        pin = books.pins.get((account, entry.cid))
        if pin is None or order not in pin.names.values():
            repair = partial(repairs.apply, repairs.drop_entry, entry, pin)
            yield Finding("entry_without_pin", f"{account}/{order}", "a listed name that no pin holds", repair)


def _lone_names(books: Books) -> Iterator[Finding]:
    for (account, cid), pin in books.pins.items():
        kept = {digest: order for digest, order in pin.names.items() if (account, order) in books.entries}
        if kept != pin.names:
            repair = partial(repairs.apply, repairs.keep_names, pin, kept)
            yield Finding("pin_without_entry", f"{account}/{cid}", "a pinned name that is not listed", repair)


def _lone_records(books: Books, metadata: Metadata) -> Iterator[Finding]:
    owned = {ids.join(ids.owner_key(account), order) for account, order in books.entries}
    for file_id, record in books.records.items():
        if record.held_by == OWNER and file_id not in owned:
            repair = partial(repairs.apply, repairs.drop_record, metadata, record)
            yield Finding("record_without_entry", file_id, "a record of a file that is not listed", repair)


def _missing_records(books: Books) -> Iterator[Finding]:
    for (account, order), entry in books.entries.items():
        owner = ids.owner_key(account)
        if ids.join(owner, order) not in books.records:
            repair = partial(repairs.apply, repairs.add_record, owner, entry)
            yield Finding("entry_without_record", f"{account}/{order}", "a listed name without a record", repair)


def _lost_content(books: Books) -> Iterator[Finding]:
    for account, cid in books.pins:
        if cid not in books.blobs:
            yield Finding("pin_without_blob", f"{account}/{cid}", "the content's row is lost")
    for cid, row in books.blobs.items():
        for number in range(segments.objects(int(row.size))) if row.refs else ():
            key = objects.key(row.blob, number)
            length, _ = books.stored.get(key, (None, None))
            if length != segments.object_length(int(row.size), number):
                fault = "is missing" if length is None else f"has {length} bytes"
                yield Finding("blob_damaged", f"{cid} {key}", f"an object {fault}")


def _wrong_use(books: Books) -> Iterator[Finding]:
    used = books.used()
    for zelid, row in books.accounts.items():
        if row.used != used[zelid]:
            says = f"uses {int(row.used)} bytes by its row, {used[zelid]} by its list"
            yield Finding("wrong_use", zelid, says, partial(repairs.apply, repairs.set_use, row, used[zelid]))


def _wrong_references(books: Books) -> Iterator[Finding]:
    counted = books.references()
    for cid, row in books.blobs.items():
        if row.refs != counted[cid]:
            says = f"{int(row.refs)} references by its row, {counted[cid]} by pins"
            repair = partial(repairs.apply, repairs.set_references, row, counted[cid])
            yield Finding("wrong_references", cid, says, repair)


def _wrong_totals(books: Books) -> Iterator[Finding]:
    counted = books.counted()
    for shard in sorted(counted.keys() | books.totals.keys()):
        row = books.totals.get(shard)
        says_row = (int(row.files), int(row.size)) if row is not None else (0, 0)
        if says_row != counted[shard]:
            says = f"{says_row} files and bytes by its row, {counted[shard]} by records"
            repair = partial(repairs.apply, repairs.set_totals, shard, row, counted[shard])
            yield Finding("wrong_totals", f"shard {shard}", says, repair)
