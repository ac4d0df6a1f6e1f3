"""Takes away what nobody needs any more, on a schedule: unused content, puts that were cut off, jobs that were lost.

Also what deletions and publications have left, where they were cut off (see `published`).

A content that nobody pins is kept for a grace time, since it may be put again. Then its rows go, in one transaction
that fails if somebody came to hold it meanwhile, then its objects, then its tombstone; a run that is killed in between
is finished by the next, which finds the tombstone.
"""

import time
from dataclasses import dataclass, field

from chalicelib import aws
from chalicelib.blobs import BlobRow, objects, segments, tables
from chalicelib.blobs.tables import TombstoneRow
from chalicelib.drive import manifests
from chalicelib.drive.batches import Batches
from chalicelib.drive.tables import ThumbJobRow
from chalicelib.drive.thumbs import SIZES, Thumbs
from chalicelib.uploads import Uploads
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.tables import FAILED, PROCESSING, UNDER_WAY, UploadRow
from chalicelib.web import observe
from chalicelib.workers.published import Published

CUT_OFF_SECONDS = 3600
"""How old a put of many files must be before it counts as cut off."""
STUCK_SECONDS = 86_400
"""How long after its time an upload may still be processed."""
LOST_SECONDS = 900
"""How old a job must be before its message counts as lost."""


@dataclass(frozen=True, slots=True)
class Unused:
    """A content that is, or would be, taken away; `since` in seconds since the epoch."""

    cid: str
    blob: str
    size: int
    since: int


@dataclass(slots=True)
class Report:
    """What a run did, or would do."""

    collected: list[Unused] = field(default_factory=list)
    undone: int = 0
    expired: int = 0
    resent: int = 0
    disconnected: int = 0
    closed: int = 0
    cleared: int = 0

    @property
    def size(self) -> int:
        """Bytes of all that was collected."""
        return sum(one.size for one in self.collected)


@dataclass(frozen=True, slots=True)
class Charge:
    """Those whose left-overs the janitor sees to."""

    batches: Batches
    thumbs: Thumbs
    uploads: Uploads
    ending: Ending
    published: Published


class Janitor:
    """One run after another; two at once do no harm."""

    def __init__(self, charge: Charge, grace_seconds: float) -> None:
        self._batches = charge.batches
        self._thumbs = charge.thumbs
        self._uploads = charge.uploads
        self._ending = charge.ending
        self._published = charge.published
        self._grace = grace_seconds

    def run(self, *, dry: bool = False, lost_seconds: float = LOST_SECONDS) -> Report:
        """Take away what is due, and send again what is older than `lost_seconds`; with `dry`, only say what that is.

        `lost_seconds` is 0 where the queue was this process's own, and a new process begins.
        """
        report = Report()
        for buried in list(tables.unused_before(time.time() - self._grace)):
            try:
                unused = self._collect(buried, dry=dry)
            except objects.ObjectsLeftError:
                # It is the same each time, perhaps: the others must not wait for it.
                observe.note("content put off", blob=buried.blob)
                continue
            if unused is not None:
                report.collected.append(unused)
        report.undone = self._undo(dry=dry)
        report.resent = self._resend(lost_seconds, dry=dry)
        self._see_to_uploads(report, lost_seconds, dry=dry)
        report.disconnected = self._published.finish_apis(dry=dry)
        report.closed = self._published.finish_environments(dry=dry)
        report.cleared = self._published.finish_resources(dry=dry)
        report.resent += self._published.resend(lost_seconds, dry=dry)
        observe.note("janitor", collected=len(report.collected), bytes=report.size, undone=report.undone)
        return report

    def _collect(self, buried: TombstoneRow, *, dry: bool) -> Unused | None:
        """Take away one content, unless it was put again."""
        unused = Unused(buried.cid, buried.blob, int(buried.size), int(buried.since))
        if buried.doomed is None:
            row = aws.get(BlobRow, buried.cid)
            gone_on = row is None or (row.blob, row.generation, row.refs) != (buried.blob, buried.generation, 0)
            if dry:
                return None if gone_on else unused
            if row is None or gone_on:
                _forget(buried)
                return None
            if not _doom(buried, row):
                return None
        if not dry:
            objects.delete(buried.blob, [*range(segments.objects(unused.size)), *SIZES])
            _forget(buried)
        return unused

    def _undo(self, *, dry: bool) -> int:
        cut_off = [(row, cids) for row, cids in self._batches.left() if time.time() - row.created >= CUT_OFF_SECONDS]
        for row, cids in cut_off if not dry else ():
            self._batches.undo(row.account, row.id, cids)
        return len(cut_off)

    def _resend(self, lost_seconds: float, *, dry: bool) -> int:
        # A scan, of a table that holds only what is under way.
        lost = [job.id for job in aws.scan(ThumbJobRow) if time.time() - job.created >= lost_seconds]
        if not dry:
            self._thumbs.send(lost)
        return len(lost)

    def _see_to_uploads(self, report: Report, lost_seconds: float, *, dry: bool) -> None:
        # Likewise; an upload that ended is forgotten after a day.
        now = time.time()
        for row in list(aws.scan(UploadRow)):
            over = row.expires + (STUCK_SECONDS if row.state == PROCESSING else 0) <= now
            lost = row.state == PROCESSING and now - row.touched >= lost_seconds
            report.expired += row.state in UNDER_WAY and over
            report.resent += lost and not over
            if dry:
                continue
            try:
                if row.state in UNDER_WAY and over:
                    self._ending.end(row, FAILED, "expired")
                elif lost:
                    self._uploads.send(row)
                elif row.state not in UNDER_WAY and not row.tidy:
                    self._ending.tidy(row)
            except objects.ObjectsLeftError:
                observe.note("upload put off", upload=row.id)


def _doom(buried: TombstoneRow, row: BlobRow) -> bool:
    """Let the rows of a content go; False if somebody holds it by now."""
    pages = [aws.Ref(type(page), page.page) for page in manifests.held_rows(row)]
    standing = [page for page in aws.batch_get(*pages) if page is not None] if pages else []
    now = time.time()
    try:
        with aws.transaction() as tx:
            tables.doom(tx, buried, now)
            for page in standing:
                tx.delete(page)
    except aws.StaleError:
        return False
    buried.doomed = int(now)
    return True


def _forget(buried: TombstoneRow) -> None:
    try:
        with aws.transaction() as tx:
            tables.forget(tx, buried)
    except aws.StaleError:
        # Another run was here first.
        return
