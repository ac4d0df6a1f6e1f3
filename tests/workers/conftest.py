import pytest

from tests.support.ministack import Ministack
from tests.support.system import System


@pytest.fixture
def system(ministack: Ministack) -> System:
    """Over MiniStack, since some of these tests have threads."""
    return ministack.system()
