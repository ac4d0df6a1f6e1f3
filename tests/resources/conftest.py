"""Someone who publishes, on a system that the tests of a module share: making one takes longer than a test."""

from collections.abc import Iterator

import pytest

from chalicelib import aws
from tests.support.managing import Manager, manager, shared_moto
from tests.support.system import System


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with shared_moto() as made:
        yield made


@pytest.fixture
def system(shared: System, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(aws.clients, "_current", shared.aws)
    return shared


@pytest.fixture
def me(system: System) -> Manager:
    """An account of its own for each test."""
    return manager(system)
