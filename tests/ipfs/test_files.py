import mmap
import tracemalloc
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import Buffer

from chalicelib.ipfs import CHUNK, MAX_LINKS, FileHasher, Node, file_node, join_leaves, leaf_digests
from tests.ipfs.oracle import Dag, Known

DATA = Random(7).randbytes(3 * CHUNK + 5)
EDGES = [0, 1, 119, 127, 128, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK]

sizes = st.sampled_from(EDGES) | st.integers(0, len(DATA))
# A shared machine may be slow; the amount of work is bounded by the sizes.
unhurried = settings(deadline=None, max_examples=60)


@st.composite
def split_data(draw: st.DrawFn) -> list[bytes]:
    size = draw(sizes)
    cuts = draw(st.lists(st.integers(0, size) | st.sampled_from([edge for edge in EDGES if edge <= size]), max_size=6))
    return [DATA[start:end] for start, end in pairwise(sorted([0, *cuts, size]))]


def hashed(pieces: list[bytes]) -> Node:
    hasher = FileHasher()
    for piece in pieces:
        hasher.update(piece)
    return hasher.node()


@unhurried
@given(sizes)
def test_file_agrees_with_the_plain_encoder(size: int) -> None:
    assert file_node(DATA[:size]) == Node(*Dag().file(DATA[:size]))


@unhurried
@given(split_data())
def test_pieces_of_any_length_make_the_same_node(pieces: list[bytes]) -> None:
    assert hashed(pieces) == file_node(b"".join(pieces))


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_many_small_pieces_make_the_same_node(step: int) -> None:
    data = DATA[: 20_000 if step == 1 else CHUNK + 70_000]

    assert hashed([data[start : start + step] for start in range(0, len(data), step)]) == file_node(data)


@unhurried
@given(sizes, st.integers(0, 3), st.integers(0, 3))
def test_aligned_parts_join_to_the_whole(size: int, first: int, second: int) -> None:
    data = DATA[:size]
    cuts = sorted({0, min(first * CHUNK, size), min(second * CHUNK, size), size})

    # An empty stretch stands for the leaf of an empty file, so only an empty file has one.
    parts = [data[start:end] for start, end in pairwise(cuts)] or [b""]
    digests = [digest for part in parts for digest in leaf_digests(part)]

    assert join_leaves(digests, size) == file_node(data)


def test_parts_hash_in_threads_and_out_of_order() -> None:
    parts = [DATA[start : start + CHUNK] for start in range(0, len(DATA), CHUNK)]

    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(leaf_digests, reversed(parts)))

    assert join_leaves([digest for (digest,) in reversed(backwards)], len(DATA)) == file_node(DATA)


def test_empty_data_has_the_one_leaf_of_an_empty_file() -> None:
    assert leaf_digests(b"") == [sha256(bytes.fromhex("0a0408021800")).digest()]
    assert FileHasher().node() == file_node(b"") == Node(leaf_digests(b"")[0], size=0, dag_size=6)


def test_a_hasher_tells_the_node_at_any_time() -> None:
    hasher = FileHasher()
    seen = []
    for start, end in pairwise(EDGES):
        hasher.update(DATA[start:end])
        seen.append((hasher.node(), hasher.node()))

    assert seen == [(file_node(DATA[:end]), file_node(DATA[:end])) for end in EDGES[1:]]


def test_a_piece_may_change_once_it_was_taken() -> None:
    hasher = FileHasher()
    piece = bytearray(CHUNK + 100)
    for start in range(0, 2 * len(piece), len(piece)):
        piece[:] = DATA[start : start + len(piece)]
        hasher.update(piece)
    piece.clear()  # would fail while a view of it was kept

    assert hasher.node() == file_node(DATA[: 2 * (CHUNK + 100)])


def mapped(data: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(data))
    memory[:] = data
    return memory


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, mapped, lambda data: array("I", data)])
def test_any_contiguous_buffer_is_its_bytes(kind: Callable[[bytes], Buffer]) -> None:
    data = DATA[: CHUNK + 8]
    hasher = FileHasher()
    hasher.update(kind(data))

    assert hasher.node() == file_node(kind(data)) == file_node(data)
    assert leaf_digests(kind(data)) == leaf_digests(data)


def test_scattered_memory_is_refused_and_changes_nothing() -> None:
    scattered = memoryview(DATA)[::2]
    hasher = FileHasher()

    for take in (hasher.update, leaf_digests, file_node):
        with pytest.raises(TypeError):
            take(scattered)

    assert hasher.node() == file_node(b"")


def made_up_digests(count: int) -> list[bytes]:
    return [sha256(number.to_bytes(8)).digest() for number in range(count)]


@pytest.mark.parametrize("last", [1, CHUNK])
@pytest.mark.parametrize(
    "count", [1, 2, MAX_LINKS - 1, MAX_LINKS, MAX_LINKS + 1, 2 * MAX_LINKS + 1, MAX_LINKS**2, MAX_LINKS**2 + 1]
)
def test_trees_of_every_depth_agree_with_the_plain_encoder(count: int, last: int) -> None:
    # Given leaves of a file up to 8 GB, known by digest alone
    digests = made_up_digests(count)
    full, short = (Dag().file(bytes(size)).dag_size for size in (CHUNK, last))
    leaves = [Known(digest, CHUNK, full) for digest in digests[:-1]] + [Known(digests[-1], last, short)]

    node = join_leaves(digests, (count - 1) * CHUNK + last)

    assert node == Node(*Dag().tree(leaves))


@pytest.mark.parametrize(
    ("count", "size"),
    [(0, 0), (0, 1), (1, -1), (1, CHUNK + 1), (2, 0), (2, CHUNK), (2, 2 * CHUNK + 1), (3, 2 * CHUNK), (0, -CHUNK)],
)
def test_leaves_that_do_not_fit_the_size_are_refused(count: int, size: int) -> None:
    with pytest.raises(ValueError, match="leaves do not make"):
        join_leaves(made_up_digests(count), size)


def test_a_digest_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        join_leaves([bytes(32), bytes(31)], 2 * CHUNK)


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Tell the bytes allocated at most since the last call, above what stood then."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    def read() -> int:
        nonlocal before
        current, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        grown, before = most - before, current
        return grown

    yield read
    tracemalloc.stop()


def test_no_block_and_no_copy_is_made_of_contiguous_chunks(peak: Callable[[], int]) -> None:
    leaf_digests(DATA)
    assert peak() < CHUNK // 8

    hasher = FileHasher()
    peak()
    hasher.update(DATA)
    assert peak() < CHUNK // 8


def test_a_hasher_holds_one_chunk_however_the_pieces_lie(peak: Callable[[], int]) -> None:
    hasher = FileHasher()
    with memoryview(DATA) as view:
        for start, end in pairwise([0, 1, CHUNK + 2, 2 * CHUNK, 3 * CHUNK - 1, len(DATA)]):
            hasher.update(view[start:end])

    assert hasher.node() == file_node(DATA)
    assert peak() < CHUNK + CHUNK // 8
