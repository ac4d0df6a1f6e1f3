"""Content for tests of blobs, and what they cost."""

import hashlib
import random
from collections.abc import Mapping

from chalicelib.aws import Aws
from chalicelib.blobs import BlobRow, Blobs, Fresh, Plaintext, segments


def content(size: int) -> bytes:
    """Bytes without any pattern, the same each time."""
    return random.Random(size).randbytes(size)


def row(fresh: Fresh) -> BlobRow:
    """The row that a content's first pin makes."""
    return BlobRow(cid=fresh.cid, blob=fresh.blob, size=fresh.size, dek_enc=fresh.dek_enc, created=0)


def write(blobs: Blobs, *contents: bytes) -> list[BlobRow]:
    """Store contents and return their rows, which no table holds."""
    by_name = {hashlib.sha256(one).hexdigest(): Plaintext([memoryview(one)]) for one in contents}
    return [row(fresh) for fresh in blobs.write(by_name).values()]


class Asked:
    """Bytes asked of S3 since it was made, by the ranges of the requests."""

    def __init__(self, aws: Aws) -> None:
        self.bytes = 0
        self.calls = 0
        aws.s3.meta.events.register_first("before-send.s3.GetObject", self._count)

    def _count(self, request: object, **_: object) -> None:
        headers: Mapping[str, bytes | str] = request.headers  # type: ignore[attr-defined]
        value = headers["Range"]
        first, last = (value.decode() if isinstance(value, bytes) else value).removeprefix("bytes=").split("-")
        self.bytes += int(last) - int(first) + 1
        self.calls += 1


def touched(size: int, start: int, stop: int) -> int:
    """Stored bytes of the segments that plaintext bytes `start` to `stop` touch."""
    if start >= min(stop, size):
        return 0
    first, last = start // segments.SEGMENT, (min(stop, size) - 1) // segments.SEGMENT
    lengths = [min(segments.SEGMENT, size - at * segments.SEGMENT) for at in range(first, last + 1)]
    return sum(map(segments.sealed_length, lengths))
