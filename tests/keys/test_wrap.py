import base64

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.keys import Keys
from chalicelib.keys.service import MOST_ENC_CHARACTERS
from tests.keys.conftest import new_keys
from tests.support.calls import Calls
from tests.support.system import System

MOST_DEK_BYTES = 4096


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(dek=b"\0")
@example(dek=b"\xff" * MOST_DEK_BYTES)
@given(dek=st.binary(min_size=1, max_size=MOST_DEK_BYTES))
def test_unwrap_gives_what_wrap_was_given(keys: Keys, dek: bytes) -> None:
    wrapped = keys.wrap(dek)

    assert keys.unwrap(wrapped) == dek
    assert len(wrapped) <= MOST_ENC_CHARACTERS


def test_every_wrap_differs(keys: Keys) -> None:
    wrapped = [keys.wrap(b"the same") for _ in range(200)]

    assert len(set(wrapped)) == 200
    assert {keys.unwrap(one) for one in wrapped} == {b"the same"}


def test_a_wrapped_dek_holds_nothing_of_the_dek(keys: Keys) -> None:
    dek = b"pl41n_d3k_k3y_32b1ts_0000000000"

    raw = base64.urlsafe_b64decode(keys.wrap(dek) + "==")

    assert dek not in raw
    assert dek[:8] not in raw


def test_the_generation_can_be_read_without_any_key(system: System, keys: Keys, calls: Calls) -> None:
    first = keys.wrap(b"dek")
    second_generation = keys.add_generation()
    second = keys.wrap(b"dek")
    calls.clear()

    assert [new_keys(system).generation_of(one) for one in (first, second)] == [1, second_generation]
    assert calls.total == 0


def test_old_generations_still_unwrap_after_a_new_one(system: System, keys: Keys) -> None:
    wrapped = {}
    for number in range(1, 5):
        wrapped[number] = keys.wrap(b"under %d" % number)
        keys.add_generation()

    for reader in (keys, new_keys(system)):
        assert {n: reader.unwrap(one) for n, one in wrapped.items()} == {n: b"under %d" % n for n in wrapped}
    assert [keys.generation_of(one) for one in wrapped.values()] == [1, 2, 3, 4]


def test_an_elsewhere_added_generation_unwraps_at_once(system: System, keys: Keys) -> None:
    keys.wrap(b"warms the cache")
    elsewhere = new_keys(system)
    number = elsewhere.add_generation()

    wrapped = elsewhere.wrap(b"dek")

    assert elsewhere.generation_of(wrapped) == number == 2
    assert keys.unwrap(wrapped) == b"dek"
