"""What a process keeps of answers that come late, or in another order than they were given."""

import pytest

from chalicelib.limits.leases import Lease
from chalicelib.limits.ledger import Ledger
from tests.limits.world import PUTS, START


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(START)


def test_an_answer_about_a_second_that_is_over_says_nothing_of_this_one(ledger: Ledger) -> None:
    ledger.roll(START + 1)
    ledger.learn(Lease(START + 1, tokens=1, left=4, opened=True))

    ledger.learn(Lease(START, tokens=3, left=0, opened=True))

    assert (ledger.window, ledger.left, ledger.held, ledger.full) == (START + 1, 4, 0, False)


def test_of_two_answers_about_one_second_the_later_one_counts(ledger: Ledger) -> None:
    for left in (2, 0, 1):
        ledger.learn(Lease(START, tokens=1, left=left, opened=False))

    assert (ledger.left, ledger.full) == (0, True)


def test_what_a_clock_ahead_gave_away_is_no_news_of_its_next_second(ledger: Ledger) -> None:
    ledger.learn(Lease(START + 2, tokens=0, left=0, opened=False))
    assert ledger.full

    ledger.roll(START + 1)

    assert (ledger.window, ledger.full) == (START + 2, False)
    assert ledger.ask(PUTS, START + 1) == (1, START + 2, False)
