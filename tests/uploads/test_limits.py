"""Upload calls count against the limits of calls a second: asking how far it is reads, all else writes."""

import pytest

from chalicelib import composition
from chalicelib.limits import Limiter
from tests.drive.asking import refusal
from tests.drive.limited import LIMITED, PUTS, READS
from tests.limits.world import Clock
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.sending import ask, begin, body_of, start

FILE = {"": b"x"}


@pytest.fixture
def system(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> System:
    """With limits of a few calls, in a second that does not end."""
    clock = Clock()
    monkeypatch.setattr(composition, "Limiter", lambda: Limiter(clock))
    return ministack.system(puts_per_second=PUTS, reads_per_second=READS)


def test_beginning_completing_and_giving_up_count_as_puts(system: System, user: User) -> None:
    assert PUTS == 3
    upload = begin(system, user, body_of(FILE))["upload"]
    assert ask(system, user, "complete", upload).status == 400
    assert ask(system, user, "abort", upload).status == 200

    for refused in (
        start(system, user, body_of(FILE)),
        *(ask(system, user, call, upload) for call in ("complete", "abort")),
    ):
        assert refusal(refused) == LIMITED
        assert refused.headers["retry-after"] == "1"
    # But not as reads
    assert ask(system, user, "status", upload).status == 200


def test_asking_how_far_it_is_counts_as_a_read(system: System, user: User) -> None:
    upload = begin(system, user, body_of(FILE))["upload"]

    statuses = [ask(system, user, "status", upload).status for _ in range(READS + 1)]

    assert statuses == [200] * READS + [429]
    assert ask(system, user, "abort", upload).status == 200
