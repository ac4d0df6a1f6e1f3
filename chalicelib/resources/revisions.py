"""Revisions: drafts of a resource's document, until one is published; then they stay as they were."""

import time

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.members import keys
from chalicelib.members.service import listed
from chalicelib.models import Schema
from chalicelib.resources import documents
from chalicelib.resources.clearing import Clearing
from chalicelib.resources.documents import Document
from chalicelib.resources.errors import RevisionNotFoundError, RevisionPublishedError
from chalicelib.resources.tables import DocumentRow, RemainsRow, ResourceRow, RevisionRow, within
from chalicelib.web.management import Rows, Window

DRAFT = "draft"


def draft(tx: aws.Transaction, resource: ResourceRow, schema: Schema, document: Document, number: int) -> RevisionRow:
    """Step: a new draft of a resource, of a document that fits a schema.

    Raises:
        DataInvalidError: The document is too long.
    """
    body, size = documents.pack(document)
    row = RevisionRow(
        resource=within(resource.folder, resource.key),
        key=keys.new(),
        number=number,
        version=schema.version,
        status=DRAFT,
        size=size,
        created=int(time.time()),
    )
    tx.create(row)
    tx.create(DocumentRow(folder=resource.folder, revision=f"{resource.key}/{row.key}", body=body))
    return row


class Revisions:
    """The revisions of any resource. Who calls has judged the documents."""

    def __init__(self, folders: Folders, clearing: Clearing) -> None:
        self._folders = folders
        self._clearing = clearing

    @staticmethod
    def refs(folder: str, resource: str, revision: str) -> tuple[aws.Ref, aws.Ref]:
        """The rows of a revision and of its document, to be read with others; `folder` is the folder's scope."""
        return (
            aws.Ref(RevisionRow, within(folder, resource), revision),
            aws.Ref(DocumentRow, folder, within(resource, revision)),
        )

    @staticmethod
    def require(row: RevisionRow | None) -> RevisionRow:
        """A revision's row, which must be there.

        Raises:
            RevisionNotFoundError: It is not.
        """
        if row is None:
            raise RevisionNotFoundError
        return row

    @staticmethod
    def listed(resource: ResourceRow, window: Window) -> Rows:
        """A part of the revisions of a resource, in the order they were made. One call."""
        return listed(RevisionRow, within(resource.folder, resource.key), window)

    def add(
        self, folder: FolderRow, resource: ResourceRow, schema: Schema, document: Document, name: str | None = None
    ) -> RevisionRow:
        """Make one more draft, and give the resource another name, if one is said. One transaction.

        Raises:
            StaleError: The resource, or the published schema version, changed since they were read.
            DataInvalidError: The document is too long.
        """
        number = int(resource.numbers) + 1
        with aws.transaction() as tx:
            row = draft(tx, resource, schema, document, number)
            counted = [ResourceRow.numbers.set(number), ResourceRow.revisions.set(ResourceRow.revisions + 1)]
            if name is not None:
                counted.append(ResourceRow.name.set(name))
            tx.update(_bare(resource), counted, ResourceRow.numbers == resource.numbers)
            self._folders.confirm(tx, folder)
        resource.numbers, resource.revisions = number, resource.revisions + 1
        resource.name = name if name is not None else resource.name
        return row

    def change(self, folder: FolderRow, row: RevisionRow, schema: Schema, document: Document) -> RevisionRow:
        """Give a draft another document. One transaction.

        Raises:
            RevisionPublishedError: It is no draft any more.
            StaleError: It, or the published schema version, changed since they were read; or it is being published.
            DataInvalidError: The document is too long.
        """
        if row.status != DRAFT:
            raise RevisionPublishedError
        body, size = documents.pack(document)
        where, _, resource = row.resource.rpartition("/")
        with aws.transaction() as tx:
            actions = [RevisionRow.version.set(schema.version), RevisionRow.size.set(size)]
            same = (RevisionRow.edits == row.edits) & (RevisionRow.status == DRAFT)
            bare = RevisionRow(resource=row.resource, key=row.key)
            tx.update(bare, [*actions, RevisionRow.edits.set(row.edits + 1)], same)
            kept = DocumentRow(folder=where, revision=within(resource, row.key))
            tx.update(kept, [DocumentRow.body.set(body)])
            # What was begun of it is known by the document it had.
            left = RemainsRow(resource=row.resource, revision=row.key)
            tx.check(left, RemainsRow.resource.does_not_exist(), self._clearing.cleared(left))
            self._folders.confirm(tx, folder)
        row.version, row.size = schema.version, size
        return row

    def delete(self, resource: ResourceRow, row: RevisionRow) -> None:
        """Delete a revision that is not published. One transaction.

        Raises:
            StaleError: It was published, or is gone, since it was read; or something is still left of it.
        """
        left = RemainsRow(resource=row.resource, revision=row.key)
        with aws.transaction() as tx:
            tx.delete(RevisionRow(resource=row.resource, key=row.key), RevisionRow.status == row.status)
            tx.discard(DocumentRow(folder=resource.folder, revision=within(resource.key, row.key)))
            tx.update(_bare(resource), [ResourceRow.revisions.set(ResourceRow.revisions - 1)])
            tx.check(left, RemainsRow.resource.does_not_exist(), self._clearing.cleared(left))


def _bare(row: ResourceRow) -> ResourceRow:
    return ResourceRow(folder=row.folder, key=row.key)
