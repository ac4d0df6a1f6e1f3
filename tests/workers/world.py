"""Two accounts over a system that meets mishaps; each call is written into the accounts' ledgers as it turns out."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import pytest
from moto.core.serialize import ResponseSerializer

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.limits import Limiter
from chalicelib.workers.janitor import Report
from tests.support.books import reconciler, rm, services_of, set_capacity, status
from tests.support.faults import Crash
from tests.support.jobs import HeldJobs
from tests.support.system import Answer, System, User, multipart
from tests.workers.catalogue import ITEMS, PICTURES, Named
from tests.workers.clock import Clock
from tests.workers.ledger import Ledger, Line
from tests.workers.mishaps import Injector, Mishap

CAPACITY = 5_000
"""Bytes the second account may hold: now and then a put is one too many."""
MOST_FILES = 3
"""Files of one transaction, in place of 12."""
OK, NOT_FOUND, TOO_MUCH, BUSY = 200, 404, 413, 503


class SerialPool:
    """Does what it is given at once, as a pool of threads would in the end."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, work: Callable[..., Any], *args: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args))
        except BaseException as error:  # noqa: BLE001 - as a pool does
            done.set_exception(error)
        return done


def read_plainly(patch: pytest.MonkeyPatch) -> None:
    """Let moto take the values of DynamoDB's items as they are: its search for other spellings takes half of a run."""
    search = ResponseSerializer.get_value

    def get_value(serializer: Any, value: Any, key: str, shape: Any) -> Any:
        plain = type(value) is dict and shape.parent.name == "AttributeValue" and key not in {"B", "BS"}
        return value.get(key) if plain else search(serializer, value, key, shape)

    patch.setattr(ResponseSerializer, "get_value", get_value)


def tame(patch: pytest.MonkeyPatch) -> Clock:
    """Make this process do the same each time: one thread, small objects, small batches, and a clock of its own."""
    read_plainly(patch)
    clock = Clock()
    clock.install(patch)
    patch.setattr(Limiter.__init__, "__defaults__", (clock.time,))
    patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    patch.setattr("chalicelib.blobs.service.ThreadPoolExecutor", SerialPool)
    patch.setattr("chalicelib.drive.batches.MOST_FILES", MOST_FILES)
    patch.setattr("chalicelib.blobs.segments.FRAME", 128)
    patch.setattr("chalicelib.blobs.segments.SEGMENT", 384)
    patch.setattr("chalicelib.blobs.segments.OBJECT", 768)
    return clock


class World:
    """The system, its accounts, and what each must hold."""

    def __init__(self, system: System, clock: Clock) -> None:
        self.system, self.clock = system, clock
        self.services = services_of(system)
        self.queues = (system.jobs, HeldJobs.latest)
        self.users: tuple[User, User] = (system.user(zelid="first"), system.user(zelid="second"))
        self.ledgers = {user: Ledger() for user in self.users}
        set_capacity(self.users[1], CAPACITY)
        self.injector = Injector(system)
        self.deaths = 0

    def put(self, user: User, named: Named, mishap: Mishap | None = None, *, alone: bool = True) -> None:
        """Put files; `alone` if nothing else happens meanwhile."""
        files = [(name, ITEMS[key].files[""]) for key, name in named]
        kind = "image/png" if any(key in PICTURES for key, _ in named) else "text/plain"
        lines = {(ITEMS[key].cid, name) for key, name in named}
        self._put(user, lines, multipart(files, kind), "put", mishap, alone=alone)

    def put_folder(
        self, user: User, key: str, name: str | None, mishap: Mishap | None = None, *, alone: bool = True
    ) -> None:
        """Put a folder."""
        item = ITEMS[key]
        body = multipart(list(item.files.items()), "text/plain")
        self._put(user, {(item.cid, name or item.cid)}, body, "putfolder", mishap, name=name, alone=alone)

    def _put(
        self,
        user: User,
        lines: set[Line],
        body: tuple[bytes, str],
        call: str,
        mishap: Mishap | None,
        *,
        name: str | None = None,
        alone: bool,
    ) -> None:
        ledger, headers = self.ledgers[user], {"content-type": body[1]}
        query = {"name": name} if name else {}
        path = f"/api/v0/{call}"
        fits = self._fits(user, lines) if alone and ledger.sure else None
        answer, met = self._ask(
            lambda: self.system.call("POST", path, user=user, query=query, body=body[0], headers=headers), mishap
        )
        if answer is not None and answer.status == OK:
            assert fits in (True, None)
            ledger.put(lines)
        elif answer is not None and answer.status == TOO_MUCH:
            assert fits in (False, None)
        else:
            assert met or not alone, answer
            assert answer is None or answer.status == BUSY, (answer, mishap)
            one_transaction = len(lines - ledger.must) <= MOST_FILES
            if not (mishap is not None and mishap.kind == "busy" and one_transaction):
                ledger.maybe_put(lines)

    def _fits(self, user: User, lines: Iterable[Line]) -> bool:
        with_them = Ledger({*self.ledgers[user].must, *lines})
        return user is self.users[0] or with_them.used <= CAPACITY

    def remove(self, user: User, key: str, mishap: Mishap | None = None, *, alone: bool = True) -> None:
        """Remove a file or folder, which the account may not have."""
        cid, ledger = ITEMS[key].cid, self.ledgers[user]
        held, open_ = cid in ledger.cids, bool(ledger.lines(cid) & ledger.may)
        answer, met = self._ask(lambda: rm(self.system, user, cid), mishap)
        if answer is not None and answer.status in (OK, NOT_FOUND):
            assert not alone or open_ or held == (answer.status == OK), answer
            # Without a row nothing is there; a batch may still put it, if it goes on.
            if answer.status == OK or alone:
                ledger.removed(cid)
            return
        assert met, answer
        assert answer is None or answer.status == BUSY, answer
        if not (answer is not None and mishap is not None and mishap.kind == "busy"):
            ledger.maybe_removed(cid)

    def collect(self, mishap: Mishap | None = None, *, grace: float = 0) -> Report | None:
        """Let the janitor come by; what is pinned stays."""
        report: Report | None = self._run(lambda: self.services.janitor(grace).run(), mishap)
        for one in report.collected if report is not None else ():
            row = aws.get(BlobRow, one.cid)
            assert row is None or row.blob != one.blob
        return report

    def work(self, mishap: Mishap | None = None) -> None:
        """Work through the jobs; with a mishap, what it stops is dropped, as a queue may."""
        self._run(lambda: [queue.work() for queue in self.queues], mishap)

    def check(self, mishap: Mishap | None = None, *, grace: float = 0) -> set[str]:
        """Check the books and put them right; the kinds of faults it found."""
        found = self._run(lambda: reconciler(self.system, grace).check(repair=True), mishap)
        return {finding.kind for finding in found or ()}

    def used(self, user: User) -> int:
        """Bytes in use, as the account is told."""
        return int(status(self.system, user)["storage_used"])

    def lines(self, user: User) -> set[Line]:
        """The account's list, as it is told."""
        answer = self.system.call("POST", "/api/v0/ls", user=user).json
        return {(line["hash"], line["name"]) for line in answer["files"]}

    def _ask(self, call: Callable[[], Answer], mishap: Mishap | None) -> tuple[Answer | None, bool]:
        """An answer, None if the process died; and whether the mishap came to pass."""
        self.clock.sleep(0.1)
        with self.injector.during(mishap) as met:
            try:
                answer = call()
            except Crash:
                answer = None
                self._die()
        return answer, bool(met)

    def _run(self, work: Callable[[], Any], mishap: Mishap | None) -> Any:
        """What work beside requests gives; None if it did not end."""
        self.clock.sleep(0.1)
        result = None
        with self.injector.during(mishap):
            try:
                result = work()
            except Crash:
                self._die()
            except Exception:
                if mishap is None:
                    raise
        return result

    def _die(self) -> None:
        """What a process has in memory goes with it: messages, and keys, which are kept for five minutes."""
        self.deaths += 1
        for queue in self.queues:
            queue.held.clear()
        self.clock.sleep(301)
