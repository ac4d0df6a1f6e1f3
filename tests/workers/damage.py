"""A small set of books, and every way to damage them by hand."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive.tables import BatchRow, EntryRow, PinRow
from chalicelib.identity.tables import AccountRow
from chalicelib.metadata import ids
from chalicelib.metadata.tables import Record, Total
from tests.support.system import System, User

DATA = {"one": b"1" * 10, "two": b"2" * 20, "three": b"3" * 30, "empty": b""}


@dataclass(frozen=True)
class Books:
    """Two accounts: `user` holds four contents, one of them under two names; `other` shares one of them.

    A fifth record is the internal service's own, which is none of the drive's.
    """

    system: System
    user: User
    other: User
    cids: dict[str, str]

    @classmethod
    def keep(cls, system: System) -> "Books":
        user, other = system.user(), system.user()
        answer = system.put(user, *DATA.items())
        system.put(user, ("one again", DATA["one"]))
        system.put(other, ("theirs", DATA["two"]))
        own = {"filenameEnc": "x", "size": 5, "user": user.zelid, "mimeType": "a/b", "dekEnc": "y", "thumb": False}
        assert system.call("POST", "/api/v1/meta", body=own).status in (200, 201)
        return cls(system, user, other, {file["name"]: file["hash"] for file in answer.json["files"]})

    def pin(self, name: str) -> PinRow:
        row = aws.get(PinRow, self.user.zelid, self.cids[name])
        assert row is not None
        return row

    def blob(self, name: str) -> BlobRow:
        row = aws.get(BlobRow, self.cids[name])
        assert row is not None
        return row

    def entry(self, name: str) -> EntryRow:
        return next(e for e in aws.page(EntryRow, self.user.zelid).rows if e.cid == self.cids[name])

    def record(self, name: str) -> Record:
        row = aws.get(Record, ids.owner_key(self.user.zelid), self.entry(name).order)
        assert row is not None
        return row

    def total(self) -> Total:
        return next(row for row in aws.scan(Total) if row.files)


def lose(row: aws.Table) -> None:
    with aws.transaction() as tx:
        tx.delete(row)


def add(row: aws.Table) -> None:
    with aws.transaction() as tx:
        tx.create(row)


def stray_object(books: Books) -> None:
    books.system.aws.s3.put_object(Bucket=books.system.aws.settings.blob_bucket, Key="deadbeef/0", Body=b"stray")


def lost_pin(books: Books) -> None:
    lose(books.pin("one"))


def stray_entry(books: Books) -> None:
    entry = books.entry("two")
    entry.order = ids.new_order()
    add(entry)


def lost_entry(books: Books) -> None:
    lose(books.entry("two"))


def one_of_two_entries_lost(books: Books) -> None:
    lose(books.entry("one"))


def stray_record(books: Books) -> None:
    record = books.record("three")
    record.order = ids.new_order()
    add(record)


def lost_record(books: Books) -> None:
    lose(books.record("three"))


def wrong_use(books: Books) -> None:
    with aws.transaction() as tx:
        tx.update(AccountRow(zelid=books.user.zelid), [AccountRow.used.set(AccountRow.used + 7)])


def too_many_references(books: Books) -> None:
    with aws.transaction() as tx:
        tx.update(BlobRow(cid=books.cids["two"]), [BlobRow.refs.set(BlobRow.refs + 1)])


def too_few_references(books: Books) -> None:
    with aws.transaction() as tx:
        tx.update(BlobRow(cid=books.cids["one"]), [BlobRow.refs.set(0), BlobRow.unused_since.set(1)])


def wrong_total(books: Books) -> None:
    with aws.transaction() as tx:
        tx.update(books.total(), [Total.files.set(Total.files + 1), Total.size.set(Total.size - 3)])


def lost_total(books: Books) -> None:
    lose(books.total())


def stray_total(_books: Books) -> None:
    taken = {int(row.shard) for row in aws.scan(Total)}
    add(Total(shard=next(shard for shard in range(ids.SHARDS) if shard not in taken), files=1, size=1))


def cut_off_batch(books: Books) -> None:
    """As if `three` had been placed by a put of more files, of which 100 bytes were still to come."""
    batch = BatchRow(account=books.user.zelid, id=uuid.uuid4().hex, reserved=100, created=0)
    with aws.transaction() as tx:
        tx.create(batch)
        tx.update(books.entry("three"), [EntryRow.batch.set(batch.id)])
        tx.update(AccountRow(zelid=books.user.zelid), [AccountRow.used.set(AccountRow.used + 100)])


def lost_object(books: Books) -> None:
    books.system.aws.s3.delete_object(Bucket=books.system.aws.settings.blob_bucket, Key=f"{books.blob('two').blob}/0")


def short_object(books: Books) -> None:
    books.system.aws.s3.put_object(
        Bucket=books.system.aws.settings.blob_bucket, Key=f"{books.blob('two').blob}/0", Body=b"short"
    )


def lost_blob_row(books: Books) -> None:
    lose(books.blob("two"))


Damage = Callable[[Books], None]

REPAIRED: dict[Damage, set[str]] = {
    stray_object: {"orphan_object"},
    lost_pin: {"entry_without_pin"},
    stray_entry: {"entry_without_pin"},
    lost_entry: {"pin_without_entry"},
    one_of_two_entries_lost: {"pin_without_entry"},
    stray_record: {"record_without_entry"},
    lost_record: {"entry_without_record"},
    wrong_use: {"wrong_use"},
    too_many_references: {"wrong_references"},
    too_few_references: {"wrong_references"},
    wrong_total: {"wrong_totals"},
    lost_total: {"wrong_totals"},
    stray_total: {"wrong_totals"},
    cut_off_batch: {"batch_cut_off"},
}
"""What is put right, and the kind it must be called, among others that follow from it."""

REPORTED: dict[Damage, set[str]] = {
    lost_object: {"blob_damaged"},
    short_object: {"blob_damaged"},
    lost_blob_row: {"pin_without_blob"},
}
"""What only a person can put right."""
