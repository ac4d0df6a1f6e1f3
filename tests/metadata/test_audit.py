"""Audits of the totals: exact, whoever writes meanwhile."""

import itertools
import random
import threading

import pytest

from chalicelib import aws
from chalicelib.metadata import audit as auditing
from chalicelib.metadata import ids, tables
from chalicelib.metadata.tables import Total
from tests.drive.asking import put_ok
from tests.metadata.auditing import Hand, damage, record, small_audits
from tests.metadata.records import META, add_many, create, stats
from tests.support.books import rm
from tests.support.ministack import Ministack
from tests.support.system import System, User


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def hand(system: System, monkeypatch: pytest.MonkeyPatch) -> Hand:
    return small_audits(system, monkeypatch)


def add(shard: int, size: int = 1) -> None:
    """Store a record, and count it."""
    row = record(shard, size)
    with aws.transaction() as tx:
        tx.create(row)
        tables.count(tx, [(shard, 1, size)])


def add_and_remove(shard: int) -> None:
    """Totals are as before, and yet moved meanwhile."""
    row = record(shard)
    with aws.transaction() as tx:
        tx.create(row)
        tables.count(tx, [(shard, 1, 1)])
    with aws.transaction() as tx:
        tx.delete(row)
        tables.count(tx, [(shard, -1, -1)])


def test_nothing_is_audited_before_somebody_asks(hand: Hand) -> None:
    assert hand.audits.last() is None
    assert hand.sent == []
    assert hand.audits.ask() is None
    assert hand.audits.last() is None


def test_of_nothing_there_is_no_drift(system: System) -> None:
    assert stats(system) == (0, 0)
    audit = Hand().run()

    assert (audit.drift, audit.unsettled) == (0, 0)


def test_all_is_counted_page_by_page(hand: Hand) -> None:
    audit = hand.run()

    assert (audit.drift, audit.unsettled) == (0, 0)
    # Two whole pages, one that is not, and the comparison.
    assert [message["step"] for message in hand.sent] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("wrong", "drift"),
    [
        ({0: (1, 0)}, 1),
        ({0: (-1, 0)}, 1),
        ({3: (0, 5)}, 5),
        ({3: (0, -5)}, 5),
        ({1: (1, 7), 2: (-1, -7)}, 16),
        (dict.fromkeys(range(ids.SHARDS), (2, 3)), 5 * ids.SHARDS),
        ({11: (0, 2**53 - 1), 4: (0, 2**53 - 1)}, 2**54 - 2),
    ],
    ids=repr,
)
def test_damaged_totals_are_told_exactly(hand: Hand, wrong: dict[int, tuple[int, int]], drift: int) -> None:
    for shard, (files, size) in wrong.items():
        damage(shard, files, size)
    assert (hand.run().drift, hand.last().unsettled) == (drift, 0)

    for shard, (files, size) in wrong.items():
        damage(shard, -files, -size)
    assert hand.run().drift == 0


def test_a_lost_total_is_told_exactly(hand: Hand) -> None:
    lost = max(aws.scan(Total), key=lambda row: int(row.size))
    with aws.transaction() as tx:
        tx.delete(lost)

    assert hand.run().drift == lost.files + lost.size


def test_sums_beyond_what_a_double_holds_are_exact(hand: Hand) -> None:
    for _ in range(10):
        add(5, 2**53 - 1)
    assert hand.run().drift == 0

    damage(5, size=1)
    assert hand.run().drift == 1


Kept = dict[str, list[str]]


def act(system: System, user: User, rng: random.Random, kept: Kept) -> None:
    """One random change of the books."""
    match rng.choice(["create", "create", "delete", "put", "rm"]):
        case "create":
            kept["records"].append(create(system, size=rng.randrange(10**6))["id"])
        case "delete" if kept["records"]:
            gone = kept["records"].pop(rng.randrange(len(kept["records"])))
            assert system.call("DELETE", f"{META}/{gone}").status == 200
        case "put":
            kept["cids"] += put_ok(system, user, (f"{rng.random()}", rng.randbytes(rng.randrange(1, 100))))
        case "rm" if kept["cids"]:
            assert rm(system, user, kept["cids"].pop(rng.randrange(len(kept["cids"])))).status == 200


@pytest.mark.parametrize("seed", range(2))
def test_no_drift_after_whatever_was_done(system: System, seed: int) -> None:
    """And none if it was done while the audit was under way."""
    hand, user, rng, kept = Hand(), system.user(), random.Random(seed), Kept(records=[], cids=[])
    for _ in range(3):
        for _ in range(6):
            act(system, user, rng, kept)
        quiet, amid = hand.run(), hand.run(between=lambda: act(system, user, rng, kept))

        assert (quiet.drift, quiet.unsettled) == (0, 0)
        assert amid.drift == 0
        assert amid.unsettled < ids.SHARDS


def test_no_drift_while_threads_write(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "PAGE", 20)
    hand, over, failed = Hand(), threading.Event(), list[BaseException]()
    add_many("before", 50)

    def write(number: int, user: User) -> None:
        rng, kept = random.Random(number), Kept(records=[], cids=[])
        try:
            while not over.is_set():
                act(system, user, rng, kept)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=write, args=(n, system.user())) for n in range(2)]
    for thread in threads:
        thread.start()
    drifts = [hand.run().drift for _ in range(3)]
    over.set()
    for thread in threads:
        thread.join()

    assert failed == []
    assert drifts == [0] * 3
    assert (hand.run().drift, hand.last().unsettled) == (0, 0)
    assert stats(system)[0] > 50


def test_a_shard_that_never_stands_still_is_told(hand: Hand) -> None:
    """The others are compared all the same."""
    damage(7, files=3, size=4)
    audit = hand.run(between=lambda: add_and_remove(2))

    assert (audit.drift, audit.unsettled) == (7, 1)
    assert len(hand.sent) == 4 * auditing.MOST_PASSES


def test_a_shard_that_comes_to_rest_is_compared_after_all(hand: Hand) -> None:
    damage(2, files=1)
    steps = itertools.count()
    audit = hand.run(between=lambda: add_and_remove(2) if next(steps) < 6 else None)

    assert (audit.drift, audit.unsettled) == (1, 0)
    # All of the first pass was disturbed, and half of the second; the third was not.
    assert len(hand.sent) == 3 * 4


def test_a_shard_is_compared_as_it_was_when_it_stood_still(hand: Hand) -> None:
    """What is settled in one pass is not counted again, though it moves in the next, for another's sake."""
    damage(3, size=9)
    steps = itertools.count()

    def disturb() -> None:
        if next(steps) < 4:
            add_and_remove(2)
        else:
            add(3)

    audit = hand.run(between=disturb)

    assert (audit.drift, audit.unsettled) == (9, 0)
