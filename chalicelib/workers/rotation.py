"""Rewrapping every stored key under the current generation, and counting what is left under older ones.

The sweep goes table by table and page by page, and notes how far it has come after each, so that one that was killed
goes on there. A row is only touched if its key is under an older generation, and only if it is still the key that was
read: so nothing is wrapped twice in vain, and a change in between wins. Values that are not ours are skipped and
counted: the metadata service stores what callers send as `dekEnc` without looking into it. What is ours is what can be
unwrapped; a header names a generation in keys of other deployments too.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive.tables import EntryRow
from chalicelib.jobs import tables as progress
from chalicelib.keys import GenerationInUseError, InvalidEncDekError, Keys
from chalicelib.metadata import Metadata
from chalicelib.metadata.tables import Record
from chalicelib.resources import PublishedRow
from chalicelib.uploads.tables import UploadRow

JOB = "rewrap"
PAGE = 100
HOLDERS: tuple[type[aws.Table], ...] = (BlobRow, EntryRow, Record, UploadRow, PublishedRow)
"""Tables whose rows hold a wrapped key, as `dek_enc`; a published resource holds one for each of its files."""


@dataclass(slots=True)
class Report:
    """What a sweep did, or a count found.

    Attributes:
        rewrapped: Keys that came under the current generation, since the sweep was started this time.
        foreign: Values that are not ours, counted anew.
        left: Keys under each generation, counted anew.
    """

    rewrapped: int = 0
    foreign: int = 0
    left: Counter[int] = field(default_factory=Counter)


class Rotation:
    """The operator's work on key generations."""

    def __init__(self, keys: Keys, metadata: Metadata, sleep: Callable[[float], None] = time.sleep) -> None:
        self._keys = keys
        self._metadata = metadata
        self._sleep = sleep

    def sweep(self, rate: float = 100.0) -> Report:
        """Rewrap every stored key that is not under the current generation; goes on where the last one was killed.

        Args:
            rate: Most keys to rewrap in a second.

        Returns:
            What was done, and what is left under each generation.

        Raises:
            KeyDisabledError: The KMS key is disabled.
            StaleError: Another sweep is at work.
        """
        current, _ = self._keys.secret("sweep")
        step, state = progress.load(JOB)
        if state.get("generation") != current:
            state = {"generation": current, "table": 0, "after": None}
        rewrapped, after = 0, state["after"]
        for at in range(state["table"], len(HOLDERS)):
            for rows, following in _pages(HOLDERS[at], after):
                rewrapped += self._page(rows, current, rate)
                step += 1
                progress.save(JOB, step, {"generation": current, "table": at, "after": following})
            after = None
        progress.save(JOB, step + 1, {"generation": current, "table": 0, "after": None})
        counted = self.count()
        return Report(rewrapped, counted.foreign, counted.left)

    def _page(self, rows: list[Any], current: int, rate: float) -> int:
        rewrapped = 0
        for row in rows:
            # Above the current one: another process has rotated since this one began.
            if all((self._generation(key) or current) >= current for key in _wrapped(row)):
                continue
            try:
                self._rewrap(row)
            except aws.StaleError:
                # Changed meanwhile: what stands there now was wrapped by whoever changed it.
                continue
            rewrapped += 1
            self._sleep(1 / rate)
        return rewrapped

    def _rewrap(self, row: Any) -> None:
        if isinstance(row, PublishedRow):
            self._rewrap_files(row)
            return
        dek_enc = self._keys.rewrap(row.dek_enc)
        if isinstance(row, Record):
            self._metadata.replace_dek(row, dek_enc)
            return
        holder = type(row).dek_enc
        with aws.transaction() as tx:
            tx.update(row, [holder.set(dek_enc)], holder == row.dek_enc)

    def _rewrap_files(self, row: PublishedRow) -> None:
        files = {cid: {**one, "dek_enc": self._keys.rewrap(one["dek_enc"])} for cid, one in row.files.items()}
        same = (PublishedRow.revision == row.revision) & (PublishedRow.files == row.files)
        with aws.transaction() as tx:
            tx.update(PublishedRow(place=row.place, key=row.key), [PublishedRow.files.set(files)], same)

    def _generation(self, dek_enc: str) -> int | None:
        """The generation that a key is under; None if it is not ours."""
        try:
            self._keys.unwrap(dek_enc)
            return self._keys.generation_of(dek_enc)
        except InvalidEncDekError:
            return None

    def count(self) -> Report:
        """Count stored keys by generation, and values that are not ours. Unwraps every one, 0.1 ms each.

        Raises:
            KeyDisabledError: The KMS key is disabled.
        """
        report = Report()
        for model in HOLDERS:
            for rows, _ in _pages(model, None):
                generations = [self._generation(key) for row in rows for key in _wrapped(row)]
                report.foreign += generations.count(None)
                report.left.update(number for number in generations if number is not None)
        return report

    def retire(self, number: int) -> None:
        """Forget a generation for good, if no stored key is under it. Keys stored elsewhere it cannot see.

        Raises:
            GenerationInUseError: Stored keys are under it, or it is, or was of late, the current one.
            LookupError: There is no such generation.
        """
        left = self.count().left[number]
        if left:
            raise GenerationInUseError(f"{left} stored keys are under generation {number}; sweep first")
        self._keys.retire_generation(number)


def _wrapped(row: Any) -> list[str]:
    """The wrapped keys that a row holds."""
    return [one["dek_enc"] for one in (row.files or {}).values()] if isinstance(row, PublishedRow) else [row.dek_enc]


def _pages(model: type[aws.Table], after: Mapping[str, Any] | None) -> Iterator[tuple[list[Any], Any]]:
    """Pages of a whole table, each with where the next one starts."""
    following: Any = after
    while True:
        page = aws.scan_page(model, PAGE, following)
        following = page.next
        yield page.rows, following
        if following is None:
            return
