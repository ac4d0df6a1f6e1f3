"""Trials of operations, on a system that the tests of a module share."""

from collections.abc import Iterator

import pytest

from tests.support.managing import shared_moto
from tests.support.system import System


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with shared_moto() as system:
        yield system
