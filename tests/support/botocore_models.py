"""Keeps what botocore reads from its own files for the whole run.

Each test has a session of its own, and each session would parse the same megabytes of JSON again: half of a run's time.
"""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader


@pytest.fixture(scope="session", autouse=True)
def _botocore_reads_its_models_once() -> Iterator[None]:
    read = JSONFileLoader().load_file

    @functools.cache
    def kept(path: str) -> Any:
        return read(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _self, path: kept(path))
        yield
