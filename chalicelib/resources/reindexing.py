"""Indexes what is published under a schema version that was published since (decision 15).

Until it is done, a filter on a field that is newly searchable finds what was published since, and what this has come
to.
"""

from collections.abc import Mapping, Sequence

from chalicelib import aws
from chalicelib.content import FolderRow
from chalicelib.jobs import Message
from chalicelib.models import Versions
from chalicelib.models.errors import DataInvalidError
from chalicelib.resources import documents
from chalicelib.resources.clearing import TOGETHER, Clearing, as_read, versions
from chalicelib.resources.indexing import Publication
from chalicelib.resources.tables import IndexRow, PublishedRow, ResourceRow, place
from chalicelib.web import observe

PAGE = 50
"""Resources of one message."""
Rows = Mapping[tuple[str, str], IndexRow]


class Reindex:
    """The worker. Doing a message again changes nothing."""

    def __init__(self, models: Versions, clearing: Clearing) -> None:
        self._models = models
        self._clearing = clearing

    def work(self, message: Message) -> None:
        """Index a page of a folder's resources, and ask for the next."""
        folder, version = str(message["folder"]), str(message["version"])
        environment, _, key = folder.partition("/")
        row = aws.get(FolderRow, environment, key)
        if row is None or row.published != version:
            self._models.reindexing.done(folder, version)
            return
        after = message.get("after")
        start = ResourceRow.item_key(folder, after) if after else None
        found = aws.page(ResourceRow, folder, limit=PAGE, start=start)
        try:
            for resource in found.rows:
                if resource.current is not None:
                    self._index(resource, version)
        except _OvertakenError:
            # The turn of that version comes.
            return
        if found.next is None:
            self._models.reindexing.done(folder, version)
        else:
            self._models.reindexing.send(folder, version, found.rows[-1].key)

    @aws.retry_stale
    def _index(self, resource: ResourceRow, version: str) -> None:
        shown = aws.get(PublishedRow, place(resource.folder, resource.owner), resource.key)
        if shown is None or versions(shown) == [version]:
            return
        document = documents.unpack(shown.body)
        of = Publication(resource.folder, resource.owner, shown.key, shown.revision, int(shown.published))
        try:
            new = self._clearing.rows([version], document, of)
        except DataInvalidError:
            # More rows than one may have: it stays findable as it was.
            observe.note("not indexed anew", resource=shown.key)
            return
        old = self._clearing.rows(versions(shown), document, of)
        # Stale if it was published anew, or taken back, or if another worker does the same.
        self._swap(shown, version, old, new)

    def _swap(self, shown: PublishedRow, version: str, old: Rows, new: Rows) -> None:
        bare = PublishedRow(place=shown.place, key=shown.key)
        # Where this was begun before, for this version or another one, any of them may be missing.
        added = [row for key, row in new.items() if shown.also is not None or key not in old]
        for row in added:
            row.size = len(shown.body)
        gone = [row for key, row in old.items() if key not in new]
        if shown.also is None:
            self._announce(shown, version)
        # Nobody asks for these any more.
        for some in _parts(gone):
            with aws.transaction() as tx:
                tx.check(bare, as_read(shown))
                for row in some:
                    tx.discard(row)
        if shown.also != version:
            self._announce(shown, version)
        for some in _parts(added):
            with aws.transaction() as tx:
                tx.check(bare, as_read(shown))
                for row in some:
                    tx.put(row)
        with aws.transaction() as tx:
            tx.update(bare, [PublishedRow.version.set(version), PublishedRow.also.remove()], as_read(shown))

    @staticmethod
    def _announce(shown: PublishedRow, version: str) -> None:
        """Whoever takes it back from now on takes back what is being added, too."""
        environment, folder = shown.place.split("/")[:2]
        with aws.transaction() as tx:
            bare = PublishedRow(place=shown.place, key=shown.key)
            tx.update(bare, [PublishedRow.also.set(version)], as_read(shown))
            same = FolderRow.published == version
            tx.check(FolderRow(environment=environment, key=folder), same, lambda _old: _OvertakenError())
        shown.also = version


class _OvertakenError(Exception):
    """Another version was published meanwhile: nothing is to be indexed under this one any more."""


def _parts(rows: Sequence[IndexRow]) -> Sequence[Sequence[IndexRow]]:
    return [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
