from collections.abc import Iterator

import pytest

from chalicelib import aws
from chalicelib.limits import Limiter
from chalicelib.settings import Settings
from tests.limits.world import Clock, make_table
from tests.support.calls import Calls
from tests.support.faults import Faults
from tests.support.system import moto_aws


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[aws.Aws]:
    """An AWS in this process that has the one table."""
    with moto_aws(monkeypatch):
        yield make_table(aws.connect(settings))


@pytest.fixture
def calls(store: aws.Aws) -> Calls:
    return Calls(store)


@pytest.fixture
def faults(store: aws.Aws, monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return Faults(store)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(store: aws.Aws, clock: Clock) -> Limiter:
    """The limiter of one process, which knows nothing yet."""
    del store
    return Limiter(clock)
