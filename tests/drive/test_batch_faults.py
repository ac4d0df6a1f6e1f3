"""All or nothing: a put of 30 files, with a fault at every one of its transactions."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.drive.tables import BatchRow
from tests.drive.asking import HELLO, put_ok, refusal
from tests.drive.failing import (
    ALWAYS,
    FILES,
    SIZE,
    TRANSACTIONS,
    Stage,
    ThisOneAlone,
    bad_gateway,
    bad_gateway_after,
    forget_tokens,
    no_patience,
    no_pauses,
)
from tests.support.books import cat, faults_in, listed, set_capacity, status
from tests.support.faults import (
    conflict,
    crash_after,
    crash_before,
    lose_answer,
    server_error,
    throttle,
    timeout_before,
)
from tests.support.system import Answer, System

TRANSACT = "TransactWriteItems"
BUSY = (503, "busy")
NO_ROOM = (413, "storage_capacity_exceeded")
EACH = pytest.mark.parametrize("at", range(TRANSACTIONS))


@pytest.fixture
def stage(system: System, monkeypatch: pytest.MonkeyPatch) -> Stage:
    no_pauses(monkeypatch)
    return Stage.set(system)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    no_patience(monkeypatch)


def told(answer: Answer | None) -> tuple[int, str]:
    assert answer is not None
    status, _, code = refusal(answer)
    return status, code


@EACH
@pytest.mark.parametrize("fault", [conflict, throttle, lose_answer, timeout_before, server_error])
def test_a_fault_that_passes_is_not_noticed(stage: Stage, at: int, fault: Callable[..., Any]) -> None:
    # botocore tries throttling, time-outs and 5xx a second time by itself.
    stage.fail(TRANSACT, fault, skip=at, times=1 if fault in (conflict, lose_answer) else 2)

    answer = stage.put()

    assert answer is not None
    assert answer.status == 200
    assert stage.met >= 1
    assert stage.stored() == "all"


@EACH
def test_a_lost_answer_is_told_by_our_own_marker_too(stage: Stage, at: int) -> None:
    forget_tokens(stage.system)
    stage.fail(TRANSACT, lose_answer, skip=at)

    answer = stage.put()

    assert answer is not None
    assert (answer.status, stage.met) == (200, 1)
    assert stage.stored() == "all"


@EACH
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [conflict, throttle])
def test_a_store_that_stays_busy_undoes_what_was_placed(stage: Stage, at: int, fault: Callable[..., Any]) -> None:
    stage.fail(TRANSACT, ThisOneAlone(fault), skip=at, times=ALWAYS)

    assert told(stage.put()) == BUSY

    assert stage.stored() == "nothing"
    assert list(aws.scan(BatchRow)) == []
    if at == 0:
        assert stage.system.contents() == stage.before


@EACH
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("fault", "applied"),
    [
        (lose_answer, True),
        (timeout_before, False),
        (server_error, False),
        (bad_gateway, False),
        (bad_gateway_after, True),
    ],
)
def test_an_unknown_outcome_is_settled_by_the_check(
    stage: Stage, at: int, fault: Callable[..., Any], applied: bool
) -> None:
    stage.fail(TRANSACT, fault, skip=at, times=ALWAYS)

    assert told(stage.put()) == BUSY

    stage.repair()
    # The last transaction was applied, though nobody heard of it.
    applied_whole = applied and at == TRANSACTIONS - 1
    assert stage.stored() == ("all" if applied_whole else "nothing")


@EACH
@pytest.mark.parametrize("fault", [crash_before, crash_after])
def test_a_crash_is_settled_by_the_check(stage: Stage, at: int, fault: Callable[..., Any]) -> None:
    stage.fail(TRANSACT, fault, skip=at)

    assert stage.put() is None

    stage.repair()
    applied_whole = fault is crash_after and at == TRANSACTIONS - 1
    assert stage.stored() == ("all" if applied_whole else "nothing")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [lose_answer, bad_gateway_after, crash_after])
def test_one_file_that_was_stored_unheard_can_be_read(stage: Stage, fault: Callable[..., Any]) -> None:
    """Its object must not be cleaned up by guess: the account lists it."""
    stage.fail(TRANSACT, fault, times=ALWAYS)

    answer = stage.put(("unheard", b"hello world"))

    assert answer is None or told(answer) == BUSY
    assert faults_in(stage.system) == []
    stage.repair()
    assert listed(stage.system, stage.user).keys() == {"mine", "unheard"}
    assert cat(stage.system, stage.user, HELLO).body == b"hello world"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("nth", [1, 2, 12, 13])
def test_a_crash_while_undoing_is_settled_by_the_check(stage: Stage, nth: int) -> None:
    """The second transaction is refused, and the process dies at one of the 13 that take the first back."""
    stage.fail(TRANSACT, ThisOneAlone(conflict, nth, stage.die), skip=1, times=ALWAYS)

    assert stage.put() is None

    assert len(list(aws.scan(BatchRow))) == 1
    stage.repair()
    assert stage.stored() == "nothing"


@EACH
def test_a_quota_filled_meanwhile_refuses_the_whole_or_not_at_all(stage: Stage, at: int) -> None:
    """Another put takes the room just before one of the transactions: before the first there is still a choice."""
    set_capacity(stage.user, 4 + SIZE)

    def fill(_request: Any) -> None:
        taken.append(stage.system.put(stage.user, ("meanwhile", b"a byte or two")).status)

    taken: list[int] = []
    stage.fail(TRANSACT, fill, skip=at)

    answer = stage.put()

    if at == 0:
        assert (taken, told(answer)) == ([200], NO_ROOM)
        assert listed(stage.system, stage.user).keys() == {"mine", "meanwhile"}
        assert status(stage.system, stage.user)["storage_used"] == 4 + len(b"a byte or two")
    else:
        assert answer is not None
        assert (taken, answer.status) == ([413], 200)
        assert listed(stage.system, stage.user).keys() == {"mine", *(name for name, _ in FILES)}
    assert faults_in(stage.system) == []


def test_a_plan_that_shrinks_meanwhile_refuses_the_whole(stage: Stage) -> None:
    stage.fail(TRANSACT, lambda _request: set_capacity(stage.user, 4 + SIZE - 1))

    assert told(stage.put()) == NO_ROOM

    assert stage.stored() == "nothing"


@EACH
def test_a_content_placed_by_another_put_meanwhile_is_shared(stage: Stage, at: int) -> None:
    """Both have written the content; one of the blobs must go."""
    name, data = FILES[2 + 12 * at if at < 2 else -1]
    stage.fail(TRANSACT, lambda _request: put_ok(stage.system, stage.other, (name, data)) and None, skip=at)

    answer = stage.put()

    assert answer is not None
    assert answer.status == 200
    assert listed(stage.system, stage.user).keys() == {"mine", *(name for name, _ in FILES)}
    assert len(stage.system.contents()["objects"]) == 2 + 28
    assert faults_in(stage.system) == []
