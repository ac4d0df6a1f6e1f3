"""Many threads in one process, as the local server has them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.aws import Aws
from chalicelib.limits import Client, Limiter, Policy, Standing, TooManyRequestsError
from tests.limits.world import CLIENT, PUTS, READS, START, Clock, window
from tests.support.calls import Calls
from tests.support.faults import timeout_before
from tests.support.ministack import Ministack
from tests.support.threads import at_once

WIDE = Policy("wide", quota=1000, leased=True)


class Gate:
    """Holds updates of a table's rows back until it is opened."""

    def __init__(self, store: Aws) -> None:
        self.arrived = threading.Semaphore(0)
        self._open = threading.Event()
        self._after: Callable[[Any], Any] | None = None
        store.dynamodb.meta.events.register_first("before-send.dynamodb.UpdateItem", self._hold)

    def open(self, then: Callable[[Any], Any] | None = None) -> None:
        """Let all of them go on, `then` meeting with this fault."""
        self._after = then
        self._open.set()

    def _hold(self, request: Any, **_: Any) -> Any:
        self.arrived.release()
        assert self._open.wait(10)
        return self._after(request) if self._after else None


@pytest.fixture
def store(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return ministack.system().aws


@pytest.fixture
def gate(store: Aws) -> Iterator[Gate]:
    gate = Gate(store)
    yield gate
    gate.open()


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_threads_of_one_client_get_the_quota_between_them(limiter: Limiter, policy: Policy) -> None:
    standings: list[Standing] = []

    def call() -> None:
        for _ in range(policy.quota // 5):
            with suppress(TooManyRequestsError):
                standings.append(limiter.take(policy, CLIENT))

    at_once([call] * 20)

    assert Counter(standing.window for standing in standings) == {START: policy.quota}
    assert window(policy) == (START, policy.quota)


def test_a_burst_shares_one_lease(limiter: Limiter, gate: Gate, store: Aws) -> None:
    """Forty threads, the first of which asks for one token: the next lease is for all who came meanwhile."""
    calls = Calls(store)
    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(limiter.take, WIDE, CLIENT)
        assert gate.arrived.acquire(timeout=10)
        rest = [pool.submit(limiter.take, WIDE, CLIENT) for _ in range(39)]
        wait_for_threads(limiter, 39)
        gate.open()
        standings = [future.result(10) for future in [first, *rest]]

    assert {standing.window for standing in standings} == {START}
    assert window(WIDE) == (START, 40)
    assert len(calls.nudges) == 2


def test_a_burst_shares_one_failure_however_long_it_took(
    limiter: Limiter, gate: Gate, store: Aws, clock: Clock
) -> None:
    calls = Calls(store)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(limiter.take, WIDE, CLIENT)
        assert gate.arrived.acquire(timeout=10)
        rest = [pool.submit(limiter.take, WIDE, CLIENT) for _ in range(19)]
        wait_for_threads(limiter, 19)
        clock.now += 10
        gate.open(timeout_before)
        standings = [future.result(10) for future in [first, *rest]]

    assert {standing.window for standing in standings} == {None}
    assert len(calls.nudges) == 2, "botocore's two tries of one update"


def test_who_waited_for_a_mistake_of_ours_asks_for_itself(limiter: Limiter, gate: Gate, store: Aws) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(limiter.take, WIDE, CLIENT)
        assert gate.arrived.acquire(timeout=10)
        second = pool.submit(limiter.take, WIDE, CLIENT)
        wait_for_threads(limiter, 1)
        store.dynamodb.delete_table(TableName=f"{store.settings.table_prefix}windows")
        gate.open()

        for future in (first, second):
            with pytest.raises(store.dynamodb.exceptions.ResourceNotFoundException):
                future.result(10)


@pytest.mark.parametrize("policy", [WIDE, PUTS])
def test_one_client_never_waits_for_another(limiter: Limiter, gate: Gate, policy: Policy) -> None:
    clients = [Client(f"zelid-{number}", "203.0.113.9") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(limiter.take, policy, client) for client in clients]
        for _ in clients:
            assert gate.arrived.acquire(timeout=10), "all are on their way at once"
        gate.open()

        assert {future.result(10).window for future in futures} == {START}


def test_puts_of_one_client_do_not_wait_for_each_other(limiter: Limiter, gate: Gate) -> None:
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(limiter.take, PUTS, CLIENT) for _ in range(5)]
        for _ in range(5):
            assert gate.arrived.acquire(timeout=10)
        gate.open()

        assert min(future.result(10).left for future in futures) == 0
    assert window(PUTS) == (START, 5)


def test_who_waits_into_the_next_second_gets_tokens_of_that(limiter: Limiter, gate: Gate, clock: Clock) -> None:
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(limiter.take, WIDE, CLIENT)
        assert gate.arrived.acquire(timeout=10)
        rest = [pool.submit(limiter.take, WIDE, CLIENT) for _ in range(2)]
        wait_for_threads(limiter, 2)
        clock.now += 1
        gate.open()

        assert first.result(10).window == START, "it was counted there"
        assert {future.result(10).window for future in rest} == {START + 1}


def wait_for_threads(limiter: Limiter, count: int) -> None:
    """Return when so many threads wait for a lease of `WIDE`."""
    (ledger,) = limiter._ledgers.values()
    give_up = threading.Event()
    for _ in range(1000):
        with ledger.turn:
            if ledger._waiting == count:
                return
        give_up.wait(0.01)
    raise AssertionError(f"fewer than {count} threads wait")
