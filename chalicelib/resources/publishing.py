"""Publishing a revision, and taking it back: what the world may read changes in one transaction (decision 15).

Where the index rows of the new revision, and those of the one it replaces, find room in that transaction, they come
and go with it. Otherwise the new ones are written before, where nobody sees them while their revision is not the
current one, and the old ones go after; a row says so meanwhile (see `clearing`).
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.identity import Account, Identity
from chalicelib.members import Member
from chalicelib.models import Schema, Versions
from chalicelib.models.errors import DataInvalidError, misfit
from chalicelib.models.tables import scope
from chalicelib.resources import documents, files, indexing
from chalicelib.resources.clearing import (
    TOGETHER,
    Clearing,
    as_read,
    at_leisure,
    current_as_read,
    left_of,
    this_one,
    versions,
)
from chalicelib.resources.errors import RevisionNotPublishedError
from chalicelib.resources.files import Held, Uses
from chalicelib.resources.indexing import Publication
from chalicelib.resources.tables import (
    DocumentRow,
    IndexRow,
    PublishedRow,
    RemainsRow,
    ResourceRow,
    RevisionRow,
    place,
    within,
)

PUBLISHED, UNPUBLISHED = "published", "unpublished"
_MOST_SHOWN = 395_000
"""Bytes of a published document with its files, so that its row holds them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A revision with all it stands in, as it was read."""

    member: Member
    folder: FolderRow
    resource: ResourceRow
    revision: RevisionRow

    @property
    def scope(self) -> str:
        """That of its folder."""
        return scope(self.folder.environment, self.folder.key)

    @property
    def place(self) -> str:
        """Where it is published."""
        return place(self.scope, self.resource.owner)


class Publishing:
    """Publishes and unpublishes. `moment` of a publication is seconds since the epoch."""

    def __init__(self, folders: Folders, versions: Versions, identity: Identity, uses: Uses) -> None:
        self._folders = folders
        self._versions = versions
        self._identity = identity
        self._uses = uses
        self.clearing = Clearing(versions, uses)

    def publish(self, standing: Standing, document: DocumentRow) -> RevisionRow:
        """Make a revision the one that is published. At most one read and one transaction, and one per 90 index rows.

        What it replaces is cleared away after that, if it had many index rows, or files that this one has not.

        Raises:
            DataInvalidError: It does not fit the schema, names files that the account does not hold, or takes too much.
            SchemaNotPublishedError: The folder has no published schema version.
            CapacityExceededError: The account's plan does not hold its files.
            StaleError: Something changed since it was read.
        """
        row = standing.revision
        if standing.resource.current == row.key:
            return row
        schema, data = self._versions.current(standing.folder), documents.unpack(document.body)
        if problems := schema.errors(data):
            raise DataInvalidError(problems)
        mentioned = files.mentions(schema, data)
        of = _publication(standing, int(time.time()))
        new = indexing.rows(schema, data, of)
        for index_row in new:
            index_row.size = len(document.body)
        old, held = self._read(standing, mentioned.files)
        left = self._commit(standing, _Turn(schema, document.body, of, new, old, held))
        if left is not None:
            with at_leisure():
                self.clearing.clear(left)
        row.status, row.version, row.published, row.unpublished = PUBLISHED, schema.version, of.moment, None
        return row

    def _read(self, standing: Standing, named: Mapping[str, str]) -> tuple[PublishedRow | None, dict[str, Held]]:
        """What is published now, and the files that are to be."""
        resource, account = standing.resource, standing.member.account.zelid
        wanted = files.refs(account, named)
        current = [aws.Ref(PublishedRow, standing.place, resource.key)] if resource.current is not None else []
        rows = aws.batch_get(*current, *wanted) if current or wanted else []
        old = rows.pop(0) if current else None
        if current and (old is None or old.revision != resource.current):
            raise aws.StaleError
        return old, files.held(named, rows)

    def _commit(self, standing: Standing, turn: "_Turn") -> RemainsRow | None:
        """The transaction that publishes; gives what it has left to be cleared away."""
        resource, of, old = standing.resource, turn.of, turn.old
        tx = aws.transaction()
        _set_current(tx, resource, of.revision)
        _put(tx, standing, turn)
        self._folders.confirm(tx, standing.folder)
        status = [RevisionRow.status.set(PUBLISHED), RevisionRow.published.set(of.moment)]
        status += [RevisionRow.version.set(turn.schema.version), RevisionRow.unpublished.remove()]
        tx.update(_bare(standing.revision), status, RevisionRow.edits == standing.revision.edits)
        before = set(old.files or ()) if old is not None else set()
        fresh = [one for cid, one in turn.held.items() if cid not in before]
        self._uses.keep(tx, [one for cid, one in turn.held.items() if cid in before])
        if fresh:
            self._uses.take(tx, self._account(standing), fresh)
        replaced = _unset(tx, standing, old, of.moment) if old is not None else None
        gone = self._old_rows(standing, old) if old is not None else []
        dropped = sorted(before - turn.held.keys())
        begun = RemainsRow(resource=within(standing.scope, resource.key), revision=of.revision)
        # One step for what was left of this revision, and one for what will be left of the one before.
        fits = len(turn.rows) + len(gone) <= tx.room - 2
        if fits:
            tx.check(begun, RemainsRow.resource.does_not_exist(), self.clearing.cleared(begun))
            for index_row in turn.rows:
                tx.put(index_row)
            for index_row in gone:
                tx.discard(index_row)
        else:
            begun = self._begin(standing, turn, begun)
            tx.delete(_key_of(begun), RemainsRow.begun.exists() & this_one(begun))
        if fits and replaced is not None:
            # Nothing to look for any more but files.
            replaced.current = None
        left = replaced if dropped or not fits else None
        if left is not None:
            left.files = dropped
            tx.create(left)
        tx.commit()
        return left

    def _account(self, standing: Standing) -> Account:
        return self._identity.readmit(standing.member.account)

    def _old_rows(self, standing: Standing, old: PublishedRow) -> Sequence[IndexRow]:
        of = Publication(standing.scope, standing.resource.owner, old.key, old.revision, int(old.published))
        return list(self.clearing.rows(versions(old), documents.unpack(old.body), of).values())

    def _begin(self, standing: Standing, turn: "_Turn", begun: RemainsRow) -> RemainsRow:
        """Write all index rows of a revision that is not published yet, and first of all a row that says so."""
        begun = RemainsRow(
            resource=begun.resource,
            revision=begun.revision,
            owner=turn.of.owner,
            begun=True,
            current=turn.of.revision,
            versions=[turn.schema.version],
            published=turn.of.moment,
            account=standing.member.account.zelid,
            created=int(time.time()),
        )
        for start in range(0, len(turn.rows), TOGETHER):
            with aws.transaction() as tx:
                if start == 0:
                    tx.create(begun, self.clearing.cleared(begun))
                    # Of a revision that is published by now these rows would be cleared away as what is left of it,
                    # and of one that has changed, those of its other document.
                    current = ResourceRow.folder.exists() & current_as_read(standing.resource)
                    tx.check(ResourceRow(folder=standing.scope, key=turn.of.resource), current)
                    tx.check(_bare(standing.revision), RevisionRow.edits == standing.revision.edits)
                else:
                    tx.check(_key_of(begun), RemainsRow.begun.exists() & this_one(begun))
                for index_row in turn.rows[start : start + TOGETHER]:
                    tx.put(index_row)
        return begun

    def unpublish(self, standing: Standing) -> RevisionRow:
        """Take back the revision that is published: the resource is not to be read until another one is.

        One read and one transaction, and what it takes to clear away what it had.

        Raises:
            RevisionNotPublishedError: It is not the one that is published.
            StaleError: Something changed since it was read.
        """
        row, now = standing.revision, int(time.time())
        if standing.resource.current != row.key:
            raise RevisionNotPublishedError
        old, _ = self._read(standing, {})
        if old is None:
            raise aws.StaleError
        tx = aws.transaction()
        _set_current(tx, standing.resource, None)
        tx.delete(PublishedRow(place=old.place, key=old.key), as_read(old))
        left = _unset(tx, standing, old, now)
        tx.create(left)
        tx.commit()
        with at_leisure():
            self.clearing.clear(left)
        row.status, row.unpublished = UNPUBLISHED, now
        return row


@dataclass(frozen=True, slots=True)
class _Turn:
    """All that a publication changes: what comes, and what was there before."""

    schema: Schema
    body: bytes
    of: Publication
    rows: Sequence[IndexRow]
    old: PublishedRow | None
    held: Mapping[str, Held]


def _publication(standing: Standing, moment: int) -> Publication:
    resource = standing.resource
    return Publication(standing.scope, resource.owner, resource.key, standing.revision.key, moment)


def _bare(row: RevisionRow) -> RevisionRow:
    return RevisionRow(resource=row.resource, key=row.key)


def _key_of(left: RemainsRow) -> RemainsRow:
    return RemainsRow(resource=left.resource, revision=left.revision)


def _set_current(tx: aws.Transaction, row: ResourceRow, revision: str | None) -> None:
    """Step: another revision is the current one; stale if that changed since the resource was read."""
    current = ResourceRow.current
    action = current.set(revision) if revision is not None else current.remove()
    tx.update(ResourceRow(folder=row.folder, key=row.key), [action], current_as_read(row))


def _put(tx: aws.Transaction, standing: Standing, turn: _Turn) -> None:
    """Step: the published document is another one, or the first."""
    shown = {cid: one.shown() for cid, one in turn.held.items()}
    if len(turn.body) + len(json.dumps(shown)) > _MOST_SHOWN:
        raise misfit("$", "it takes too much with its files: leave some out")
    facts: dict[str, Any] = {
        "revision": turn.of.revision,
        "version": turn.schema.version,
        "body": turn.body,
        "files": shown or None,
        "published": turn.of.moment,
    }
    where, key, old = standing.place, standing.resource.key, turn.old
    if old is None:
        tx.create(PublishedRow(place=where, key=key, created=int(standing.resource.created), **facts))
        return
    kept = [getattr(PublishedRow, name).set(value) for name, value in facts.items() if value is not None]
    removed = [getattr(PublishedRow, name).remove() for name, value in facts.items() if value is None]
    actions = [*kept, *removed, PublishedRow.also.remove()]
    tx.update(PublishedRow(place=where, key=key), actions, as_read(old))


def _unset(tx: aws.Transaction, standing: Standing, old: PublishedRow, now: int) -> RemainsRow:
    """Step: the revision that was published no longer is. Gives what is left of it, to be created if it is not gone."""
    resource = within(standing.scope, standing.resource.key)
    actions = [RevisionRow.status.set(UNPUBLISHED), RevisionRow.unpublished.set(now)]
    tx.update(RevisionRow(resource=resource, key=old.revision), actions)
    return left_of(standing.resource, old, standing.member.account.zelid, old.revision)
