"""A file in memory is hashed by several threads in stretches; its address is that of one thread."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import cores
from chalicelib.ipfs import CHUNK, Node, file_node, files, join_leaves, leaf_digests
from chalicelib.ipfs.files import STRETCH

DATA = Random(11).randbytes(5 * STRETCH + CHUNK + 1)
EDGES = [near for edge in (STRETCH, 2 * STRETCH, 5 * STRETCH) for near in (edge - 1, edge, edge + 1)]


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the machine has: two helpers, which end with the test."""
    monkeypatch.setattr(cores, "available", lambda: 3)
    files._helpers.cache_clear()
    yield
    files._helpers().shutdown()
    files._helpers.cache_clear()


class Hashing:
    """Stands in for `leaf_digests`: notes which threads hash, and holds each until so many are at it at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
        self.threads: set[str] = set()
        self._all = threading.Barrier(together)
        self._known: set[int] = set()
        monkeypatch.setattr(files, "leaf_digests", self._digests)

    def _digests(self, data: memoryview) -> list[bytes]:
        me = threading.current_thread()
        self.threads.add(me.name.rpartition("_")[0] or me.name)
        if me.ident not in self._known:
            self._known.add(me.ident or 0)
            self._all.wait(10)
        return leaf_digests(data)


def by_one_thread(data: bytes | bytearray) -> Node:
    return join_leaves(leaf_digests(data), len(data))


@pytest.mark.parametrize("size", [*EDGES, STRETCH + CHUNK, len(DATA)])
def test_stretches_make_the_same_node_around_every_edge(size: int) -> None:
    assert file_node(DATA[:size]) == by_one_thread(DATA[:size])


@settings(deadline=None, max_examples=60)
@given(size=st.integers(0, 2 * STRETCH), chunks=st.integers(1, 5))
def test_stretches_of_any_length_make_the_same_node(size: int, chunks: int) -> None:
    with patch.object(files, "STRETCH", chunks * CHUNK):
        assert file_node(DATA[:size]) == by_one_thread(DATA[:size])


def test_many_callers_share_the_threads() -> None:
    sizes = [STRETCH * count // 3 for count in range(4, 16)]

    with ThreadPoolExecutor(6) as callers:
        nodes = list(callers.map(lambda size: file_node(DATA[:size]), sizes))

    assert nodes == [by_one_thread(DATA[:size]) for size in sizes]


def test_no_thread_holds_the_data_once_its_node_is_known() -> None:
    for _ in range(50):
        data = bytearray(DATA[: STRETCH + 1])
        node = file_node(data)
        data.clear()  # would fail while a view of it was kept

    assert node == by_one_thread(DATA[: STRETCH + 1])


def test_scattered_memory_is_refused_however_large() -> None:
    with pytest.raises(TypeError):
        file_node(memoryview(DATA)[::2])


def test_the_caller_hashes_along_with_a_helper_for_each_further_core(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given stretches that go on only when three threads hash at once
    hashing = Hashing(monkeypatch, together=3)

    assert file_node(DATA) == by_one_thread(DATA)
    assert hashing.threads == {threading.current_thread().name, "leaves"}


@pytest.mark.parametrize(("available", "size"), [(1, len(DATA)), (3, STRETCH)])
def test_one_core_or_one_stretch_takes_no_thread(monkeypatch: pytest.MonkeyPatch, available: int, size: int) -> None:
    monkeypatch.setattr(cores, "available", lambda: available)
    with patch.object(files, "_helpers") as helpers:
        assert file_node(DATA[:size]) == by_one_thread(DATA[:size])

    helpers.assert_not_called()


def test_helpers_that_others_keep_busy_are_not_waited_for() -> None:
    # Given helpers that are held for as long as the test likes
    go = threading.Event()
    held = [files._helpers().submit(go.wait, 10) for _ in range(2)]

    node = file_node(DATA)

    assert not any(one.done() for one in held)
    go.set()
    assert node == by_one_thread(DATA)


@pytest.mark.parametrize("who", ["caller", "helper"])
def test_an_error_is_the_callers_and_nothing_holds_the_data(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    # Given a thread that runs out of memory while all three hash
    Hashing(monkeypatch, together=3)
    digests, caller = files.leaf_digests, threading.current_thread()

    def fail(stretch: memoryview) -> list[bytes]:
        found = digests(stretch)
        if (threading.current_thread() is caller) == (who == "caller"):
            raise MemoryError(who)
        return found

    monkeypatch.setattr(files, "leaf_digests", fail)
    data = bytearray(DATA)

    with pytest.raises(MemoryError, match=who):
        file_node(data)

    data.clear()  # would fail while a view of it was kept
