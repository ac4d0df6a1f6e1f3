import pytest

from chalicelib.aws import StaleError, StoreBusyError, retry_stale
from tests.aws.conftest import Clock
from tests.aws.rows import Counter, RefusedError, commit, value

DEADLINE = 3


@pytest.mark.usefixtures("store", "clock")
def test_a_row_that_changed_in_between_is_read_again() -> None:
    others = iter([10, 20])

    @retry_stale
    def double() -> int:
        seen = value()
        if (other := next(others, None)) is not None:
            commit(lambda tx: tx.upsert(Counter(id="a"), [Counter.value.set(other)]))
        commit(lambda tx: tx.update(Counter(id="a"), [Counter.value.set(2 * seen)], Counter.value == seen))
        return 2 * seen

    assert double() == 40
    assert value() == 40


def test_a_row_that_always_changes_is_given_up_after_three_seconds(clock: Clock) -> None:
    tries = []

    @retry_stale
    def never() -> None:
        tries.append(clock.slept)
        raise StaleError

    with pytest.raises(StoreBusyError):
        never()

    assert len(tries) > 10
    assert DEADLINE <= clock.slept < DEADLINE + 0.5


def test_other_errors_are_not_tried_again() -> None:
    tries = []

    @retry_stale
    def refuse() -> None:
        tries.append(1)
        raise RefusedError(None)

    with pytest.raises(RefusedError):
        refuse()

    assert tries == [1]
