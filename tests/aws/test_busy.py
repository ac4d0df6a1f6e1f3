"""Conflicts, throttling and lost answers, one after the other; `test_once` has them in every order.

On moto, which does not know a transaction that it has seen before: what we do about that is under test.
"""

import pytest

from chalicelib.aws import Aws, Marker, OutcomeUnknownError, StoreBusyError, scan
from tests.aws.conftest import Clock
from tests.aws.network import Fault, Network, delivered_twice
from tests.aws.rows import Claim, RefusedError, commit, one_more, value
from tests.support.faults import conflict, lose_answer, server_error, throttle, timeout_before

pytestmark = pytest.mark.parametrize("store", ["moto"], indirect=True)

DEADLINE = 3


@pytest.mark.parametrize("fault", [conflict, throttle])
def test_a_busy_store_is_asked_again(network: Network, clock: Clock, fault: Fault) -> None:
    network.then(fault, fault, fault, fault)

    commit(one_more())

    assert value() == 1
    assert network.sent == 5
    assert 0 < clock.slept < 1


@pytest.mark.parametrize("fault", [conflict, throttle])
def test_a_store_that_stays_busy_is_given_up_after_three_seconds(network: Network, clock: Clock, fault: Fault) -> None:
    network.then(rest=fault)

    with pytest.raises(StoreBusyError):
        commit(one_more())

    assert DEADLINE - 0.5 < clock.slept <= DEADLINE
    assert network.sent >= 10
    assert value() == 0
    assert list(scan(Marker)) == []


@pytest.mark.parametrize("fault", [timeout_before, server_error, lose_answer])
def test_no_answer_time_after_time_is_an_unknown_outcome(network: Network, clock: Clock, fault: Fault) -> None:
    network.then(rest=fault)

    with pytest.raises(OutcomeUnknownError):
        commit(one_more())

    assert DEADLINE - 0.5 < clock.slept <= DEADLINE
    assert value() == (1 if fault is lose_answer else 0)


@pytest.mark.parametrize("busy", [conflict, throttle])
def test_busy_does_not_hide_an_answer_that_was_lost(network: Network, busy: Fault) -> None:
    """A cancelled try wrote nothing, but the one before it did."""
    network.then(lose_answer, rest=busy)

    with pytest.raises(OutcomeUnknownError):
        commit(one_more())

    assert value() == 1


def test_what_botocore_sent_twice_counts_once(store: Aws, network: Network) -> None:
    network.then(delivered_twice(store))

    commit(one_more())

    assert value() == 1


def test_another_transactions_row_is_not_taken_for_ours(network: Network) -> None:
    first = commit(lambda tx: tx.create(Claim(owner="o", name="taken")))
    network.then(timeout_before, timeout_before)

    with pytest.raises(RefusedError) as refused:
        commit(lambda tx: tx.create(Claim(owner="o", name="taken"), RefusedError), one_more())

    assert refused.value.old is not None
    assert refused.value.old["tx"] == {"S": first}
    assert value() == 0
