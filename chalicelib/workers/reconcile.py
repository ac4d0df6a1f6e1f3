"""Checks the books, both ways, and puts right what can be put right (decision 8).

Two passes: first what exists (puts cut off, lines that miss their other half, objects nobody knows), then what is
counted (quota, references, totals), read anew after the first. A fault counts only if a second reading shows it too:
tables are read one after the other, so a put in between looks like one. Repairs are guarded by what was seen.

Nothing is deleted from S3: an object that no row knows is moved under `quarantine/`, once it is older than the grace
time, since one that was just written may be waiting for its transaction.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from chalicelib import aws
from chalicelib.blobs import Blobs
from chalicelib.drive.batches import Batches
from chalicelib.metadata import Metadata
from chalicelib.metadata.errors import CacheUnavailableRefusal
from chalicelib.web import observe
from chalicelib.workers import contents, counts, lines
from chalicelib.workers.books import Books
from chalicelib.workers.finding import Finding

GRACE_SECONDS = 3600.0
"""How old an object or a batch must be before it counts as left behind."""


class Reconciler:
    """The check. `batches` undoes puts that were cut off, `metadata` removes records, `blobs` opens manifests."""

    def __init__(
        self, batches: Batches, metadata: Metadata, blobs: Blobs, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._batches = batches
        self._metadata = metadata
        self._blobs = blobs
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
        yield from lines.lone_entries(books)
        yield from lines.lone_names(books)
        yield from lines.lone_records(books, self._metadata)
        yield from lines.missing_records(books)
        yield from contents.lost_content(books, self._blobs)
        yield from contents.folders(books, self._blobs)
        yield from contents.thumbs(books)
        # Once lines are whole again: what a batch has placed is taken away with both halves.
        yield from self._cut_off(books)
        # Before what they hold is counted.
        yield from counts.wrong_uses(books)
        yield from contents.orphans(books, self._grace)

    def _counts(self, books: Books) -> Iterator[Finding]:
        yield from counts.wrong_use(books)
        yield from counts.wrong_references(books)
        yield from counts.wrong_totals(books)
        yield from contents.tombstones(books)

    def _cut_off(self, books: Books) -> Iterator[Finding]:
        for batch in books.batches:
            if time.time() - batch.created >= self._grace:
                cids = sorted({entry.cid for entry in books.entries.values() if entry.batch == batch.id})
                undo = partial(self._batches.undo, batch.account, batch.id, cids)
                says = f"a put that was cut off has placed {len(cids)} contents"
                yield Finding("batch_cut_off", f"{batch.account}/{batch.id}", says, undo)


def _try(repair: Callable[[], None]) -> None:
    """One repair; one that cannot be made now, such as for a row in use, must not keep the others from being made."""
    try:
        repair()
    except (aws.StoreError, CacheUnavailableRefusal) as error:
        observe.note("repair put off", why=type(error).__name__)
