import pytest

from chalicelib.keys import Keys
from tests.support.system import System

CACHE_SECONDS = 300


class Clock:
    """The clock of the generations' cache, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_780_000_000 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("chalicelib.keys.generations.time", clock)
    return clock


def new_keys(system: System) -> Keys:
    """A key service with nothing in its cache, as in a process that just started."""
    return Keys(system.aws.settings.kms_key_id, CACHE_SECONDS)


@pytest.fixture
def keys(system: System) -> Keys:
    return new_keys(system)
