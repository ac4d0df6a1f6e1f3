"""A sweep that is killed at any of its AWS calls, and started again, leaves nothing out and does nothing twice."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from chalicelib.keys import Keys
from tests.aws.network import Network
from tests.support.faults import Crash, Faults, crash_after, crash_before, lose_answer
from tests.support.system import System
from tests.workers.rotating import STORED, Store, rotate, rotation

AT_LEAST = 25
"""Calls of a sweep over the small store; a run that makes fewer would have tested nothing."""


@pytest.fixture
def store(system: System, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Swept once, so that no two rows hold the same text; in pages of two rows, so that there are several a table."""
    monkeypatch.setattr("chalicelib.workers.rotation.PAGE", 2)
    store = Store.keep(system)
    rotate(system)
    rotation(system).sweep()
    assert len(set(store.texts())) == STORED
    return store


@contextmanager
def rewraps() -> Iterator[Counter[str]]:
    """How often each wrapped key is wrapped anew."""
    counted, rewrap = Counter[str](), Keys.rewrap

    def counting(keys: Keys, dek_enc: str) -> str:
        counted[dek_enc] += 1
        return rewrap(keys, dek_enc)

    with mock.patch.object(Keys, "rewrap", counting):
        yield counted


def is_killed(system: System) -> bool:
    """Whether the sweep meets its end before it is done."""
    try:
        rotation(system).sweep()
    except Crash:
        return True
    return False


def check(store: Store, new: int, counted: Counter[str], before: list[str]) -> None:
    assert store.generations() == {new: STORED}
    store.assert_readable()
    # Each key that stood there was wrapped once, but for the one that was under way when the sweep was killed.
    assert counted.keys() == set(before)
    assert sorted(counted.values()) in ([1] * STORED, [1] * (STORED - 1) + [2])


@pytest.mark.parametrize("crash", [crash_before, crash_after])
def test_a_killed_sweep_is_finished_by_the_next(store: Store, crash: Callable[..., None]) -> None:
    faults = Faults(store.system.aws)
    for at in itertools.count():
        before, new = store.texts(), rotate(store.system)

        with rewraps() as counted:
            faults.add("*", crash, skip=at)
            killed = is_killed(store.system)
            faults.clear()
            rotation(store.system).sweep()

        check(store, new, counted, before)
        if not killed:
            break
    assert faults.hits == at >= AT_LEAST
    store.assert_whole()


def test_a_sweep_killed_again_and_again_comes_to_an_end(store: Store) -> None:
    """Each run makes one call more than the one before it, until one is through."""
    faults, before, new = Faults(store.system.aws), store.texts(), rotate(store.system)
    with rewraps() as counted:
        for at in itertools.count():
            faults.add("*", crash_before, skip=at)
            killed = is_killed(store.system)
            faults.clear()
            if not killed:
                break

    assert faults.hits == at > AT_LEAST / 2
    assert counted.keys() == set(before)
    assert counted.total() - STORED <= faults.hits
    assert rotation(store.system).sweep().left == {new: STORED}
    store.assert_whole()


def test_lost_answers_wrap_nothing_twice(store: Store) -> None:
    """Every write's first answer is lost; the second tells that it was done."""
    network, before, new = Network(store.system.aws, "TransactWriteItems"), store.texts(), rotate(store.system)
    network.then(*[lose_answer, None] * 100)

    with rewraps() as counted:
        done = rotation(store.system).sweep()

    assert network.sent >= 2 * STORED
    assert (done.rewrapped, counted) == (STORED, Counter(before))
    network.then()
    check(store, new, counted, before)
