"""A file in memory is hashed by several threads in stretches; its address is that of one thread."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.ipfs import CHUNK, Node, file_node, files, join_leaves, leaf_digests
from chalicelib.ipfs.files import STRETCH

DATA = Random(11).randbytes(5 * STRETCH + CHUNK + 1)
EDGES = [near for edge in (STRETCH, 2 * STRETCH, 5 * STRETCH) for near in (edge - 1, edge, edge + 1)]


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
