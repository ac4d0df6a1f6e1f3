"""Someone who publishes, on a system that the tests of a module share, and that remembers no routes."""

from collections.abc import Iterator

import pytest

from chalicelib import aws
from chalicelib.settings import Settings
from tests.support.managing import Manager, manager
from tests.support.system import System, moto_aws


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch, moto_aws(patch):
        patch.setattr(aws.clients, "_current", None)
        settings = Settings(
            table_prefix="delivery-", blob_bucket="delivery", kms_key_id="alias/delivery", route_cache_seconds=0
        )
        yield System.make(settings)


@pytest.fixture
def system(shared: System, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(aws.clients, "_current", shared.aws)
    return shared


@pytest.fixture
def me(system: System) -> Manager:
    """An account of its own for each test."""
    return manager(system)
