"""Audits whose messages are handed over by the test: late, twice, or never."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.jobs import Message
from chalicelib.metadata import audit, ids
from chalicelib.metadata.audit import Audit, Audits
from chalicelib.metadata.tables import Record, Total
from tests.metadata.records import create
from tests.support.faults import Crash
from tests.support.system import System


class Clock:
    """The clock that audits go by, moved by hand; it stands still between."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


class Hand:
    """A queue that the test empties by hand, and audits that send to it."""

    def __init__(self) -> None:
        self.waiting: deque[Message] = deque()
        self.sent: list[Message] = []
        self.audits = Audits(self)

    def send(self, message: Message) -> None:
        """See `Jobs`."""
        self.waiting.append(message)
        self.sent.append(message)

    def step(self, times: int = 1) -> None:
        """Hand over the next message, so many times."""
        message = self.waiting.popleft()
        for _ in range(times):
            self.audits.work(message)

    def run(self, between: Callable[[], object] = lambda: None) -> Audit:
        """Ask for an audit, and work until it is finished; `between` is done before each step."""
        self.audits.ask()
        while self.waiting:
            between()
            self.step()
        return self.last()

    def last(self) -> Audit:
        """The last finished audit; there must be one."""
        last = self.audits.last()
        assert last is not None
        return last

    def work_though_it_dies(self) -> None:
        """Hand over until no message waits. What a worker had when it died comes again, as SQS does it."""
        while self.waiting:
            try:
                self.audits.work(self.waiting[0])
            except Crash:
                continue
            self.waiting.popleft()


def small_audits(system: System, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Audits of a system with seven records, in pages of three, so that one takes four steps."""
    monkeypatch.setattr(audit, "PAGE", 3)
    for number in range(7):
        create(system, size=10**number)
    return Hand()


def record(shard: int, size: int = 1, **more: Any) -> Record:
    """A record that a certain shard counts, not stored yet."""
    order = ids.new_order(shard)
    assert ids.shard(order) == shard
    fields = {"user": "u", "filename_enc": "n", "mime_type": "a/b", "dek_enc": "d", "uploaded": 1, **more}
    return Record(owner=ids.owner_key("u"), order=order, size=size, **fields)


def damage(shard: int, files: int = 0, size: int = 0) -> None:
    """Let a shard's totals say more than there is, by hand: without its count of writes."""
    with aws.transaction() as tx:
        tx.upsert(
            Total(shard=shard),
            [
                Total.files.set((Total.files | 0) + files),
                Total.size.set((Total.size | 0) + size),
                Total.writes.set(Total.writes | 0),
            ],
        )
