"""A range is the slice of the content, and fetches the segments it touches, no more."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.blobs import BlobRow, Blobs, segments
from chalicelib.blobs.segments import OBJECT, SEGMENT
from tests.blobs.shape import Asked, content, touched, write
from tests.support.system import System

SMALL = 3 * 768 + 384 + 41
"""In the small shape: three objects, a segment more, and a rest."""


@pytest.fixture
def asked(system: System) -> Asked:
    return Asked(system.aws)


@pytest.fixture
def small_blob(small_shape: None, blobs: Blobs) -> BlobRow:  # noqa: ARG001 - the shape must be set before
    return write(blobs, content(SMALL))[0]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, SMALL + 5), length=st.integers(0, SMALL + 5))
def test_any_range_is_the_slice_and_touches_only_its_segments(
    blobs: Blobs, small_blob: BlobRow, asked: Asked, start: int, length: int
) -> None:
    before = asked.bytes

    assert blobs.read(small_blob, start, start + length) == content(SMALL)[start : start + length]
    assert asked.bytes - before == touched(SMALL, start, start + length)


def test_ranges_across_the_edges_of_every_segment(blobs: Blobs, small_blob: BlobRow) -> None:
    whole = content(SMALL)
    edges = [at for edge in range(0, SMALL + 1, segments.SEGMENT) for at in (edge - 1, edge, edge + 1) if at >= 0]

    for start in edges:
        for stop in edges:
            assert blobs.read(small_blob, start, stop) == whole[start:stop]


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0, 1),
        (SEGMENT - 1, SEGMENT + 1),
        (OBJECT - 1, OBJECT + 1),
        (SEGMENT, 2 * SEGMENT),
        (OBJECT + SEGMENT, 2 * OBJECT),
        (OBJECT, None),
        (2 * OBJECT, 2 * OBJECT + 1),
    ],
)
def test_ranges_at_full_size(blobs: Blobs, asked: Asked, start: int, stop: int | None) -> None:
    size = 2 * OBJECT + 1
    (blob,) = write(blobs, content(size))

    assert blobs.read(blob, start, stop) == content(size)[start:stop]
    assert asked.bytes == touched(size, start, size if stop is None else stop)


def test_one_byte_of_a_large_blob_asks_for_one_segment(blobs: Blobs, asked: Asked) -> None:
    (blob,) = write(blobs, content(OBJECT + 1))

    assert blobs.read(blob, SEGMENT + 5, SEGMENT + 6) == content(OBJECT + 1)[SEGMENT + 5 : SEGMENT + 6]
    assert (asked.calls, asked.bytes) == (1, segments.sealed_length(SEGMENT))


def test_an_empty_blob_and_an_empty_range_ask_for_nothing(blobs: Blobs, asked: Asked) -> None:
    empty, some = write(blobs, b"", b"some")

    assert (blobs.read(empty), blobs.read(some, 4, 4), blobs.read(some, 9, 12)) == (b"", b"", b"")
    assert asked.calls == 0
