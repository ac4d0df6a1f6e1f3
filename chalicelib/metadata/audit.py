"""The totals audit themselves: all records are counted, page by page, and compared with the totals.

Records are written while they are counted, so a count means something only for a shard that nobody wrote to meanwhile:
every total has a counter of its writes, read before the first page and after the last. Shards that moved are counted
again, a few times at most; those that never stood still are told as `unsettled`.

Each page is one message, and each carries the number of its step: one that is handed over twice counts once.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import aws
from chalicelib.jobs import Jobs, Message
from chalicelib.jobs import tables as progress
from chalicelib.metadata import ids
from chalicelib.metadata.tables import Record, Total

JOB = "audit"
PAGE = 1000
MOST_PASSES = 5
STUCK_SECONDS = 900
"""An audit that has not moved for so long is begun anew: its message was lost."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A finished audit.

    Attributes:
        drift: By how many files and bytes the totals were off, all told; 0 if the books balance.
        checked_at: When it was finished, ISO 8601 in UTC.
        unsettled: Shards that were written to all the time, and so could not be compared.
    """

    drift: int
    checked_at: str
    unsettled: int


class Audits:
    """Asks for audits and carries them out."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def last(self) -> Audit | None:
        """The last finished audit; None before the first. One call."""
        _, state = progress.load(JOB)
        result = state.get("result")
        return Audit(**result) if result else None

    def ask(self) -> Audit | None:
        """Queue a new audit, unless one is under way. Returns the last finished one. At most 2 calls and a message."""
        step, state = progress.load(JOB)
        if not state.get("running") or time.time() - state["moved"] > STUCK_SECONDS:
            begun = {"running": True, "moved": time.time(), "passes": 0, "result": state.get("result")}
            try:
                progress.save(JOB, step + 1, begun)
            except aws.StaleError:
                pass
            else:
                self._jobs.send({"job": JOB, "step": step + 1})
        result = state.get("result")
        return Audit(**result) if result else None

    def work(self, message: Message) -> None:
        """Count one page, and send for the next one."""
        step, state = progress.load(JOB)
        if step != message["step"] or not state.get("running"):
            return
        following = self._finish_pass(state) if state.get("done") else self._count_page(state)
        try:
            progress.save(JOB, step + 1, {**following, "moved": time.time()})
        except aws.StaleError:
            return
        if following["running"]:
            self._jobs.send({"job": JOB, "step": step + 1})

    def _count_page(self, state: Mapping[str, Any]) -> dict[str, Any]:
        before = state.get("before") or _totals()
        counted = dict(state.get("counted") or {})
        rows, after = aws.scan_page(Record, PAGE, state.get("after"))
        for row in rows:
            shard = str(ids.shard(row.order))
            files, size = counted.get(shard, (0, 0))
            counted[shard] = (files + 1, size + int(row.size))
        return {**state, "before": before, "counted": counted, "after": after, "done": after is None}

    def _finish_pass(self, state: Mapping[str, Any]) -> dict[str, Any]:
        settled = dict(state.get("settled") or {})
        for shard, now in _totals().items():
            if shard not in settled and list(now) == list(state["before"][shard]):
                files, size = state["counted"].get(shard, (0, 0))
                settled[shard] = abs(now[0] - files) + abs(now[1] - size)
        passes = state["passes"] + 1
        unsettled = ids.SHARDS - len(settled)
        if unsettled and passes < MOST_PASSES:
            return {"running": True, "passes": passes, "settled": settled, "result": state["result"]}
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        audit = {"drift": sum(settled.values()), "checked_at": moment, "unsettled": unsettled}
        return {"running": False, "passes": passes, "result": audit}


def _totals() -> dict[str, tuple[int, int, int]]:
    """Files, bytes and number of writes of each shard. One call."""
    rows = aws.batch_get(*(aws.Ref(Total, shard) for shard in range(ids.SHARDS)))
    return {str(shard): _numbers(row) for shard, row in enumerate(rows)}


def _numbers(row: Total | None) -> tuple[int, int, int]:
    return (int(row.files), int(row.size), int(row.writes)) if row is not None else (0, 0, 0)
