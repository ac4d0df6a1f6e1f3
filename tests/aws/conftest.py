import importlib

import pytest

from chalicelib.aws import Aws
from tests.aws.network import Network
from tests.aws.rows import make_tables
from tests.support.ministack import Ministack
from tests.support.system import System

# By its path: the package exports the function `transaction` under the module's name.
_transaction = importlib.import_module("chalicelib.aws.transaction")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept = 0.0

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Waits of the transaction take no time; nor do botocore's own."""
    clock = Clock()
    monkeypatch.setattr(_transaction, "time", clock)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return clock


@pytest.fixture(params=["moto", "ministack"])
def store(request: pytest.FixtureRequest) -> Aws:
    """Both stand-ins: moto takes a resent transaction for a new one, MiniStack knows it by its token, as AWS does."""
    if request.param == "moto":
        system: System = request.getfixturevalue("system")
    else:
        ministack: Ministack = request.getfixturevalue("ministack")
        system = ministack.system()
    make_tables(system.aws)
    return system.aws


@pytest.fixture
def network(store: Aws, clock: Clock) -> Network:
    """What happens to transactions on their way."""
    del clock
    return Network(store, "TransactWriteItems")
