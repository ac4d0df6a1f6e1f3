"""Key generations: how often KMS is asked, how long its answers count, and races for a number."""

import pytest

from chalicelib.keys import KeyDisabledError, Keys
from tests.keys.conftest import CACHE_SECONDS, Clock, new_keys
from tests.support.calls import Calls
from tests.support.markers import hides
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.support.threads import at_once

KMS = ("Decrypt", "GenerateDataKeyWithoutPlaintext")


def kms_calls(calls: Calls) -> dict[str, int]:
    return {name: count for name, count in calls.by_operation().items() if name in KMS}


def wrapped_under(keys: Keys, generations: int) -> list[str]:
    """One wrapped DEK under each of so many generations, all of them new."""
    wrapped = [keys.wrap(b"dek")]
    for _ in range(generations - 1):
        keys.add_generation()
        wrapped.append(keys.wrap(b"dek"))
    return wrapped


def test_the_first_generation_is_made_when_it_is_needed(keys: Keys, calls: Calls) -> None:
    keys.wrap(b"dek")

    assert kms_calls(calls) == {"GenerateDataKeyWithoutPlaintext": 1, "Decrypt": 1}


def test_no_key_ever_lies_in_the_table(system: System, keys: Keys) -> None:
    keys.wrap(b"dek")
    (plain,) = [one.master_key.config.wrapping_key._wrapping_key for one in keys._generations._kept.values()]

    assert len(plain) == 32
    assert not hides(plain, system.contents())


def test_a_generation_costs_one_kms_call_a_process(system: System, calls: Calls) -> None:
    wrapped = wrapped_under(new_keys(system), 3)
    fresh = new_keys(system)
    calls.clear()

    for _ in range(10):
        assert {fresh.unwrap(one) for one in wrapped} == {b"dek"}

    assert calls.by_operation() == {"GetItem": 3, "Decrypt": 3}


def test_an_unwrapped_generation_expires(keys: Keys, calls: Calls, clock: Clock) -> None:
    wrapped = keys.wrap(b"dek")
    calls.clear()

    clock.now += CACHE_SECONDS - 1
    keys.unwrap(wrapped)
    assert calls.total == 0

    clock.now += 1
    keys.unwrap(wrapped)
    assert calls.by_operation() == {"GetItem": 1, "Decrypt": 1}


def test_a_new_generation_is_current_elsewhere_within_the_cache_time(system: System, keys: Keys, clock: Clock) -> None:
    keys.wrap(b"dek")
    new_keys(system).add_generation()

    clock.now += CACHE_SECONDS - 1
    assert keys.generation_of(keys.wrap(b"dek")) == 1

    clock.now += 1
    assert keys.generation_of(keys.wrap(b"dek")) == 2


def test_the_cache_is_bounded_and_drops_the_least_recently_used(
    system: System, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.keys.generations.MOST_KEPT", 2)
    first, second, third = wrapped_under(new_keys(system), 3)
    keys = new_keys(system)
    calls.clear()

    def asks_kms(wrapped: str) -> bool:
        before = kms_calls(calls)
        keys.unwrap(wrapped)
        return kms_calls(calls) != before

    assert [asks_kms(one) for one in (first, second, first)] == [True, True, False]
    assert [asks_kms(one) for one in (third, first)] == [True, False]
    assert asks_kms(second)
    assert len(keys._generations._kept) == 2


def test_threads_that_need_the_same_generation_ask_once(ministack: Ministack) -> None:
    system = ministack.system()
    wrapped = wrapped_under(new_keys(system), 1)[0]
    keys, calls = new_keys(system), Calls(system.aws)

    opened = at_once([lambda: keys.unwrap(wrapped)] * 8)

    assert opened == [b"dek"] * 8
    assert kms_calls(calls) == {"Decrypt": 1}


def test_whoever_comes_second_gets_the_next_number(system: System, keys: Keys) -> None:
    keys.wrap(b"dek")
    other, numbers = new_keys(system), list[int]()

    def intrude(**_: object) -> None:
        events.unregister(event, intrude)
        numbers.append(other.add_generation())

    event, events = "before-send.dynamodb.TransactWriteItems", system.aws.dynamodb.meta.events
    events.register_first(event, intrude)
    numbers.append(keys.add_generation())

    assert numbers == [2, 3]
    assert [one.unwrap(two.wrap(b"dek")) for one, two in ((keys, other), (other, keys))] == [b"dek"] * 2


@pytest.mark.parametrize("cache_seconds", [0.0, 300.0])
def test_a_disabled_key_stops_everything_within_the_cache_time(
    ministack: Ministack, clock: Clock, cache_seconds: float
) -> None:
    system = ministack.system(key_cache_seconds=cache_seconds)
    wrapped = post(system, "wrap", dek="plain")["dekEnc"]
    kms, key_id = system.aws.kms, kms_key(system)

    kms.disable_key(KeyId=key_id)
    if cache_seconds:
        assert post(system, "unwrap", dekEnc=wrapped) == {"dek": "plain"}
    clock.now += cache_seconds
    calls = Calls(system.aws)

    refused = {"error": "key_disabled"}
    assert post(system, "unwrap", 403, dekEnc=wrapped) == refused
    assert kms_calls(calls) == {"Decrypt": 1}
    assert post(system, "wrap", 403, dek="plain") == refused
    assert kms_calls(calls) == {"Decrypt": 2}

    kms.enable_key(KeyId=key_id)
    assert post(system, "unwrap", dekEnc=wrapped) == {"dek": "plain"}


def test_a_disabled_key_makes_no_generation(ministack: Ministack) -> None:
    system = ministack.system()
    keys = new_keys(system)
    system.aws.kms.disable_key(KeyId=kms_key(system))

    with pytest.raises(KeyDisabledError):
        keys.add_generation()

    assert system.aws.dynamodb.scan(TableName=f"{system.aws.settings.table_prefix}keys")["Items"] == []


def kms_key(system: System) -> str:
    """Its id: MiniStack, as AWS, disables no key by its alias."""
    described = system.aws.kms.describe_key(KeyId=system.aws.settings.kms_key_id)
    return str(described["KeyMetadata"]["KeyId"])


def post(system: System, verb: str, status: int = 200, **body: str) -> dict[str, str]:
    answer = system.call("POST", f"/api/v1/dek/{verb}", body=body)
    assert answer.status == status
    return dict(answer.json)
