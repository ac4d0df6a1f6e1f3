"""The shape of a blob: how plaintext is cut into segments and objects, and where each stands.

    plaintext   |<---- 4 MiB ---->|<---- 4 MiB ---->|<---- 4 MiB ---->|<- rest ->|
    segments    |  SDK message 0  |  SDK message 1  |  SDK message 2  |  SDK m 3 |
    objects     |<------------ {blob}/0 ----------->|<-------- {blob}/1 -------->|

Every segment is one Encryption SDK message under the blob's DEK. Its context binds blob, segment and count, in numbers
of fixed width, so segments cannot be swapped, cut off or replayed, and every full segment has the same length: where
one stands in its object is arithmetic. Frames of 512 KiB, read one by one, are what the SDK is fast at (decision 6).
"""

import io
from typing import Any

from chalicelib.keys.messages import client, decrypt, suite

FRAME = 512 * 1024
SEGMENT = 4 * 1024 * 1024
PER_OBJECT = 2
OBJECT = PER_OBJECT * SEGMENT

# Bytes that a message adds: its header, each full frame, and the last frame, which is empty after a full one.
_HEADER = 281
_FULL_FRAME = 32
_LAST_FRAME = 40


def count(size: int) -> int:
    """Number of segments of `size` bytes of plaintext."""
    return -(-size // SEGMENT)


def objects(size: int) -> int:
    """Number of objects of `size` bytes of plaintext."""
    return -(-size // OBJECT)


def sealed_length(size: int) -> int:
    """Length of a segment's message, for 1 to `SEGMENT` bytes of plaintext."""
    return _HEADER + size + size // FRAME * _FULL_FRAME + _LAST_FRAME


def object_length(size: int, number: int) -> int:
    """Length of object `number` of a blob with `size` bytes of plaintext."""
    start = number * OBJECT
    plain = min(OBJECT, size - start)
    return sum(sealed_length(min(SEGMENT, plain - at)) for at in range(0, plain, SEGMENT))


def context(blob: str, index: int, total: int) -> dict[str, str]:
    """What a segment is bound to."""
    return {"purpose": "segment", "blob": blob, "segment": f"{index:08d}", "segments": f"{total:08d}"}


def seal(master_key: Any, blob: str, index: int, total: int, plaintext: memoryview) -> bytes:
    """Encrypt one segment."""
    with client().stream(
        mode="e",
        source=io.BytesIO(plaintext),
        key_provider=master_key,
        encryption_context=context(blob, index, total),
        algorithm=suite(),
        frame_length=FRAME,
        source_length=len(plaintext),
    ) as stream:
        return _drain(stream)


def unseal(master_key: Any, blob: str, index: int, total: int, message: bytes) -> bytes:
    """Decrypt one segment.

    Raises:
        BadMessageError: It was altered, or is not this segment of this blob.
    """
    return decrypt(master_key, message, context(blob, index, total), _drain)


def _drain(stream: Any) -> bytes:
    pieces = []
    while piece := stream.read(FRAME):
        pieces.append(piece)
    return b"".join(pieces)
