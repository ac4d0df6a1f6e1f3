import pytest

from chalicelib.identity import Accounts
from tests.support.ministack import Ministack
from tests.support.system import System


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def accounts(system: System) -> Accounts:
    return system.accounts
