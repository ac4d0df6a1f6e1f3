"""Records: create, get, list, change, delete, and exact totals (seed 000)."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.metadata import ids, tables
from chalicelib.metadata.cache import Cache
from chalicelib.metadata.errors import InUseError, RecordNotFoundError
from chalicelib.metadata.lookup import Lookup
from chalicelib.metadata.tables import Record


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What a record says of a file; names and keys arrive encrypted."""

    filename_enc: str
    size: int
    mime_type: str
    dek_enc: str
    mobile: bool = False
    web: bool = False
    web_pre: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """New values for a record; None leaves one as it is."""

    filename_enc: str | None = None
    mime_type: str | None = None
    dek_enc: str | None = None
    mobile: bool | None = None
    web: bool | None = None
    web_pre: bool | None = None

    def given(self) -> dict[str, Any]:
        """The values that are to change, by attribute."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


class Metadata:
    """The metadata service. Steps that take a transaction write nothing themselves."""

    def __init__(self, cache: Cache) -> None:
        self._lookup = Lookup(cache, tables.get)

    def create(self, user: str, new: NewRecord) -> Record:
        """Store a record for `user` and count it. One call."""
        with aws.transaction() as tx:
            (record,) = self.add(tx, user, [new])
        return record

    def add(self, tx: aws.Transaction, user: str, new: Iterable[NewRecord], held_by: str | None = None) -> list[Record]:
        """Step: add records of one user, counted in one shard, so that they cost one further item.

        Args:
            tx: The transaction they become part of.
            user: Whose they are.
            new: What they say.
            held_by: The domain that alone may change or remove them, such as `drive`.
        """
        owner, seed, now = ids.owner_key(user), secrets.randbelow(256), time.time()
        records = [_record(owner, ids.new_order(seed, now), user, one, held_by) for one in new]
        for record in records:
            tx.create(record)
        tables.count(tx, ((ids.shard(record.order), 1, int(record.size)) for record in records))
        return records

    def get(self, file_id: str) -> Record:
        """A record by its id, as it stands. One call, none if it is cached or cannot be an id.

        Raises:
            RecordNotFoundError: There is none.
        """
        key = ids.split(file_id)
        record = self._lookup.get(*key) if key else None
        if record is None:
            raise RecordNotFoundError
        return record

    @staticmethod
    def _read(file_id: str) -> Record:
        key = ids.split(file_id)
        record = tables.get(*key) if key else None
        if record is None:
            raise RecordNotFoundError
        return record

    def of_user(self, user: str, limit: int, after: str | None) -> tuple[list[Record], str | None]:
        """A page of a user's records, newest first, and the position of the next page (None at the end). One call."""
        rows, following = tables.of_user(ids.owner_key(user), limit, after)
        return rows, following

    @aws.retry_stale
    def change(self, file_id: str, changes: Changes, *, by: str | None = None) -> Record:
        """Change a record. One read and one transaction.

        Raises:
            RecordNotFoundError: There is none.
            InUseError: Another domain holds it.
            CacheUnavailableRefusal: A cache is configured and out of reach.
        """
        record = self._read(file_id)
        given = changes.given()
        if record.held_by not in (None, by) and not given.keys() <= {"mobile", "web", "web_pre"}:
            raise InUseError
        if not given:
            return record
        with aws.transaction() as tx:
            actions = [getattr(Record, name).set(value) for name, value in given.items()]
            actions.append(Record.revision.set(record.revision + 1))
            tx.update(record, actions, Record.revision == record.revision)
            self._lookup.around(tx, {record.owner: [record.order]})
        for name, value in given.items():
            setattr(record, name, value)
        return record

    def replace_dek(self, record: Record, dek_enc: str) -> None:
        """Store a record's key wrapped anew, if the key is still the one that was read. One transaction.

        Raises:
            StaleError: It changed since, or the record is gone.
        """
        with aws.transaction() as tx:
            # Not the revision: a change of something else in between would leave the old key standing.
            actions = [Record.dek_enc.set(dek_enc), Record.revision.set(Record.revision + 1)]
            tx.update(record, actions, Record.dek_enc == record.dek_enc)
            self._lookup.around(tx, {record.owner: [record.order]})

    @aws.retry_stale
    def delete(self, file_id: str) -> None:
        """Delete a record and uncount it. One read and one transaction.

        Raises:
            RecordNotFoundError: There is none.
            InUseError: Another domain holds it.
            CacheUnavailableRefusal: A cache is configured and out of reach.
        """
        record = self._read(file_id)
        if record.held_by is not None:
            raise InUseError
        with aws.transaction() as tx:
            self.remove(tx, record.user, [(record.order, int(record.size))])

    def remove(self, tx: aws.Transaction, user: str, orders: Iterable[tuple[str, int]]) -> None:
        """Step: remove records of one user, given as (order, size in bytes), and uncount them."""
        owner, gone = ids.owner_key(user), list(orders)
        for order, _ in gone:
            tx.delete(Record(owner=owner, order=order))
        self._lookup.around(tx, {owner: [order for order, _ in gone]})
        tables.count(tx, ((ids.shard(order), -1, -size) for order, size in gone))

    def drop(self, tx: aws.Transaction, record: Record) -> None:
        """Step: remove a record and uncount nothing; for the check of the books, which counts anew."""
        tx.delete(record)
        self._lookup.around(tx, {record.owner: [record.order]})

    def totals(self) -> tuple[int, int]:
        """Number of files and sum of their bytes, exact at once. One call."""
        return tables.totals()


def _record(owner: str, order: str, user: str, new: NewRecord, held_by: str | None) -> Record:
    return Record(
        owner=owner,
        order=order,
        user=user,
        filename_enc=new.filename_enc,
        size=new.size,
        mime_type=new.mime_type,
        dek_enc=new.dek_enc,
        mobile=new.mobile,
        web=new.web,
        web_pre=new.web_pre,
        uploaded=int(time.time()),
        held_by=held_by,
    )


def file_id(record: Record) -> str:
    """The id that callers know a record by."""
    return ids.join(record.owner, record.order)
