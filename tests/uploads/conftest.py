import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from chalicelib.blobs import segments
from chalicelib.uploads import plan, schemas
from tests.support.ministack import Ministack
from tests.support.system import System, User

Later = Callable[[float], None]
CLOCKS = ("uploads.service", "uploads.processing", "workers.janitor", "drive.copies")


@pytest.fixture
def system(ministack: Ministack) -> System:
    """Over MiniStack, for its links."""
    return ministack.system()


@pytest.fixture
def user(system: System) -> User:
    return system.user()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of 262,144 bytes, one leaf each, in two segments: every edge is near, and addresses are as ever."""
    shape = {"FRAME": 65_536, "SEGMENT": 131_072, "OBJECT": 262_144}
    for name, value in shape.items():
        monkeypatch.setattr(segments, name, value)
    # What was imported by name does not follow.
    for module in (plan, schemas):
        monkeypatch.setattr(module, "PART", shape["OBJECT"])
    return shape["OBJECT"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Puts the clocks of uploads, copies and the janitor forward by so many seconds, as seen from the real ones."""

    def go(seconds: float) -> None:
        ahead = SimpleNamespace(time=lambda: time.time() + seconds)
        for name in CLOCKS:
            monkeypatch.setattr(sys.modules[f"chalicelib.{name}"], "time", ahead)

    return go
