"""Processes over one store, at the limits of the seed: nobody over, nothing wasted, nobody starved."""

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.limits.child import Child, Order, Report, children
from tests.support.ministack import Ministack

READS = 1500
"""Per second and client [seed]."""
FULL = 8
MOST_WRITES = 200
SECONDS = 4
MOST_ROUNDS = 8


def run(processes: Sequence[Child], order: Order) -> list[Report]:
    """What each reports of an order that all begin at the same moment."""
    for process in processes:
        process.send(order)
    return [process.report() for process in processes]


def together(reports: Sequence[Report]) -> Report:
    """What all of them report, as if they were one."""
    return Report(*(sum(counted, Counter()) for counted in zip(*reports, strict=True)))


def soon() -> int:
    """A second that begins when all have heard of it."""
    return int(time.time()) + 2


def wanted_by_all(reports: Sequence[Report], second: int) -> bool:
    """Whether every process wanted more than it got: none was held up, and kept tokens that it did not call for."""
    return all(report.refused[second] for report in reports)


@pytest.fixture
def full(ministack: Ministack) -> Iterator[list[Child]]:
    with children(FULL, ministack.environment(ministack.system())) as processes:
        yield processes


def test_eight_at_full_rate_get_the_limit_and_not_more(full: list[Child]) -> None:
    """Twice the limit is asked for; judged are seconds in which the machine let all eight ask for that."""
    cold: list[int] = []
    warm: list[int] = []
    for _ in range(MOST_ROUNDS):
        # Someone new, so that each round begins with a second of which nobody knows anything.
        order = Order(uuid.uuid4().hex, READS, limiters=1, rate=2 * READS // FULL, start=soon(), seconds=SECONDS)
        reports = run(full, order)
        total = together(reports)

        assert None not in total.let_in
        assert max(total.let_in.values()) <= READS
        assert max(total.writes.values()) <= MOST_WRITES
        judged = [second for second in range(order.start, order.start + SECONDS) if wanted_by_all(reports, second)]
        cold += [total.let_in[second] for second in judged if second == order.start]
        warm += [total.let_in[second] for second in judged if second != order.start]
        if cold and len(warm) >= SECONDS - 1:
            break

    assert cold, f"in no first second of {MOST_ROUNDS} rounds did all ask for enough: too busy a machine to judge"
    assert warm
    assert min(cold) >= 0.95 * READS
    assert min(warm) >= 0.95 * READS


def test_sixty_at_a_fifth_of_the_limit_are_never_refused(ministack: Ministack) -> None:
    """Sixty limiters that know nothing of each other, in four processes: sixty interpreters would want more cores."""
    rate = READS // 5 // 60
    with children(4, ministack.environment(ministack.system())) as processes:
        order = Order(uuid.uuid4().hex, READS, limiters=15, rate=rate, start=soon(), seconds=SECONDS)
        reports = run(processes, order)

    total = together(reports)
    assert None not in total.let_in
    assert not total.refused
    assert total.let_in.total() == total.tried.total()
    # Each limiter had its turn in more than one second.
    assert min(report.tried.total() for report in reports) > 2 * order.limiters
    assert len(total.let_in) > 2
