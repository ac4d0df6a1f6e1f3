"""Decrypted copies of what is too large for one answer: made once by a worker, read by links, gone after a day.

A copy is of a content, not of an account: whoever may read the content gets a link of their own to it. The row that
asks for one is made by a condition, so however many ask at once, one is made.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, staging
from chalicelib.drive import names
from chalicelib.drive.errors import CopyNotReadyError
from chalicelib.drive.finding import Address
from chalicelib.drive.tables import CopyRow
from chalicelib.jobs import Jobs
from chalicelib.web.serving import Content, safe_type

JOB = "copy"
KEPT_SECONDS = 72_000
"""How long a copy is handed out: less than the day after which the staging bucket may drop it."""
STALLED_SECONDS = 900
"""How long one may be under way before it is asked for again."""
RETRY_AFTER = 5
MAKING, READY = "making", "ready"


@dataclass(frozen=True, slots=True)
class CopyLink:
    """Where a copy is read: `expires` in seconds since the epoch."""

    url: str
    size: int
    expires: int


class Copies:
    """The copies of one process: asking for them and handing out links. Making them is a worker's."""

    def __init__(self, blobs: Blobs, jobs: Jobs, link_seconds: int) -> None:
        self._blobs = blobs
        self._jobs = jobs
        self._link_seconds = link_seconds

    def link(self, address: Address, blob: BlobRow, content: Content, disposition: str | None) -> CopyLink:
        """A link to a copy of content. One call.

        Args:
            address: Where the content is found.
            blob: What it is part of.
            content: What is to be read.
            disposition: The `Content-Disposition` it is to come with.

        Raises:
            CopyNotReadyError: It is being made; `Retry-After` says when to ask again.
        """
        row = aws.get(CopyRow, content.tag)
        now = time.time()
        if row is not None and row.state == READY and row.touched + KEPT_SECONDS > now:
            url = staging.get_url(row.at, self._link_seconds, safe_type(content.mimetype), disposition)
            return CopyLink(url, content.size, int(now) + self._link_seconds)
        if row is None or row.state == READY or row.touched + STALLED_SECONDS <= now:
            self._ask(row, address, blob, content.tag)
        raise CopyNotReadyError(headers={"Retry-After": str(RETRY_AFTER)})

    def _ask(self, row: CopyRow | None, address: Address, blob: BlobRow, tag: str) -> None:
        fresh = CopyRow(
            tag=tag,
            state=MAKING,
            at=f"{staging.COPIES}{tag}",
            cid=address.cid,
            blob=blob.blob,
            path_enc=names.seal_name(self._blobs.dek(blob.dek_enc), blob.blob, address.path),
            touched=int(time.time()),
            forget=datetime.now(UTC) + timedelta(days=2),
        )
        try:
            with aws.transaction() as tx:
                if row is None:
                    tx.create(fresh)
                else:
                    tx.update(row, _as(fresh), (CopyRow.touched == row.touched) & (CopyRow.state == row.state))
        except aws.StaleError:
            # Somebody else asked at the same time.
            return
        self._jobs.send({"job": JOB, "tag": tag})


def _as(fresh: CopyRow) -> list[Action]:
    changed = ("state", "at", "cid", "blob", "path_enc", "touched", "forget")
    return [getattr(CopyRow, name).set(getattr(fresh, name)) for name in changed]
