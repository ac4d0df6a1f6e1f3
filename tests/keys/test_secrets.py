import pytest

from chalicelib.keys import Keys
from tests.keys.conftest import new_keys
from tests.support.calls import Calls
from tests.support.system import System


def test_the_same_number_is_the_same_secret(system: System, keys: Keys) -> None:
    number, secret = keys.secret("cursor")

    assert len(secret) == 32
    assert keys.secret("cursor") == (number, secret)
    assert new_keys(system).secret("cursor", number) == (number, secret)


def test_purposes_and_generations_have_unrelated_secrets(keys: Keys) -> None:
    keys.secret("cursor")
    keys.add_generation()

    secrets = {keys.secret(purpose, number) for purpose in ("cursor", "token", "", "cursor ") for number in (1, 2)}

    assert len({secret for _, secret in secrets}) == 8
    assert {number for number, _ in secrets} == {1, 2}


def test_a_new_generation_signs_and_the_old_one_still_verifies(keys: Keys) -> None:
    old = keys.secret("cursor")
    added = keys.add_generation()

    assert keys.secret("cursor")[0] == added
    assert keys.secret("cursor", old[0]) == old


def test_a_secret_is_not_the_generations_key(keys: Keys) -> None:
    keys.secret("cursor")
    (generation,) = keys._generations._kept.values()
    wrapping_key = generation.master_key.config.wrapping_key._wrapping_key

    assert wrapping_key not in (generation.secret, keys.secret("cursor")[1])


def test_an_unknown_number_has_no_secret(keys: Keys) -> None:
    keys.secret("cursor")

    for number in (0, 2, 2**32 - 1):
        with pytest.raises(LookupError):
            keys.secret("cursor", number)


def test_a_secret_costs_nothing_once_its_generation_is_known(keys: Keys, calls: Calls) -> None:
    number, _ = keys.secret("cursor")
    calls.clear()

    for purpose in ("cursor", "token"):
        keys.secret(purpose)
        keys.secret(purpose, number)

    assert calls.total == 0
