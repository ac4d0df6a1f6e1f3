"""Where segments and objects stand is arithmetic, and the arithmetic is what is stored."""

import pytest

from chalicelib.blobs import Blobs, segments
from chalicelib.blobs.segments import FRAME, OBJECT, SEGMENT
from chalicelib.keys.masterkeys import dek_key
from tests.blobs.shape import content, write
from tests.support.system import System

BLOB = "0" * 32


def around(*edges: int) -> list[int]:
    return sorted({size for edge in edges for size in (edge - 1, edge, edge + 1)})


@pytest.mark.parametrize("size", [1, 2, *around(FRAME, 2 * FRAME, SEGMENT - FRAME), SEGMENT - 1, SEGMENT])
def test_a_sealed_segment_has_the_length_that_arithmetic_gives(size: int) -> None:
    message = segments.seal(dek_key(bytes(32)), BLOB, 0, 1, memoryview(bytes(size)))

    assert len(message) == segments.sealed_length(size)


@pytest.mark.parametrize(("index", "total"), [(0, 1), (7, 1_280), (99_999_998, 99_999_999)])
def test_the_length_does_not_depend_on_the_segments_number(index: int, total: int) -> None:
    message = segments.seal(dek_key(bytes(32)), BLOB, index, total, memoryview(b"x"))

    assert len(message) == segments.sealed_length(1)


@pytest.mark.parametrize("size", [1, FRAME, SEGMENT, SEGMENT + 1, OBJECT - FRAME, OBJECT])
def test_an_object_is_its_segments_one_after_another(size: int) -> None:
    key, plain, full = dek_key(bytes(32)), content(size), segments.sealed_length(SEGMENT)

    sealed = segments.seal_object(key, BLOB, 3, 100, memoryview(plain))

    messages = [sealed[at : at + full] for at in range(0, len(sealed), full)]
    assert b"".join(segments.unseal(key, BLOB, 6 + i, 100, one) for i, one in enumerate(messages)) == plain


@pytest.mark.parametrize(
    ("size", "count", "objects"),
    [
        (0, 0, 0),
        (1, 1, 1),
        (SEGMENT, 1, 1),
        (SEGMENT + 1, 2, 1),
        (OBJECT - 1, 2, 1),
        (OBJECT, 2, 1),
        (OBJECT + 1, 3, 2),
        (3 * OBJECT + 1, 7, 4),
        (5 * 2**30, 1280, 640),
    ],
)
def test_a_content_is_cut_into_full_segments_and_objects_and_a_rest(size: int, count: int, objects: int) -> None:
    assert (segments.count(size), segments.objects(size)) == (count, objects)


def test_stored_objects_have_the_lengths_that_arithmetic_gives(system: System, blobs: Blobs) -> None:
    # Given contents around every edge
    sizes = [0, 1, *around(FRAME, SEGMENT, OBJECT), 3 * OBJECT + SEGMENT + FRAME + 1]

    # When they are stored
    rows = write(blobs, *map(content, sizes))

    # Then S3 holds exactly the objects that fsck and ranges reckon with
    expected = {
        (f"{row.blob}/{number}", segments.object_length(int(row.size), number))
        for row in rows
        for number in range(segments.objects(int(row.size)))
    }
    assert [int(row.size) for row in rows] == sizes
    assert set(system.contents()["objects"]) == expected
    assert all(blobs.read(row) == content(size) for row, size in zip(rows, sizes, strict=True))


@pytest.mark.usefixtures("small_shape")
def test_the_same_holds_for_every_size_up_to_three_objects_and_a_rest(system: System, blobs: Blobs) -> None:
    sizes = range(1, 3 * segments.OBJECT + segments.SEGMENT + 2, 19)

    rows = write(blobs, *map(content, sizes))

    expected = {
        (f"{row.blob}/{number}", segments.object_length(int(row.size), number))
        for row in rows
        for number in range(segments.objects(int(row.size)))
    }
    assert set(system.contents()["objects"]) == expected
