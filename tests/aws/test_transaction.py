import time

import pytest

from chalicelib.aws import Aws, Marker, Ref, StaleError, batch_get, get, scan, transaction
from tests.aws.rows import Claim, Counter, RefusedError, Step, commit, one_more, value
from tests.support.calls import Calls

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def calls(store: Aws) -> Calls:
    return Calls(store)


def claim(number: int) -> Step:
    return lambda tx: tx.create(Claim(owner="o", name=str(number)))


def test_a_transaction_holds_100_items() -> None:
    commit(*(claim(number) for number in range(100)))

    assert all(batch_get(*(Ref(Claim, "o", str(number)) for number in range(100))))


@pytest.mark.parametrize(
    "steps",
    [
        [claim(number) for number in range(101)],
        # No row of these tells that they were written: the marker is the 101st.
        [one_more(f"c{number}") for number in range(100)],
    ],
)
def test_the_101st_item_is_refused(steps: list[Step], calls: Calls) -> None:
    with pytest.raises(ValueError, match="100 items"):
        commit(*steps)

    assert calls.total == 0


@pytest.mark.parametrize(
    "second",
    [
        lambda tx: tx.create(Counter(id="same")),
        lambda tx: tx.delete(Counter(id="same")),
        lambda tx: tx.check(Counter(id="same"), Counter.id.exists()),
        lambda tx: tx.update(Counter(id="same"), [Counter.value.set(1)]),
        one_more("same"),
    ],
)
@pytest.mark.parametrize("store", ["moto"], indirect=True)
def test_two_writes_to_one_key_are_refused(second: Step, calls: Calls) -> None:
    with pytest.raises(ValueError, match="two writes to one key"):
        commit(one_more("same"), one_more("another"), second)

    assert calls.total == 0


def test_a_block_commits_once_at_its_end(calls: Calls) -> None:
    with transaction() as tx:
        one_more("a")(tx)
        one_more("b")(tx)
        assert calls.total == 0

    assert calls.by_operation() == {"TransactWriteItems": 1}
    assert (value("a"), value("b")) == (1, 1)


@pytest.mark.parametrize("store", ["moto"], indirect=True)
def test_a_block_that_raises_writes_nothing(calls: Calls) -> None:
    def fail(_tx: object) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        commit(one_more(), fail)

    assert calls.total == 0


@pytest.mark.parametrize("store", ["moto"], indirect=True)
def test_no_steps_are_no_call(calls: Calls) -> None:
    commit()

    assert calls.total == 0


HERE = {"id": {"S": "here"}, "value": {"N": "7"}}


def test_a_refusal_gets_the_row_that_stood_there_and_nothing_is_written(subtests: pytest.Subtests) -> None:
    one = [Counter.value.set(1)]
    here, absent = Counter(id="here"), Counter(id="absent")
    cases: dict[str, tuple[Step, object]] = {
        "create what is there": (lambda tx: tx.create(Counter(id="here"), RefusedError), HERE),
        "update nothing": (lambda tx: tx.update(absent, one, refusal=RefusedError), None),
        "update on a condition": (lambda tx: tx.update(here, one, Counter.value < 7, RefusedError), HERE),
        "delete nothing": (lambda tx: tx.delete(absent, refusal=RefusedError), None),
        "delete on a condition": (lambda tx: tx.delete(here, Counter.value > 7, RefusedError), HERE),
        "check nothing": (lambda tx: tx.check(absent, Counter.id.exists(), RefusedError), None),
        "check": (lambda tx: tx.check(here, Counter.value == 8, RefusedError), HERE),
    }
    commit(lambda tx: tx.create(Counter(id="here", value=7)))
    before = [row.to_dynamodb_dict() for row in (*scan(Counter), *scan(Marker))]

    for name, (step, old) in cases.items():
        with subtests.test(name):
            with pytest.raises(RefusedError) as refused:
                commit(one_more("beside"), step)

            assert refused.value.old == old
            assert [row.to_dynamodb_dict() for row in (*scan(Counter), *scan(Marker))] == before


def test_the_first_of_several_refusals_is_raised() -> None:
    refuse: Step = lambda tx: tx.delete(Counter(id="absent"), refusal=RefusedError)  # noqa: E731 - a step, as elsewhere
    also: Step = lambda tx: tx.delete(Counter(id="absent too"))  # noqa: E731 - as above

    with pytest.raises(RefusedError):
        commit(one_more(), refuse, also)


def test_a_step_without_a_refusal_of_its_own_is_stale() -> None:
    with pytest.raises(StaleError):
        commit(lambda tx: tx.delete(Counter(id="absent")))


def test_each_kind_of_step_does_what_it_says() -> None:
    commit(
        lambda tx: tx.create(Counter(id="changed", value=1)),
        lambda tx: tx.create(Counter(id="deleted", value=1)),
    )
    commit(
        lambda tx: tx.update(Counter(id="changed"), [Counter.value.set(2)], Counter.value == 1),
        lambda tx: tx.delete(Counter(id="deleted")),
        lambda tx: tx.check(Counter(id="none"), Counter.id.does_not_exist()),
        one_more("made"),
    )
    commit(one_more("made"))

    assert {row.id: int(row.value) for row in scan(Counter)} == {"changed": 2, "made": 2}


def test_a_stamped_row_is_its_own_marker() -> None:
    tx_id = commit(lambda tx: tx.create(Claim(owner="o", name="n")), one_more())

    stamped = get(Claim, "o", "n")
    assert stamped is not None
    assert stamped.tx == tx_id
    assert list(scan(Marker)) == []


def test_other_transactions_leave_a_marker_that_expires_in_a_day(store: Aws) -> None:
    tx_id = commit(one_more())

    (marker,) = scan(Marker)
    assert marker.id == tx_id
    assert 86_400 - 5 <= marker.expires.timestamp() - time.time() <= 86_400 + 5
    described = store.dynamodb.describe_time_to_live(TableName=Marker.physical_name())["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_an_error_that_waiting_does_not_help_is_raised_at_once(store: Aws, calls: Calls) -> None:
    store.dynamodb.delete_table(TableName=Counter.physical_name())
    calls.clear()

    with pytest.raises(store.dynamodb.exceptions.ResourceNotFoundException):
        commit(one_more())

    assert calls.by_operation() == {"TransactWriteItems": 1}
