import pytest

from chalicelib.blobs import Blobs, segments
from tests.support.books import new_blobs
from tests.support.ministack import Ministack
from tests.support.system import System


@pytest.fixture
def system(ministack: Ministack) -> System:
    """Over MiniStack, since blobs are written by several threads."""
    return ministack.system()


@pytest.fixture
def blobs(system: System) -> Blobs:
    return new_blobs(system)


@pytest.fixture
def small_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 384 bytes in frames of 128, two an object: every edge is near, and nothing else differs."""
    monkeypatch.setattr(segments, "FRAME", 128)
    monkeypatch.setattr(segments, "SEGMENT", 384)
    monkeypatch.setattr(segments, "OBJECT", 768)
