"""Whatever happens to what S3 holds: the right bytes, or BlobDamagedError; never wrong bytes."""

from collections.abc import Callable

import pytest

from chalicelib.blobs import BlobRow, Blobs, objects, segments
from chalicelib.blobs.service import BlobDamagedError
from tests.blobs.shape import content, write
from tests.support.system import System

SIZE = 2 * 768 + 384 + 10
"""In the small shape: segments 0 and 1, 2 and 3, 4 and a rest."""

pytestmark = pytest.mark.usefixtures("small_shape")


class Bucket:
    def __init__(self, system: System) -> None:
        self._s3 = system.aws.s3
        self._name = system.aws.settings.blob_bucket

    def get(self, key: str) -> bytes:
        return bytes(self._s3.get_object(Bucket=self._name, Key=key)["Body"].read())

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._name, Key=key, Body=body)

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._name, Key=key)


@pytest.fixture
def bucket(system: System) -> Bucket:
    return Bucket(system)


def swap_segments(bucket: Bucket, blob: str) -> None:
    sealed, full = bucket.get(f"{blob}/0"), segments.sealed_length(segments.SEGMENT)
    bucket.put(f"{blob}/0", sealed[full:] + sealed[:full])


def swap_objects(bucket: Bucket, blob: str) -> None:
    first, second = bucket.get(f"{blob}/0"), bucket.get(f"{blob}/1")
    bucket.put(f"{blob}/0", second)
    bucket.put(f"{blob}/1", first)


def repeat_a_segment(bucket: Bucket, blob: str) -> None:
    full = segments.sealed_length(segments.SEGMENT)
    bucket.put(f"{blob}/0", bucket.get(f"{blob}/0")[:full] * 2)


def cut_a_byte(bucket: Bucket, blob: str) -> None:
    bucket.put(f"{blob}/2", bucket.get(f"{blob}/2")[:-1])


def cut_the_last_segment(bucket: Bucket, blob: str) -> None:
    bucket.put(f"{blob}/2", bucket.get(f"{blob}/2")[: segments.sealed_length(segments.SEGMENT)])


def empty_an_object(bucket: Bucket, blob: str) -> None:
    bucket.put(f"{blob}/1", b"")


def lose_an_object(bucket: Bucket, blob: str) -> None:
    bucket.delete(f"{blob}/1")


@pytest.mark.parametrize(
    "damage",
    [
        swap_segments,
        swap_objects,
        repeat_a_segment,
        cut_a_byte,
        cut_the_last_segment,
        empty_an_object,
        lose_an_object,
    ],
)
def test_damaged_objects_are_never_read(blobs: Blobs, bucket: Bucket, damage: Callable[[Bucket, str], None]) -> None:
    (blob,) = write(blobs, content(SIZE))
    assert blobs.read(blob) == content(SIZE)

    damage(bucket, blob.blob)

    with pytest.raises(BlobDamagedError):
        blobs.read(blob)


def test_what_is_not_damaged_can_still_be_read(blobs: Blobs, bucket: Bucket) -> None:
    (blob,) = write(blobs, content(SIZE))

    lose_an_object(bucket, blob.blob)

    assert blobs.read(blob, 0, segments.OBJECT) == content(SIZE)[: segments.OBJECT]
    assert blobs.read(blob, 2 * segments.OBJECT) == content(SIZE)[2 * segments.OBJECT :]


@pytest.mark.parametrize("size", [SIZE - 1, SIZE - 10, SIZE - 384, SIZE + 1, SIZE + 384, 384])
def test_a_row_that_lies_about_the_size_yields_nothing(blobs: Blobs, size: int) -> None:
    (blob,) = write(blobs, content(SIZE))

    blob.size = size

    with pytest.raises(BlobDamagedError):
        blobs.read(blob)


def test_segments_replayed_into_a_blob_under_the_same_key_are_refused(blobs: Blobs, bucket: Bucket) -> None:
    (blob,) = write(blobs, content(SIZE))
    other = BlobRow(cid=blob.cid, blob="f" * 32, size=SIZE, dek_enc=blob.dek_enc)
    for number in range(segments.objects(SIZE)):
        bucket.put(objects.key(other.blob, number), bucket.get(objects.key(blob.blob, number)))

    with pytest.raises(BlobDamagedError):
        blobs.read(other)


def test_objects_of_another_content_are_refused(blobs: Blobs, bucket: Bucket) -> None:
    mine, other = write(blobs, b"mine", b"else")

    bucket.put(f"{mine.blob}/0", bucket.get(f"{other.blob}/0"))

    with pytest.raises(BlobDamagedError):
        blobs.read(mine)


def test_a_flipped_bit_anywhere_is_noticed(blobs: Blobs, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    (blob,) = write(blobs, content(40))
    sealed = bucket.get(f"{blob.blob}/0")

    for at in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[at] ^= 1 << at % 8
        monkeypatch.setattr(objects, "get", lambda *_, altered=bytes(flipped): altered)
        with pytest.raises(BlobDamagedError):
            blobs.read(blob)
