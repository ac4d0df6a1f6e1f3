import pytest

from chalicelib import composition
from chalicelib.limits import Limiter
from tests.blobs.conftest import small_shape
from tests.drive.limited import PUTS, READS, Make
from tests.limits.world import Clock
from tests.support.ministack import Ministack
from tests.support.system import System, User

__all__ = ["small_shape"]
"""A fixture for more than one folder of tests."""


@pytest.fixture
def system(ministack: Ministack) -> System:
    """Over MiniStack, since a put of several files writes them by several threads."""
    return ministack.system()


@pytest.fixture
def user(system: System) -> User:
    return system.user()


@pytest.fixture
def clock() -> Clock:
    """A second that goes on for as long as the test says."""
    return Clock()


@pytest.fixture
def make(ministack: Ministack, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes systems whose limiter goes by the test's clock."""
    monkeypatch.setattr(composition, "Limiter", lambda: Limiter(clock))
    return ministack.system


@pytest.fixture
def limited(make: Make) -> System:
    """A system with limits of a few calls, in a second that does not end."""
    return make(puts_per_second=PUTS, reads_per_second=READS)
