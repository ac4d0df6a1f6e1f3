import pytest

from tests.support.vectors import Contents


@pytest.fixture(scope="session")
def contents() -> Contents:
    return Contents()
