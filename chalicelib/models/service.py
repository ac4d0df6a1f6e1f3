"""Versions of a folder's schema: drafted, published one after the other, and given to those who judge documents.

A version that was published never changes again, so a process may remember its fields for good. Which one is the
published one stands in the folder's row, which every operation on resources reads anyway.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from chalicelib import aws
from chalicelib.content import FolderRow, Folders
from chalicelib.content.tables import EndedFolderRow
from chalicelib.jobs import Jobs
from chalicelib.members import keys
from chalicelib.members.service import listed
from chalicelib.models import schema
from chalicelib.models.errors import (
    SchemaNotPublishedError,
    TooManyVersionsError,
    VersionNotFoundError,
    VersionPublishedError,
)
from chalicelib.models.fields import Field
from chalicelib.models.reindexing import Reindexing
from chalicelib.models.schema import Schema
from chalicelib.models.tables import VersionRow, scope
from chalicelib.web.management import Rows, Window, issue

MOST_DRAFTS = 50
MOST_BYTES = 100_000
"""Fields of one version, as JSON: its row is read with others."""
_REMEMBERED = 500
Change = Callable[[list[Field]], list[Field]]


class Versions:
    """The schema versions of any folder."""

    def __init__(self, folders: Folders, jobs: Jobs) -> None:
        self._folders = folders
        self.reindexing = Reindexing(jobs)
        self._known: OrderedDict[str, Schema] = OrderedDict()

    @staticmethod
    def ref(environment: str, folder: str, version: str) -> aws.Ref:
        """The row of a version, to be read with others."""
        return aws.Ref(VersionRow, scope(environment, folder), version)

    @staticmethod
    def require(row: VersionRow | None) -> VersionRow:
        """A version's row, which must be there.

        Raises:
            VersionNotFoundError: It is not.
        """
        if row is None:
            raise VersionNotFoundError
        return row

    @staticmethod
    def listed(environment: str, folder: str, window: Window) -> Rows:
        """A part of the versions of a folder, in the order they were made. One call."""
        return listed(VersionRow, scope(environment, folder), window)

    def create(self, folder: FolderRow, name: str, description: str | None, copied: str | None = None) -> VersionRow:
        """Make a draft, empty or with the fields of the version with the key `copied`. One transaction after a read.

        Raises:
            VersionNotFoundError: There is none to copy.
            TooManyVersionsError: The folder has 50 drafts.
        """
        where = scope(folder.environment, folder.key)
        source = self.require(aws.get(VersionRow, where, keys.plausible(copied))) if copied is not None else None
        row = VersionRow(
            folder=where,
            key=keys.new(),
            name=name,
            description=description,
            fields=source.fields if source is not None else [],
            created=int(time.time()),
        )
        with aws.transaction() as tx:
            tx.create(row)
            self._folders.draft(
                tx,
                folder,
                1,
                FolderRow.drafts.does_not_exist() | (FolderRow.drafts < MOST_DRAFTS),
                TooManyVersionsError,
            )
        return row

    def rename(self, row: VersionRow, name: str | None, description: str | None) -> VersionRow:
        """Change what a draft is called. One transaction, none if nothing is said.

        Raises:
            VersionPublishedError: It is no draft any more.
            VersionNotFoundError: It is gone.
        """
        given = {"name": name, "description": description}
        facts = {field: value for field, value in given.items() if value is not None}
        if row.number is not None:
            raise VersionPublishedError
        if facts:
            self._change(row, facts)
        return row

    def reshape(self, row: VersionRow, change: Change) -> VersionRow:
        """Change the fields of a draft that was just read: `change` gives the new ones, from the old. One transaction.

        Raises:
            VersionPublishedError: It is no draft any more.
            VersionNotFoundError: There is none.
            InvalidDataError: There would be too much in it.
            Refusal: What `change` raises.
        """
        read = [row]

        @aws.retry_stale
        def once() -> VersionRow:
            found = read.pop() if read else self.require(aws.get(VersionRow, row.folder, row.key))
            if found.number is not None:
                raise VersionPublishedError
            stored = [one.stored() for one in change(fields(found))]
            if len(json.dumps(stored)) > MOST_BYTES:
                raise issue(["meta"], f"the fields of a version take {MOST_BYTES} bytes at most")
            self._change(found, {"fields": stored})
            return found

        found: VersionRow = once()
        return found

    @staticmethod
    def _change(row: VersionRow, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            setattr(row, name, value)
        actions = [getattr(VersionRow, name).set(value) for name, value in facts.items()]
        unchanged = VersionRow.number.does_not_exist() & (VersionRow.revision == row.revision)
        with aws.transaction() as tx:
            tx.update(_bare(row), [*actions, VersionRow.revision.set(row.revision + 1)], unchanged, _refused)
        row.revision += 1

    def delete(self, folder: FolderRow, row: VersionRow) -> None:
        """Delete a draft. One transaction.

        Raises:
            VersionPublishedError: It is none.
            VersionNotFoundError: It is gone.
        """
        with aws.transaction() as tx:
            tx.delete(_bare(row), VersionRow.number.does_not_exist(), _refused)
            self._folders.draft(tx, folder, -1)

    def publish(self, folder: FolderRow, row: VersionRow) -> VersionRow:
        """Make a draft the version that resources must fit, and archive the one before. One transaction.

        Raises:
            VersionPublishedError: It is no draft any more.
            VersionNotFoundError: It is gone.
            StaleError: Another version was published, or its fields changed, since they were read.
        """
        if row.number is not None:
            raise VersionPublishedError
        now, number = int(time.time()), int(folder.numbers) + 1
        with aws.transaction() as tx:
            unchanged = VersionRow.number.does_not_exist() & (VersionRow.revision == row.revision)
            actions = [VersionRow.number.set(number), VersionRow.published.set(now)]
            tx.update(_bare(row), actions, unchanged, _refused)
            if folder.published is not None:
                before = VersionRow(folder=row.folder, key=folder.published)
                tx.update(before, [VersionRow.archived.set(now)])
                self.reindexing.ask(tx, row.folder, row.key)
            self._folders.publish(tx, folder, row.key)
        if folder.published is not None:
            self.reindexing.send(row.folder, row.key)
        row.number, row.published = number, now
        return row

    def current(self, folder: FolderRow) -> Schema:
        """The schema that resources of a folder must fit. One call, none for one that the process knows.

        Raises:
            SchemaNotPublishedError: None was published.
        """
        if folder.published is None:
            raise SchemaNotPublishedError
        return self.get(scope(folder.environment, folder.key), folder.published)

    def load(self, folders: Iterable[FolderRow]) -> None:
        """Get to know the schemas of several folders together. One call per 100 that the process does not know."""
        refs = [
            aws.Ref(VersionRow, scope(one.environment, one.key), one.published)
            for one in folders
            if one.published is not None and one.published not in self._known
        ]
        for row in aws.batch_get(*refs) if refs else ():
            if row is not None and row.number is not None:
                self._keep(row)

    def _keep(self, row: VersionRow) -> Schema:
        found = self._known[row.key] = schema.read(row.key, row.fields)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def get(self, where: str, version: str) -> Schema:
        """A version that was published, of the folder with this scope. One call, none if the process knows it."""
        found = self._known.get(version)
        if found is None:
            row = aws.get(VersionRow, where, version)
            if row is None or row.number is None:
                # The folder was deleted since its row was read.
                raise aws.StaleError
            return self._keep(row)
        return found


def finish(ended: EndedFolderRow) -> None:
    """Let the versions of a deleted folder go; doing it again changes nothing. One transaction per 90 of them."""
    where = scope(ended.environment, ended.folder)
    while rows := aws.page(VersionRow, where, limit=90).rows:
        with aws.transaction() as tx:
            for row in rows:
                tx.discard(_bare(row))
    with aws.transaction() as tx:
        tx.discard(EndedFolderRow(folder=ended.folder))


def fields(row: VersionRow) -> list[Field]:
    """The fields that a version's row keeps."""
    return list(schema.read(row.key, row.fields).fields)


def _bare(row: VersionRow) -> VersionRow:
    return VersionRow(folder=row.folder, key=row.key)


def _refused(old: dict[str, Any] | None) -> Exception:
    if old is None:
        return VersionNotFoundError()
    return VersionPublishedError() if "number" in old else aws.StaleError()
