"""The check does no harm to a system at work, however unluckily its readings fall between puts and removals."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive.tables import BatchRow, EntryRow, PinRow
from chalicelib.identity.tables import AccountRow
from chalicelib.metadata.tables import Record, Total
from chalicelib.workers.books import Books
from tests.drive.asking import many, put_ok
from tests.support.books import cat, faults_in, listed, reconciler, rm, status
from tests.support.system import System, User
from tests.support.threads import at_once

DATA = b"comes and goes"
CHECKS = 4
TABLES = [AccountRow, PinRow, EntryRow, BatchRow, BlobRow, Record, Total]


class Flicker:
    """A file that is put and removed all the time; `other` always holds the same content."""

    def __init__(self, system: System) -> None:
        self.system, self.user, self.other = system, system.user(), system.user()
        (self.cid,) = put_ok(system, self.other, ("always", DATA))
        self.there = False

    def turn(self, *, there: bool) -> None:
        if there and not self.there:
            put_ok(self.system, self.user, ("sometimes", DATA))
        if self.there and not there:
            assert rm(self.system, self.user, self.cid).status == 200
        self.there = there


@pytest.mark.parametrize("there", [True, False], ids=["there", "gone"])
@pytest.mark.parametrize("lasting", [False, True], ids=["while one table is read", "from one table on"])
def test_what_changes_during_a_reading_is_no_fault(
    system: System, monkeypatch: pytest.MonkeyPatch, there: bool, lasting: bool
) -> None:
    """Each reading sees the file `there` in one table, or from one on, and so do the repairs; before that it is not."""
    # One shard of the totals, so that both readings find the same.
    monkeypatch.setattr("chalicelib.metadata.service.secrets.randbelow", lambda _most: 7)
    flicker = Flicker(system)
    scan, read = aws.scan, Books.read

    for table in TABLES:
        began = False

        def scan_one(model: type[aws.Table], table: type[aws.Table] = table) -> Iterator[aws.Table]:
            nonlocal began
            began = model is table or (began and lasting)
            flicker.turn(there=there if began else not there)
            return iter(list(scan(model)))

        def read_all() -> Books:
            nonlocal began
            began = False
            books = read()
            flicker.turn(there=there)
            return books

        with monkeypatch.context() as patched:
            patched.setattr(aws, "scan", scan_one)
            patched.setattr(Books, "read", read_all)
            reconciler(system, grace_seconds=60).check(repair=True)

        assert flicker.there is there
        assert faults_in(system) == [], table
        assert cat(system, flicker.other, flicker.cid).body == DATA
        assert listed(system, flicker.user) == ({"sometimes": flicker.cid} if there else {}), table
        assert status(system, flicker.user)["storage_used"] == (len(DATA) if there else 0)


def work(system: System, user: User, stop: threading.Event, number: int) -> int:
    """Put and remove, single files and batches, own and shared, until told to stop; how many rounds."""
    rounds = 0
    while not stop.is_set():
        rounds += 1
        put_ok(system, user, (f"kept {rounds}", f"{number} {rounds}".encode()))
        shared = put_ok(system, user, *many(13, "shared"))
        for cid in shared[:: 1 + rounds % 3]:
            rm(system, user, cid)
    return rounds


def test_checks_at_work_lose_nothing(system: System) -> None:
    # Given three accounts at work
    users, stop = [system.user(), system.user(), system.user()], threading.Event()

    def check() -> int:
        try:
            for _ in range(CHECKS):
                reconciler(system, grace_seconds=60).check(repair=True)
        finally:
            stop.set()
        return CHECKS

    # When the books are checked and repaired all the time
    works: list[Callable[[], int]] = [partial(work, system, user, stop, n) for n, user in enumerate(users)]
    *rounds, checks = at_once([*works, check])

    # Then nothing is lost and all adds up
    assert checks == CHECKS
    assert min(rounds) >= 2
    assert faults_in(system) == []
    for number, (user, made) in enumerate(zip(users, rounds, strict=True)):
        names = listed(system, user)
        for round_ in range(1, made + 1):
            assert cat(system, user, names[f"kept {round_}"]).body == f"{number} {round_}".encode()
        assert all(cat(system, user, cid).status == 200 for cid in names.values())
    assert not [key for key, _ in system.contents()["objects"] if key.startswith("quarantine/")]
