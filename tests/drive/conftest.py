import pytest

from tests.blobs.conftest import small_shape
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
