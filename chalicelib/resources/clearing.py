"""Clears away what a publication or a deletion has left: index rows, uses of files, revisions.

What is left is written down in the transaction that leaves it, and cleared right after; the janitor clears what a crash
left. A revision with something left is not published before that is cleared, so that no row it needs goes later.

    begun ── rows are written, in many transactions ── published: nothing is left
      └──── cut off, or refused ── claimed: no more are written ──┐
    replaced, unpublished, deleted ───────────────────────────────┴── rows go ── uses go, and this row with them
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib import aws
from chalicelib.models import Versions
from chalicelib.resources import documents, indexing
from chalicelib.resources.documents import Document
from chalicelib.resources.files import Uses
from chalicelib.resources.indexing import Publication
from chalicelib.resources.tables import (
    DocumentRow,
    IndexRow,
    OwnedRow,
    PublishedRow,
    RemainsRow,
    ResourceRow,
    RevisionRow,
    within,
)
from chalicelib.web import observe

TOGETHER = 90
"""Index rows of one transaction."""
_REVISIONS = 45
"""Revisions that go in one transaction, each with its document."""


@contextmanager
def at_leisure() -> Iterator[None]:
    """What is done here only tidies up after what was committed: where a store fails, the janitor does it later."""
    try:
        yield
    except Exception as error:
        if not aws.passes(error):
            raise
        observe.note("clearing put off", why=type(error).__name__)


class Clearing:
    """Does the work; doing it again, or at once with others, changes nothing."""

    def __init__(self, versions: Versions, uses: Uses) -> None:
        self._versions = versions
        self._uses = uses

    def rows(self, versions: Iterable[str], document: Document, of: Publication) -> dict[tuple[str, str], IndexRow]:
        """All index rows that a published document has under any of some schema versions, by their keys."""
        schemas = [self._versions.get(of.folder, version) for version in versions]
        every = [row for schema in schemas for row in indexing.rows(schema, document, of)]
        return {(row.field, row.value): row for row in every}

    def clear(self, left: RemainsRow) -> Sequence[OwnedRow]:
        """Clear away what is left of a revision, or of a deleted resource.

        Returns:
            The first resources that belong to a deleted one: once they are deleted too, this is to be called again.
        """
        try:
            return self._clear(left)
        except aws.StaleError:
            # Somebody else has done it.
            return ()

    def cleared(self, left: RemainsRow) -> aws.Refusal:
        """The refusal of a step that wants nothing to be left of a revision: it is cleared, and all is read again."""

        def refusal(_old: dict[str, Any] | None) -> Exception:
            found = aws.get(RemainsRow, left.resource, left.revision)
            if found is not None:
                self.clear(found)
            return aws.StaleError()

        return refusal

    def _clear(self, left: RemainsRow) -> Sequence[OwnedRow]:
        if left.begun:
            # From now on its publication cannot go on.
            with aws.transaction() as tx:
                tx.update(_bare(left), [RemainsRow.begun.remove()], this_one(left))
        if left.revision == RemainsRow.ALL:
            for other in aws.page(RemainsRow, left.resource).rows:
                if other.revision != RemainsRow.ALL:
                    self.clear(other)
        self._unindex(left)
        if left.revision == RemainsRow.ALL:
            _drop_revisions(left)
            if owned := aws.page(OwnedRow, left.resource).rows:
                return owned
        self._settle(left)
        return ()

    def _unindex(self, left: RemainsRow) -> None:
        row = aws.get(DocumentRow, left.folder, f"{left.key}/{left.current}") if left.current else None
        if row is None or left.published is None:
            return
        of = Publication(left.folder, left.owner, left.key, str(left.current), int(left.published))
        found = list(self.rows(left.versions, documents.unpack(row.body), of).values())
        for start in range(0, len(found), TOGETHER):
            with aws.transaction() as tx:
                # Once this is gone, the revision may be published anew, with these same rows.
                tx.check(_bare(left), this_one(left))
                for one in found[start : start + TOGETHER]:
                    tx.discard(one)

    @aws.retry_stale
    def _settle(self, left: RemainsRow) -> None:
        row = aws.get(RemainsRow, left.resource, left.revision)
        if row is None or row.tx != left.tx:
            return
        with aws.transaction() as tx:
            self._uses.give_back(tx, row.account, list(row.files))
            tx.delete(_bare(row), this_one(left))


def left_of(resource: ResourceRow, shown: PublishedRow | None, account: str, revision: str) -> RemainsRow:
    """What is left of a resource, or of one of its revisions, once what was `shown` of it is no longer published."""
    left = RemainsRow(
        resource=within(resource.folder, resource.key),
        revision=revision,
        owner=resource.owner,
        account=account,
        created=int(time.time()),
    )
    if shown is not None:
        left.current, left.published, left.versions = shown.revision, int(shown.published), versions(shown)
        left.files = sorted(shown.files or ())
    return left


def versions(row: PublishedRow) -> list[str]:
    """The schema versions that a published document may have index rows of."""
    return [row.version, row.also] if row.also is not None else [row.version]


def as_read(row: PublishedRow) -> Condition:
    """That what is published of a resource is what was read, and indexed as it was."""
    also = PublishedRow.also
    indexed = also.does_not_exist() if row.also is None else also == row.also
    same: Condition = (PublishedRow.revision == row.revision) & (PublishedRow.version == row.version) & indexed
    # One that was taken back and published again has another row for that moment.
    same &= PublishedRow.published == row.published
    return same


def this_one(left: RemainsRow) -> Condition:
    """That what is left is what was read: another time it may be of other rows, or of a publication under way."""
    same: Condition = RemainsRow.tx == left.tx
    return same


def current_as_read(row: ResourceRow) -> Condition:
    """That a resource has the current revision that was read."""
    current = ResourceRow.current
    same: Condition = current.does_not_exist() if row.current is None else current == row.current
    return same


def _bare(left: RemainsRow) -> RemainsRow:
    return RemainsRow(resource=left.resource, revision=left.revision)


def _drop_revisions(left: RemainsRow) -> None:
    while rows := aws.page(RevisionRow, left.resource, limit=_REVISIONS).rows:
        with aws.transaction() as tx:
            for row in rows:
                tx.discard(RevisionRow(resource=row.resource, key=row.key))
                tx.discard(DocumentRow(folder=left.folder, revision=f"{left.key}/{row.key}"))
