"""Generations that are retired: only when nobody needs them, and then for good."""

from datetime import UTC, datetime

import pytest

from chalicelib import aws
from chalicelib.keys import GenerationInUseError, InvalidEncDekError, Keys
from chalicelib.workers.rotation import Rotation
from tests.keys.conftest import CACHE_SECONDS, Clock, new_keys
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.workers.rotating import HELD, STORED, Store, rotation

QUIET_SECONDS = 2 * CACHE_SECONDS


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def old(system: System, clock: Clock) -> str:
    """A DEK under generation 1, kept elsewhere. The second is current for so long that nobody wraps under it now."""
    keys = new_keys(system)
    old = keys.wrap(b"kept elsewhere")
    keys.add_generation()
    clock.now += QUIET_SECONDS
    return old


@pytest.fixture
def keys(system: System, old: str) -> Keys:
    keys = new_keys(system)
    assert keys.generation_of(old) == 1
    return keys


def refusal(keys: Keys | Rotation, number: int) -> str:
    """What the operator reads when it is not done."""
    with pytest.raises(GenerationInUseError) as refused:
        (keys.retire_generation if isinstance(keys, Keys) else keys.retire)(number)
    return refused.value.text


def is_opened(keys: Keys, dek_enc: str) -> bool:
    try:
        return keys.unwrap(dek_enc) == b"kept elsewhere"
    except InvalidEncDekError:
        return False


def test_after_it_nothing_unwraps_under_it(system: System, keys: Keys, old: str) -> None:
    new = keys.rewrap(old)
    assert [is_opened(keys, one) for one in (old, new)] == [True, True]

    keys.retire_generation(1)

    for process in (keys, new_keys(system)):
        assert [is_opened(process, one) for one in (old, new)] == [False, True]
        with pytest.raises(InvalidEncDekError):
            process.rewrap(old)
        with pytest.raises(LookupError):
            process.secret("cursor", 1)
    for verb in ("unwrap", "rewrap"):
        answer = system.call("POST", f"/api/v1/dek/{verb}", body={"dekEnc": old})
        assert (answer.status, answer.json) == (400, {"error": "invalid_enc_dek"})


def test_its_bytes_are_gone_from_the_table(system: System, keys: Keys) -> None:
    keys.retire_generation(1)

    (table,) = [rows for name, rows in system.contents().items() if name == f"{system.aws.settings.table_prefix}keys"]
    assert {row["number"]["N"]: "key_enc" in row for row in table} == {"1": False, "2": True}


def test_other_processes_forget_it_within_the_cache_time(system: System, keys: Keys, old: str, clock: Clock) -> None:
    other = new_keys(system)
    assert is_opened(other, old)
    keys.retire_generation(1)

    clock.now += CACHE_SECONDS

    assert not is_opened(other, old)


def test_its_number_is_never_used_again(system: System, keys: Keys, clock: Clock) -> None:
    numbers = []
    for retired in range(1, 5):
        keys.retire_generation(retired)
        numbers.append(new_keys(system).add_generation())
        clock.now += QUIET_SECONDS

    assert numbers == [3, 4, 5, 6]
    assert new_keys(system).secret("cursor")[0] == 6


def test_the_list_tells_when(system: System, keys: Keys, clock: Clock) -> None:
    made = clock.time()
    keys.retire_generation(1)
    clock.now += 1000

    first, second = reversed(new_keys(system).generations())

    assert (first.number, first.retired) == (1, int(made))
    assert (second.number, second.retired) == (2, None)
    assert datetime.fromtimestamp(first.created, UTC) < datetime.fromtimestamp(made, UTC)


def test_a_second_time_is_refused_and_keeps_the_date(keys: Keys, clock: Clock) -> None:
    keys.retire_generation(1)
    before = keys.generations()
    clock.now += 1000

    with pytest.raises(LookupError):
        keys.retire_generation(1)
    assert keys.generations() == before


@pytest.mark.parametrize("number", [-1, 0, 3, 99_999_999])
def test_unknown_numbers_are_refused(keys: Keys, number: int) -> None:
    before = keys.generations()

    with pytest.raises(LookupError, match=str(number)):
        keys.retire_generation(number)
    assert keys.generations() == before


def test_the_current_one_is_refused_however_old(keys: Keys, clock: Clock) -> None:
    clock.now += 10 * QUIET_SECONDS

    assert "current" in refusal(keys, 2)
    assert keys.unwrap(keys.wrap(b"dek")) == b"dek"


def test_it_is_refused_as_long_as_other_processes_may_wrap_under_it(system: System, keys: Keys, clock: Clock) -> None:
    """They learn of a new generation within the cache time. The rotation away from it counts, not the last one."""
    keys.add_generation()
    keys.retire_generation(1)
    for left in (QUIET_SECONDS, 100, 1):
        assert f"wait {left + 1} seconds" in refusal(new_keys(system), 2)
        clock.now += {QUIET_SECONDS: QUIET_SECONDS - 100, 100: 99, 1: 1}[left]

    new_keys(system).retire_generation(2)

    assert [one.retired is None for one in keys.generations()] == [True, False, False]


def rotated(system: System, clock: Clock) -> Store:
    """The small store, all of it under generation 1, long after generation 2 was made."""
    store = Store.keep(system)
    new_keys(system).add_generation()
    clock.now += QUIET_SECONDS
    return store


def test_it_is_refused_while_stored_keys_are_under_it(system: System, clock: Clock) -> None:
    store = rotated(system, clock)
    assert f"{STORED} stored keys are under generation 1" in refusal(rotation(system), 1)
    store.assert_whole()

    rotation(system).sweep()
    rotation(system).retire(1)

    store.assert_whole()
    assert [one.retired is None for one in new_keys(system).generations()] == [True, False]


@pytest.mark.parametrize("model", HELD, ids=lambda model: model.__name__)
def test_one_stored_key_anywhere_is_enough(system: System, clock: Clock, model: type[aws.Table]) -> None:
    store = rotated(system, clock)
    row = next(iter(aws.scan(model)))
    rotation(system).sweep()
    with aws.transaction() as tx:
        tx.update(row, [model.dek_enc.set(row.dek_enc)])  # type: ignore[attr-defined]  # every holder has it

    assert "1 stored keys" in refusal(rotation(system), 1)
    store.assert_whole()


def test_what_only_names_it_does_not_hold_it(system: System, clock: Clock, ministack: Ministack) -> None:
    """Clients store what they like: keys of other deployments too, and what is damaged."""
    theirs = new_keys(ministack.system()).wrap(b"theirs")
    aws.clients._current = system.aws
    ours = new_keys(system).wrap(b"ours")
    store = rotated(system, clock)
    for dek_enc in (theirs, ours[:-4] + ours[-1] + ours[-3:]):
        assert new_keys(system).generation_of(dek_enc) == 1
        store.add_record(dek_enc)
    rotation(system).sweep()

    rotation(system).retire(1)

    store.assert_whole()


def test_unknown_numbers_are_refused_where_stored_keys_are_counted(system: System, clock: Clock) -> None:
    rotated(system, clock)

    with pytest.raises(LookupError):
        rotation(system).retire(3)
