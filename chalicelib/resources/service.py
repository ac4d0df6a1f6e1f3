"""Resources: made with their first revision, found by key or external id, listed, and deleted with all they own."""

import time
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.members import Member, keys
from chalicelib.members.service import listed
from chalicelib.models import Schema, Versions
from chalicelib.models.errors import DataInvalidError
from chalicelib.models.tables import scope
from chalicelib.resources import documents, files
from chalicelib.resources.clearing import Clearing, as_read, at_leisure, current_as_read, left_of
from chalicelib.resources.documents import Document
from chalicelib.resources.errors import ExternalIdConflictError, NothingPublishedError, ResourceNotFoundError
from chalicelib.resources.revisions import draft
from chalicelib.resources.tables import (
    ExternalIdRow,
    OwnedRow,
    PublishedRow,
    RemainsRow,
    ResourceRow,
    place,
    within,
)
from chalicelib.web.management import Rows, Window, issue

MOST_AT_ONCE = 50
"""Resources that go with their owner while a caller waits: each takes several calls."""


@dataclass(frozen=True, slots=True)
class NewResource:
    """What a resource is to be; `owner` is the key of the one it belongs to, in a strict folder."""

    document: Document
    external_id: str | None = None
    name: str | None = None
    owner: str | None = None


class Resources:
    """The resources of any folder."""

    def __init__(self, folders: Folders, versions: Versions, clearing: Clearing) -> None:
        self._folders = folders
        self._versions = versions
        self._clearing = clearing

    @staticmethod
    def ref(environment: str, folder: str, key: str) -> aws.Ref:
        """The row of a resource, to be read with others."""
        return aws.Ref(ResourceRow, scope(environment, folder), key)

    @staticmethod
    def require(row: ResourceRow | None) -> ResourceRow:
        """A resource's row, which must be there.

        Raises:
            ResourceNotFoundError: It is not.
        """
        if row is None:
            raise ResourceNotFoundError
        return row

    @staticmethod
    def listed(environment: str, folder: str, window: Window) -> Rows:
        """A part of the resources of a folder, in the order they were made. One call."""
        return listed(ResourceRow, scope(environment, folder), window)

    @staticmethod
    def named(folder: FolderRow, external_id: str) -> ResourceRow | None:
        """The resource with an external id, if there is one. Two calls, or one if there is none."""
        where = scope(folder.environment, folder.key)
        found = aws.get(ExternalIdRow, where, external_id)
        if found is None:
            return None
        row = aws.get(ResourceRow, where, found.key)
        if row is None:
            # Deleted between the two reads.
            raise aws.StaleError
        return row

    def judge(
        self, member: Member, folder: FolderRow, document: Document, *more: aws.Ref
    ) -> tuple[Schema, list[object]]:
        """The schema that a document fits, and rows read along. One call at most.

        Raises:
            SchemaNotPublishedError: The folder has no published schema version.
            DataInvalidError: It does not fit, or names files or resources that there are not.
        """
        schema = self._versions.current(folder)
        # Judging takes seconds per megabyte.
        documents.as_text(document)
        if problems := schema.errors(document):
            raise DataInvalidError(problems)
        named = files.mentions(schema, document)
        wanted = files.check_refs(member.account.zelid, folder.environment, named)
        rows = aws.batch_get(*more, *wanted) if more or wanted else []
        files.check(named, rows[len(more) :])
        return schema, rows[: len(more)]

    def create(self, member: Member, folder: FolderRow, new: NewResource) -> ResourceRow:
        """Make a resource, with a draft as its first revision. At most one read and one transaction.

        Raises:
            ExternalIdConflictError: Another one of the folder has the external id.
            InvalidDataError: It has no owner and needs one, or the other way round; or there is no such owner.
            StaleError: Another schema version was published since the folder was read.
            Refusal: See `judge`.
        """
        above = _owner(folder, new.owner)
        schema, owners = self.judge(member, folder, new.document, *above)
        if above and owners[0] is None:
            raise issue(["resource_owner"], "no such resource in the folder above")
        where, key = scope(folder.environment, folder.key), keys.new()
        row = ResourceRow(
            folder=where,
            key=key,
            external_id=new.external_id,
            name=new.name,
            owner=new.owner,
            above=folder.parent if above else None,
            created=int(time.time()),
        )
        with aws.transaction() as tx:
            tx.create(row)
            draft(tx, row, schema, new.document, 1)
            self._folders.count(tx, folder, 1)
            if new.external_id is not None:
                taken = ExternalIdRow(folder=where, external_id=new.external_id, key=key)
                tx.create(taken, lambda _old: ExternalIdConflictError())
            for ref in above:
                tx.check(ResourceRow(folder=ref.hash_key, key=ref.range_key), ResourceRow.folder.exists())
                tx.create(OwnedRow(owner=within(ref.hash_key, ref.range_key), child=within(where, key)))
        return row

    @staticmethod
    def data(row: ResourceRow) -> Document:
        """The document that is published of a resource. One call.

        Raises:
            NothingPublishedError: None is.
        """
        found = aws.get(PublishedRow, place(row.folder, row.owner), row.key) if row.current is not None else None
        if found is None:
            raise NothingPublishedError
        return documents.unpack(found.body)

    @aws.retry_stale
    def delete(self, account: str, folder: str, key: str) -> None:
        """Delete a resource of the folder with this scope, and those that belong to it, however many.

        It is gone after two reads and one transaction, and those that belong to it are to be read no longer; then the
        rest is cleared away. What that leaves of very many, the janitor clears.

        Raises:
            ResourceNotFoundError: There is none.
        """
        row = self.require(aws.get(ResourceRow, folder, keys.plausible(key)))
        where = place(folder, row.owner)
        shown = aws.get(PublishedRow, where, key) if row.current is not None else None
        if row.current is not None and (shown is None or shown.revision != row.current):
            raise aws.StaleError
        left = left_of(row, shown, account, RemainsRow.ALL)
        environment, _, name = folder.partition("/")
        with aws.transaction() as tx:
            tx.create(left)
            tx.delete(ResourceRow(folder=folder, key=key), current_as_read(row))
            self._folders.count(tx, FolderRow(environment=environment, key=name), -1)
            if shown is not None:
                tx.delete(PublishedRow(place=where, key=key), as_read(shown))
            if row.external_id is not None:
                tx.delete(ExternalIdRow(folder=folder, external_id=row.external_id))
            if row.owner is not None and row.above is not None:
                owner = within(scope(environment, row.above), row.owner)
                tx.discard(OwnedRow(owner=owner, child=within(folder, key)))
        with at_leisure():
            self.finish(left, MOST_AT_ONCE)

    def finish(self, left: RemainsRow, most: int | None = None) -> None:
        """Clear away what a publication or a deletion has left; doing it again changes nothing.

        Args:
            left: What is left.
            most: How many resources that belonged to a deleted one are deleted now; all of them if None.
        """
        done = 0
        while owned := self._clearing.clear(left):
            for one in owned:
                if done == most:
                    return
                done += 1
                folder, _, key = one.child.rpartition("/")
                try:
                    self.delete(left.account, folder, key)
                except ResourceNotFoundError:
                    # Its row went, and only this was left.
                    with aws.transaction() as tx:
                        tx.discard(one)


def _owner(folder: FolderRow, owner: str | None) -> list[aws.Ref]:
    """The row of the resource that a new one of a folder is to belong to; none if the folder is not strict."""
    if folder.strict and owner is None:
        raise issue(["resource_owner"], "a resource of a strict folder belongs to one of the folder above", "missing")
    if not folder.strict and owner is not None:
        raise issue(["resource_owner"], "only resources of strict folders belong to others")
    if owner is None:
        return []
    return [aws.Ref(ResourceRow, scope(folder.environment, str(folder.parent)), keys.plausible(owner))]
