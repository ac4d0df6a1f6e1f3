"""One conditional update beside the transaction, on both stand-ins: what it tells, and how little it insists."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.aws import Aws, Nudged
from tests.aws.network import Network
from tests.aws.rows import Claim, Counter, value
from tests.support.calls import Calls
from tests.support.faults import lose_answer, server_error, throttle, timeout_before

ABSENT = Counter.id.does_not_exist()
HALF = Counter.value <= 1


def set_to(number: int, condition: Any) -> Nudged[Counter]:
    return aws.nudge(Counter(id="a"), [Counter.value.set(number)], condition)


@pytest.fixture
def updates(store: Aws, monkeypatch: pytest.MonkeyPatch) -> Network:
    """What happens to updates on their way."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return Network(store, "UpdateItem")


def test_it_tells_what_the_row_is_now(updates: Network) -> None:
    made = set_to(1, ABSENT)
    assert made.applied
    assert made.row is not None
    assert (made.row.id, made.row.value) == ("a", 1)

    changed = set_to(2, HALF)
    assert changed.applied
    assert changed.row is not None
    assert changed.row.value == value() == 2
    assert updates.sent == 2


def test_it_tells_what_stands_there_if_the_condition_failed(updates: Network) -> None:
    set_to(7, ABSENT)

    for condition in (ABSENT, HALF):
        refused = set_to(8, condition)
        assert not refused.applied
        assert refused.row is not None
        assert (refused.row.id, refused.row.value) == ("a", 7)
    assert value() == 7
    assert updates.sent == 3


def test_it_tells_that_nothing_stands_there(updates: Network) -> None:
    assert set_to(1, HALF) == Nudged(applied=False, row=None)
    assert aws.get(Counter, "a") is None
    assert updates.sent == 1


def test_it_changes_what_it_names_and_no_more(store: Aws) -> None:
    del store
    with aws.transaction() as tx:
        tx.create(Claim(owner="o", name="n", text="before"))
        tx.create(Claim(owner="o", name="other", text="other"))
    old = aws.get(Claim, "o", "n")
    assert old is not None

    aws.nudge(Claim(owner="o", name="n"), [Claim.text.set("after")], Claim.owner.exists())

    new, other = aws.batch_get(aws.Ref(Claim, "o", "n"), aws.Ref(Claim, "o", "other"))
    assert (new.text, new.tx, other.text) == ("after", old.tx, "other")


@pytest.mark.parametrize("fault", [throttle, server_error, timeout_before, lose_answer])
def test_a_store_that_fails_is_not_asked_for_long(updates: Network, fault: Callable[..., Any]) -> None:
    updates.then(rest=fault)

    with pytest.raises((BotoCoreError, ClientError)) as failed:
        set_to(1, ABSENT)

    assert aws.passes(failed.value)
    assert updates.sent <= 2


@pytest.mark.parametrize("fault", [throttle, server_error, timeout_before])
def test_one_fault_is_made_up_for_by_botocore(updates: Network, fault: Callable[..., Any]) -> None:
    updates.then(fault)

    assert set_to(1, ABSENT).applied
    assert updates.sent == 2


def test_a_mistake_of_ours_does_not_pass(store: Aws) -> None:
    store.dynamodb.delete_table(TableName=Counter.physical_name())

    with pytest.raises(store.dynamodb.exceptions.ResourceNotFoundException) as failed:
        set_to(1, ABSENT)

    assert not aws.passes(failed.value)


def test_it_is_counted_apart_from_the_calls_of_budgets(store: Aws) -> None:
    calls = Calls(store)

    set_to(1, ABSENT)

    assert (calls.total, calls.by_operation(), calls.made) == (0, {}, [])
    assert calls.nudges == [Counter.physical_name()]
    calls.clear()
    assert calls.nudges == []
