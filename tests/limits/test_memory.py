"""What one process remembers of its clients: as much as it needs, and no more."""

import gc
import weakref

import pytest

from chalicelib.limits import Client, Limiter, Policy, service
from chalicelib.limits.ledger import Ledger
from tests.limits.world import CLIENT, PUTS, READS, START, Clock, let_in, taken, window


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> "weakref.WeakSet[Ledger]":
    """What is in memory of any client."""
    made: weakref.WeakSet[Ledger] = weakref.WeakSet()

    class Watched(Ledger):
        def __init__(self, second: int) -> None:
            super().__init__(second)
            made.add(self)

    monkeypatch.setattr(service, "Ledger", Watched)
    return made


def alive(ledgers: "weakref.WeakSet[Ledger]") -> int:
    gc.collect()
    return len(ledgers)


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_clients_who_have_gone_quiet_are_forgotten(
    limiter: Limiter, clock: Clock, remembered: "weakref.WeakSet[Ledger]", policy: Policy
) -> None:
    for number in range(24):
        taken(limiter, policy, 1, Client(f"zelid-{number}", "203.0.113.9"))
        clock.now += 0.25
    # Three seconds' worth, four clients a second
    assert 1 <= alive(remembered) <= 16

    clock.now += service.KEPT_SECONDS + 1
    taken(limiter, READS, 1)
    assert alive(remembered) == 1


def test_clients_of_one_second_are_bounded_too(
    limiter: Limiter, remembered: "weakref.WeakSet[Ledger]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_CLIENTS", 10)

    for number in range(30):
        taken(limiter, PUTS, 1, Client(f"zelid-{number}", "203.0.113.9"))
    assert alive(remembered) == 10


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_who_is_forgotten_gains_nothing(limiter: Limiter, monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    monkeypatch.setattr(service, "MOST_CLIENTS", 1)
    assert let_in([limiter], policy, policy.quota) == policy.quota

    taken(limiter, policy, 1, Client("zelid-2", "203.0.113.9"))

    assert let_in([limiter], policy, 10) == 0
    assert window(policy) == (START, policy.quota)
    assert let_in([limiter], policy, 1, Client(CLIENT.zelid, "203.0.113.1")) == 1
