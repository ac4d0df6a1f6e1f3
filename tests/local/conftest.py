"""What the tests of the local stack share: a directory for its state, and a way to start it that leaves nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import Running
from tests.local.stack import Start


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """Where a `make run` keeps its state; not there yet, and with a space in its name."""
    return tmp_path / "my state"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a `make run` without waiting for it; whatever still runs at the end of the test is killed.

    The demo account is empty, unless `more` says otherwise: these tests count what they put.
    """
    started: list[Running] = []

    def begin(local: Path, *, more: Mapping[str, str] | None = None, **options: Any) -> Running:
        started.append(Running(local, more={"EXAMPLE": "none", **(more or {})}, **options))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.kill()
