"""Audits whose messages come late, twice or never, and whose workers die."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from chalicelib.jobs import Message
from chalicelib.metadata import audit as auditing
from chalicelib.metadata import ids
from chalicelib.metadata.audit import Audit
from tests.metadata.auditing import Clock, Hand, damage, small_audits
from tests.support.faults import Crash, Faults, crash_after, crash_before, lose_answer
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.support.threads import at_once


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def hand(system: System, monkeypatch: pytest.MonkeyPatch) -> Hand:
    return small_audits(system, monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(auditing, "time", clock)
    return clock


def test_messages_handed_over_twice_count_once(hand: Hand) -> None:
    damage(0, files=2)
    hand.audits.ask()
    done: list[Message] = []
    while hand.waiting:
        message = hand.waiting[0]
        hand.step(times=3)
        # And those from before come late.
        for old in done:
            hand.audits.work(old)
        done.append(message)

    assert hand.last().drift == 2
    assert [message["step"] for message in hand.sent] == [1, 2, 3, 4]


def test_a_message_handed_to_two_workers_at_once_counts_once(hand: Hand) -> None:
    damage(0, files=2)
    hand.audits.ask()
    while hand.waiting:
        message = hand.waiting.popleft()
        at_once([lambda: hand.audits.work(message)] * 3)  # noqa: B023 - done at once
        assert len(hand.waiting) <= 1

    assert hand.last().drift == 2
    assert [message["step"] for message in hand.sent] == [1, 2, 3, 4]


@pytest.mark.parametrize("lost_at", range(4))
def test_a_lost_message_ends_nothing(hand: Hand, clock: Clock, lost_at: int) -> None:
    damage(0, files=1)
    hand.run()
    damage(0, files=1)
    hand.audits.ask()
    for _ in range(lost_at):
        hand.step()
    lost = hand.waiting.popleft()

    clock.now += auditing.STUCK_SECONDS
    before = hand.audits.ask()
    assert before == hand.last()
    assert (hand.last().drift, len(hand.waiting)) == (1, 0)

    clock.now += 1
    assert hand.audits.ask() == before
    assert len(hand.waiting) == 1
    hand.audits.work(lost)
    assert len(hand.waiting) == 1
    while hand.waiting:
        hand.step()
    assert (hand.last().drift, hand.last().unsettled) == (2, 0)


def test_an_audit_that_moves_is_not_begun_anew(hand: Hand, clock: Clock) -> None:
    hand.audits.ask()
    while hand.waiting:
        clock.now += auditing.STUCK_SECONDS
        assert hand.audits.ask() is None
        assert len(hand.waiting) == 1
        hand.step()

    assert hand.last().drift == 0


@pytest.mark.parametrize("begun", [False, True])
def test_of_many_who_ask_at_once_one_begins_an_audit(hand: Hand, clock: Clock, *, begun: bool) -> None:
    """The first audit ever, and one in place of one that is stuck."""
    if begun:
        hand.audits.ask()
        hand.waiting.clear()
        clock.now += auditing.STUCK_SECONDS + 1

    assert at_once([hand.audits.ask] * 8) == [None] * 8

    assert len(hand.waiting) == 1
    assert hand.audits.ask() is None
    assert len(hand.waiting) == 1


def through(hand: Hand, clock: Clock, faults: Faults, before: Audit | None) -> None:
    """An audit, asked for and worked on though processes die; begun anew, once, if it comes to nothing."""
    with suppress(Crash):
        hand.audits.ask()
    hand.work_though_it_dies()
    faults.clear()
    clock.now += auditing.STUCK_SECONDS + 1
    if hand.audits.last() == before:
        hand.audits.ask()
        hand.work_though_it_dies()


@pytest.mark.parametrize("crash", [crash_before, crash_after])
def test_a_worker_may_die_at_any_call(system: System, hand: Hand, clock: Clock, crash: Callable[..., None]) -> None:
    faults = Faults(system.aws)
    for at in itertools.count():
        damage(at % ids.SHARDS, files=1)
        before = hand.audits.last()
        faults.add("*", crash, skip=at)
        through(hand, clock, faults, before)

        assert (hand.last().drift, hand.last().unsettled) == (at + 1, 0)
        if faults.hits <= at:
            break
    # 2 calls to ask; 4 steps, each of a load and a save, with 3 scans and 2 readings of the totals between.
    assert at == faults.hits == 2 + 4 * 2 + 3 + 2


@pytest.mark.parametrize("sent", [False, True])
def test_a_worker_may_die_as_it_sends(hand: Hand, clock: Clock, system: System, *, sent: bool) -> None:
    faults, send = Faults(system.aws), hand.send
    for at in range(4):
        damage(at, files=1)
        sends = itertools.count()

        def dying(message: Message, at: int = at, sends: Iterator[int] = sends) -> None:
            dies = next(sends) == at
            if sent or not dies:
                send(message)
            if dies:
                raise Crash

        hand.send = dying  # type: ignore[method-assign]
        through(hand, clock, faults, hand.audits.last())
        assert (hand.last().drift, hand.last().unsettled) == (at + 1, 0)


def test_lost_answers_change_nothing(system: System, hand: Hand) -> None:
    faults = Faults(system.aws)
    damage(4, files=1, size=1)
    for at in range(5):
        faults.add("TransactWriteItems", lose_answer, skip=at)

    assert hand.run().drift == 2
    assert faults.hits == 5
