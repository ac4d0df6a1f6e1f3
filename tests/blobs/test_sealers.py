"""Who seals: the caller what is one segment, a few threads of the process all else, and never more of them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from unittest.mock import patch

import pytest

from chalicelib import cores
from chalicelib.blobs import Blobs, Plaintext, objects, segments
from chalicelib.blobs.segments import SEALERS
from chalicelib.keys import Keys
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import client
from tests.blobs.shape import content

KEY, BLOB, TOTAL = dek_key(bytes(32)), "0" * 32, 2

pytestmark = pytest.mark.usefixtures("small_shape")


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Gives the process so many cores; its sealers end with the test."""
    before = segments._sealers
    segments._sealers.cache_clear()
    yield lambda count: monkeypatch.setattr(cores, "available", lambda: count)
    before().shutdown()
    before.cache_clear()


class Sealing:
    """Notes which threads seal, and how many at once at most."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: set[str] = set()
        self.most = 0
        self._now, self._lock, self._real = 0, threading.Lock(), segments._sealed
        monkeypatch.setattr(segments, "_sealed", self._sealed)

    def _sealed(self, *arguments: Any) -> Iterator[bytes]:
        with self._lock:
            self.threads.add(threading.current_thread().name)
            self._now += 1
            self.most = max(self.most, self._now)
        yield from self._real(*arguments)
        with self._lock:
            self._now -= 1


def seal(size: int) -> bytes:
    return segments.seal_object(KEY, BLOB, 0, TOTAL, memoryview(content(size)))


def opened(sealed: bytes) -> bytes:
    full = segments.sealed_length(segments.SEGMENT)
    messages = [sealed[at : at + full] for at in range(0, len(sealed), full)]
    return b"".join(segments.unseal(KEY, BLOB, i, TOTAL, one) for i, one in enumerate(messages))


@pytest.mark.parametrize(("available", "expected"), [(1, 1), (2, SEALERS), (64, SEALERS)])
def test_many_callers_share_as_many_sealers_as_there_are_cores_for(
    monkeypatch: pytest.MonkeyPatch, pinned: Callable[[int], None], available: int, expected: int
) -> None:
    pinned(available)
    sealing = Sealing(monkeypatch)

    # When more ask at once than there are sealers, each for several segments
    with ThreadPoolExecutor(8) as callers:
        sealed = list(callers.map(seal, [segments.OBJECT] * 64))

    assert {opened(one) for one in sealed} == {content(segments.OBJECT)}
    assert all(name.startswith("sealers") for name in sealing.threads)
    assert max(sealing.most, len(sealing.threads)) <= expected


def test_one_segment_is_sealed_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    sealing = Sealing(monkeypatch)

    assert opened(seal(segments.SEGMENT)) == content(segments.SEGMENT)
    assert sealing.threads == {threading.current_thread().name}


def test_a_large_content_on_one_core_does_not_wait_for_itself(
    monkeypatch: pytest.MonkeyPatch, pinned: Callable[[int], None]
) -> None:
    # Given one sealer under the pool of those who write objects
    pinned(1)
    stored: dict[int, bytes] = {}
    monkeypatch.setattr(objects, "put", lambda _, number, body: stored.__setitem__(number, body))

    class NoKeys:
        def wrap(self, dek: bytes) -> str:
            return dek.decode()

    size = 9 * segments.OBJECT + 1
    Blobs(cast("Keys", NoKeys())).write({"cid": Plaintext([memoryview(content(size))])})

    assert [len(stored[n]) for n in range(10)] == [segments.object_length(size, n) for n in range(10)]


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_is_the_callers_once_nothing_reads_its_data_any_more(
    failing: int,
) -> None:
    # Given a segment that fails, while the other one takes longer
    real, ended = segments._sealed, threading.Event()

    def sealed(master_key: Any, blob: str, index: int, total: int, plaintext: memoryview) -> Iterator[bytes]:
        if index == failing:
            raise MemoryError(index)
        ended.wait(0.02)
        yield from real(master_key, blob, index, total, plaintext)
        ended.set()

    # When that happens as often as there are sealers to be lost
    for _ in range(SEALERS):
        with patch.object(segments, "_sealed", sealed), pytest.raises(MemoryError, match=str(failing)):
            seal(segments.OBJECT)
        assert ended.is_set()
        ended.clear()

    # Then there are still sealers
    assert opened(seal(segments.OBJECT)) == content(segments.OBJECT)


def test_no_sealer_holds_the_data_once_it_is_sealed() -> None:
    for _ in range(50):
        data = bytearray(content(segments.OBJECT))
        with memoryview(data) as view:
            sealed = segments.seal_object(KEY, BLOB, 0, TOTAL, view)
        data.clear()  # would fail while a view of it was kept

    assert opened(sealed) == content(segments.OBJECT)


@pytest.mark.parametrize("size", [1, 127, 128, 129, 383, 384])
def test_the_sdk_opens_with_its_own_reading_what_was_sealed_without_it(size: int) -> None:
    message = segments.seal(KEY, BLOB, 0, TOTAL, memoryview(content(size)))

    plaintext, header = client().decrypt(source=message, key_provider=KEY)

    assert plaintext == content(size)
    assert header.encryption_context == segments.context(BLOB, 0, TOTAL)
