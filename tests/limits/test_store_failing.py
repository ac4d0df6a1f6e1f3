"""When the store fails, reads are let in and puts are not (decision 11)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.limits import Limiter, Policy
from chalicelib.web import observe
from tests.limits.world import CLIENT, PUTS, READS, START, Clock, let_in, taken, window
from tests.support.calls import Calls
from tests.support.faults import Faults, lose_answer, server_error, throttle, timeout_before
from tests.support.logs import Logs, recorded

Fault = Callable[..., Any]
FAILING = pytest.mark.parametrize("fault", [throttle, server_error, timeout_before, lose_answer])
MANY = 1000


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    observe.set_level("INFO")
    with recorded(capsys) as logs:
        yield logs


@FAILING
def test_reads_are_let_in(limiter: Limiter, faults: Faults, fault: Fault) -> None:
    faults.add("UpdateItem", fault, times=MANY)

    standings = taken(limiter, READS, READS.quota + 20)

    assert {standing.window for standing in standings} == {None}
    assert [standing.left for standing in standings[:3]] == [99, 98, 97]
    assert standings[-1].headers["RateLimit"] == '"reads";r=0;t=1'


@FAILING
def test_puts_are_not(limiter: Limiter, faults: Faults, fault: Fault) -> None:
    faults.add("UpdateItem", fault, times=MANY)

    for _ in range(3):
        with pytest.raises((BotoCoreError, ClientError)) as failed:
            limiter.take(PUTS, CLIENT)
        assert aws.passes(failed.value), "the caller answers 503"

    # Nothing is remembered against them
    faults.clear()
    clear = taken(limiter, PUTS, 1)
    assert clear[0].window == START


def test_a_failing_store_is_asked_once_a_second_and_told_of_once(
    limiter: Limiter, clock: Clock, faults: Faults, calls: Calls, logs: Logs
) -> None:
    faults.add("UpdateItem", timeout_before, times=MANY)

    for second in range(3):
        calls.clear()
        taken(limiter, READS, 50)
        clock.now += 0.5
        taken(limiter, READS, 50)
        # Once, and once more by botocore
        assert faults.hits == 2 * (second + 1)
        clock.now += 0.5

    notes = [entry for entry in logs.entries if entry["message"] == "limiter without its store"]
    assert [(note["policy"], note["why"]) for note in notes] == [("reads", "ConnectTimeoutError")] * 3
    assert CLIENT.zelid not in logs.text
    assert CLIENT.ip not in logs.text


def test_the_limit_holds_again_in_the_second_after(limiter: Limiter, clock: Clock, faults: Faults) -> None:
    faults.add("UpdateItem", timeout_before, times=MANY)
    taken(limiter, READS, 10)
    faults.clear()
    clock.now += 1

    assert let_in([limiter], READS, READS.quota + 20) == READS.quota
    assert window() == (START + 1, READS.quota)


def test_tokens_that_are_held_are_spent_before_the_store_is_missed(
    limiter: Limiter, clock: Clock, faults: Faults
) -> None:
    taken(limiter, READS, 80)
    clock.now += 1
    faults.add("UpdateItem", timeout_before, skip=1, times=MANY)

    standings = taken(limiter, READS, 25)

    assert [standing.window for standing in standings] == [START + 1] * 20 + [None] * 5


@pytest.mark.parametrize("policy", [READS, PUTS])
def test_a_lost_answer_counts_twice_and_lets_nobody_in_twice(
    limiter: Limiter, faults: Faults, clock: Clock, policy: Policy
) -> None:
    """The update is applied, botocore hears nothing and sends it again: one token too many is given away."""
    taken(limiter, policy, 1)
    # The answer is lost on the way, once: botocore's own retry finds the update applied, and applies it again.
    faults.add("UpdateItem", _twice(faults), times=1)

    assert 1 + let_in([limiter], policy, policy.quota) < policy.quota
    assert window(policy) == (START, policy.quota)
    clock.now += 1
    assert let_in([limiter], policy, policy.quota + 1) == policy.quota


def _twice(faults: Faults) -> Fault:
    """A fault: the request is carried out, and then once more."""
    store = faults.aws
    other = store.session.create_client("dynamodb", region_name=store.settings.region)

    def deliver(request: Any) -> None:
        other.update_item(**json.loads(request.body))

    return deliver


def test_a_window_that_changes_under_every_try_is_a_busy_store(
    limiter: Limiter, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if others were quicker, and opened the next second, each time."""
    nudge, other = aws.nudge, Limiter(clock)

    def too_late(*arguments: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(aws, "nudge", nudge)
            clock.now += 1
            taken(other, PUTS, 1)
        return nudge(*arguments)

    monkeypatch.setattr(aws, "nudge", too_late)

    with pytest.raises(aws.StoreBusyError):
        limiter.take(PUTS, CLIENT)


def test_a_mistake_of_ours_is_not_taken_for_a_failing_store(limiter: Limiter, store: aws.Aws, logs: Logs) -> None:
    store.dynamodb.delete_table(TableName="test-windows")

    for policy in (READS, PUTS):
        for _ in range(2):
            with pytest.raises(ClientError, match="ResourceNotFoundException"):
                limiter.take(policy, CLIENT)
    assert logs.entries == []
