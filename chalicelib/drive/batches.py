"""A put of more files than one transaction holds: all of it or nothing, also across a crash.

    first transaction    quota for all files, a batch row with what is not placed yet, the first files
    each further one     its files, and so much less in the batch row
    last one             its files, and no batch row any more

At every moment an account's used bytes are those of its entries plus those its batches have reserved. If a transaction
fails, the files placed before are taken away and the batch row with what it still reserves goes; if the process dies,
the row stays, and `fsck` does the same.

A file that is put again meanwhile, as a client does that got no answer, was promised by that other put: it is taken
from the batch, whose undoing then leaves it.
"""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from chalicelib import aws
from chalicelib.drive.pins import Content, Pins
from chalicelib.drive.tables import BatchRow, EntryRow
from chalicelib.identity import Account, Identity

MOST_FILES = 12
"""Files of one transaction (design, Budgets)."""


Step = Callable[[aws.Transaction, Sequence[Content]], None]


def _nothing(_tx: aws.Transaction, _group: Sequence[Content]) -> None:
    """No further step."""


def _new(content: Content) -> Collection[str]:
    return content.new


def pack(contents: Iterable[Content], names: Callable[[Content], Collection[str]] = _new) -> list[list[Content]]:
    """Group contents so that each group has at most 12 names, or is one content with more; by default new names."""
    groups: list[list[Content]] = []
    room = 0
    for content in contents:
        count = len(names(content))
        if not count:
            continue
        if not groups or count > room:
            groups.append([])
            room = MOST_FILES
        groups[-1].append(content)
        room -= count
    return groups


class Batches:
    """Commits groups of contents one after the other, and takes them back."""

    def __init__(self, pins: Pins, identity: Identity) -> None:
        self._pins = pins
        self._identity = identity

    def commit(
        self, account: Account, groups: Sequence[Sequence[Content]], placed: set[str], also: Step = _nothing
    ) -> None:
        """Place all groups or none. One transaction a group.

        Args:
            account: Whose they are, as it was read with them.
            groups: From `pack`; at least two.
            placed: Receives the CIDs whose rows were written, also of those taken back since.
            also: A further step of the transaction of each group.

        Raises:
            CapacityExceededError: The plan does not hold them all.
            StaleError: A row changed since it was read; nothing is left.
            OutcomeUnknownError: Whether a group was placed is not known; the batch row stays for `fsck`.
        """
        batch, total = uuid.uuid4().hex, sum(content.cost for group in groups for content in group)
        row = BatchRow(account=account.zelid, id=batch, reserved=total, created=int(time.time()))
        try:
            for at, group in enumerate(groups):
                row.reserved -= sum(content.cost for content in group)
                with aws.transaction() as tx:
                    self._pins.add(tx, account.zelid, group, batch)
                    also(tx, group)
                    if at == 0:
                        tx.create(row)
                        self._identity.spend(tx, account, total)
                    elif at == len(groups) - 1:
                        tx.delete(row)
                    else:
                        tx.update(row, [BatchRow.reserved.set(row.reserved)])
                placed.update(content.cid for content in group)
        except aws.OutcomeUnknownError:
            raise
        except Exception:
            if placed:
                self.undo(account.zelid, batch, [content.cid for group in groups for content in group])
            raise

    def keep(self, contents: Sequence[Content]) -> None:
        """Take names that are put again from the batches that placed them. One transaction per 12, mostly none.

        It comes before what else the put does: should that fail, these names stay, which were asked for twice.

        Raises:
            StaleError: One was taken back since it was read.
        """
        for group in pack(contents, lambda content: content.again):
            with aws.transaction() as tx:
                for content in group:
                    self._pins.keep(tx, content)
            for content in group:
                if content.pin is not None:
                    content.pin.revision += 1

    def undo(self, zelid: str, batch: str, cids: Iterable[str]) -> None:
        """Take back what a batch has placed among `cids`, then its row. Doing it again changes nothing."""
        for cid in cids:
            self._take_back(zelid, batch, cid)
        self._close(zelid, batch)

    @aws.retry_stale
    def _take_back(self, zelid: str, batch: str, cid: str) -> None:
        pin, blob = aws.batch_get(*self._pins.refs(zelid, cid))
        if pin is None:
            return
        orders = list(pin.names.values())
        entries = aws.batch_get(*(aws.Ref(EntryRow, zelid, order) for order in orders))
        placed = [entry.order for entry in entries if entry is not None and entry.batch == batch]
        if placed:
            with aws.transaction() as tx:
                self._pins.remove(tx, pin, blob, placed)

    @aws.retry_stale
    def _close(self, zelid: str, batch: str) -> None:
        row = aws.get(BatchRow, zelid, batch)
        if row is not None:
            with aws.transaction() as tx:
                tx.delete(row, BatchRow.reserved == row.reserved)
                self._identity.give_back(tx, zelid, int(row.reserved))

    @staticmethod
    def left() -> list[tuple[BatchRow, list[str]]]:
        """Batches that were cut off, each with the CIDs it has placed. Scans: for the operator's checks alone."""
        rows = {row.id: row for row in aws.scan(BatchRow)}
        cids: dict[str, set[str]] = defaultdict(set)
        for entry in aws.scan(EntryRow) if rows else ():
            if entry.batch in rows:
                cids[entry.batch].add(entry.cid)
        return [(row, sorted(cids[row.id])) for row in rows.values()]
