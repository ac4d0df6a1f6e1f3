"""Key services in processes of their own, over one AWS."""

from tests.keys.child import children
from tests.keys.conftest import new_keys
from tests.support.ministack import Ministack


def test_2000_deks_of_other_processes_cost_a_fresh_one_two_kms_calls(ministack: Ministack) -> None:
    environment = ministack.environment(ministack.system())
    deks = [[f"dek {half} {number}" for number in range(1000)] for half in (1, 2)]

    with children(2, environment) as (first, second):
        wrapped = first.ask({"wrap": deks[0]})
        assert second.ask({"add_generation": True}) == 2
        wrapped += second.ask({"wrap": deks[1]})
    with children(1, environment) as (fresh,):
        opened = fresh.ask({"unwrap": wrapped})
        calls = fresh.ask({"calls": True})

    assert len(set(wrapped)) == 2000
    assert opened == deks[0] + deks[1]
    assert calls == {"Decrypt": 2, "GetItem": 2}


def test_the_first_generation_made_by_two_at_once_serves_both(ministack: Ministack) -> None:
    system = ministack.system()

    with children(2, ministack.environment(system)) as both:
        for child in both:
            child.send({"wrap": ["dek"]})
        wrapped = [dek_enc for child in both for dek_enc in child.receive()]
        opened = [child.ask({"unwrap": wrapped}) for child in both]

    assert opened == [["dek", "dek"]] * 2
    keys = new_keys(system)
    assert {keys.generation_of(one) for one in wrapped} <= {1, 2}
    assert [keys.unwrap(one) for one in wrapped] == [b"dek"] * 2


def test_generations_added_at_once_get_numbers_of_their_own(ministack: Ministack) -> None:
    rounds = 10

    with children(2, ministack.environment(ministack.system())) as both:
        numbers = []
        for _ in range(rounds):
            for child in both:
                child.send({"add_generation": True})
            numbers += [child.receive() for child in both]

    assert sorted(numbers) == list(range(1, 2 * rounds + 1))


def test_a_signing_secret_is_the_same_everywhere(ministack: Ministack) -> None:
    system = ministack.system()
    number, secret = new_keys(system).secret("cursor")

    with children(1, ministack.environment(system)) as (child,):
        elsewhere = child.ask({"secret": "cursor", "number": number})

    assert bytes.fromhex(elsewhere) == secret
