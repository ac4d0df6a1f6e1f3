"""How far a job has come: each step is saved once, whoever else is at it."""

from functools import partial
from typing import Any

import pytest

from chalicelib.aws import StaleError
from chalicelib.jobs import tables as progress
from tests.support.calls import Calls
from tests.support.faults import Faults, lose_answer
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.support.threads import at_once

STATE: dict[str, Any] = {"list": [1, None, "é"], "flag": False, "nested": {"0": [2**53 - 1, -1]}, "after": None}


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.mark.usefixtures("system")
def test_nothing_is_saved_before_the_first_step() -> None:
    assert progress.load("job") == (0, {})


def test_a_step_is_saved_with_its_state(system: System) -> None:
    calls = Calls(system.aws)

    progress.save("job", 1, STATE)
    assert progress.load("job") == (1, STATE)
    progress.save("job", 2, {})

    assert progress.load("job") == (2, {})
    assert progress.load("other") == (0, {})
    assert calls.by_operation() == {"TransactWriteItems": 2, "GetItem": 3}


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(("saved", "refused"), [(0, [0, 2, 3]), (1, [0, 1, 3]), (2, [0, 1, 2, 4])])
def test_only_the_next_step_is_saved(saved: int, refused: list[int]) -> None:
    for step in range(1, saved + 1):
        progress.save("job", step, {"step": step})
    before = progress.load("job")

    for step in refused:
        with pytest.raises(StaleError):
            progress.save("job", step, {"step": "wrong"})
    assert progress.load("job") == before


def test_a_step_whose_answer_was_lost_is_saved(system: System) -> None:
    faults = Faults(system.aws)
    for step in range(1, 4):
        faults.add("TransactWriteItems", lose_answer)
        progress.save("job", step, {"step": step})
        assert progress.load("job") == (step, {"step": step})
    assert faults.hits == 3


@pytest.mark.usefixtures("system")
def test_of_many_at_once_one_saves_a_step() -> None:
    def save(step: int, who: int) -> int | None:
        try:
            progress.save("job", step, {"who": who})
        except StaleError:
            return None
        return who

    for step in range(1, 6):
        saved = at_once([partial(save, step, who) for who in range(6)])
        (winner,) = [who for who in saved if who is not None]
        assert progress.load("job") == (step, {"who": winner})
