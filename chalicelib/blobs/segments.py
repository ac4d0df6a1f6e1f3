"""The shape of a blob: how plaintext is cut into segments and objects, and where each stands.

    plaintext   |<---- 4 MiB ---->|<---- 4 MiB ---->|<---- 4 MiB ---->|<- rest ->|
    segments    |  SDK message 0  |  SDK message 1  |  SDK message 2  |  SDK m 3 |
    objects     |<------------ {blob}/0 ----------->|<-------- {blob}/1 -------->|

Every segment is one Encryption SDK message under the blob's DEK. Its context binds blob, segment and count, in numbers
of fixed width, so segments cannot be swapped, cut off or replayed, and every full segment has the same length: where
one stands in its object is arithmetic.

The SDK copies every byte several times, so speed is a matter of copies (decision 6): frames of 512 KiB, read one by
one, stay in the processor's cache; a source gives views; and what comes out is joined once, for a whole object.
"""

from collections.abc import Iterator
from functools import cache
from threading import BoundedSemaphore
from typing import Any

from chalicelib.keys.messages import client, decrypt, suite

FRAME = 512 * 1024
SEGMENT = 4 * 1024 * 1024
PER_OBJECT = 2
OBJECT = PER_OBJECT * SEGMENT

SEALERS = 2
"""Objects that a process seals at once.

The SDK holds the interpreter's lock while it copies, which is most of the time: a third thread would only take memory,
and the processor's cache from the others.
"""

# Bytes that a message adds: its header, each full frame, and the last frame, which is empty after a full one.
_HEADER = 281
_FULL_FRAME = 32
_LAST_FRAME = 40

_sealing = BoundedSemaphore(SEALERS)


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
    return b"".join(_sealed(master_key, blob, index, total, plaintext))


def seal_object(master_key: Any, blob: str, number: int, total: int, plaintext: memoryview) -> bytes:
    """Encrypt the segments of object `number` of a blob that has `total` segments, one after another."""
    keep_heap()
    pieces: list[bytes] = []
    with _sealing:
        for nth, at in enumerate(range(0, len(plaintext), SEGMENT), number * PER_OBJECT):
            pieces.extend(_sealed(master_key, blob, nth, total, plaintext[at : at + SEGMENT]))
        return b"".join(pieces)


def unseal(master_key: Any, blob: str, index: int, total: int, message: bytes) -> bytes:
    """Decrypt one segment.

    Raises:
        BadMessageError: It was altered, or is not this segment of this blob.
    """
    keep_heap()
    return decrypt(master_key, message, context(blob, index, total), _drain)


@cache
def keep_heap() -> None:
    """Let the heap keep memory that was freed. Once for a process; where malloc is not glibc's, it changes nothing.

    By default glibc maps every buffer over 128 KiB afresh and unmaps it when it is freed, so that each frame costs more
    in page faults than in encryption. Freeing one large block tells it to serve blocks up to that size from the heap,
    and to keep twice as much there. 32 MiB is the largest that counts. Its pages are never touched.
    """
    bytes(31 * 1024 * 1024)


class _Source:
    """What the SDK reads plaintext from: it copies what it is given, so views do."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def read(self, length: int) -> memoryview:
        """The next bytes, fewer at the end."""
        piece = self._data[self._at : self._at + length]
        self._at += len(piece)
        return piece


def _sealed(master_key: Any, blob: str, index: int, total: int, plaintext: memoryview) -> Iterator[bytes]:
    """A segment's message in pieces."""
    source = _Source(plaintext)
    with client().stream(
        mode="e",
        source=source,
        key_provider=master_key,
        encryption_context=context(blob, index, total),
        algorithm=suite(),
        frame_length=FRAME,
        source_length=len(plaintext),
    ) as stream:
        # The SDK wraps its source in one that copies, for sources that give less than they are asked for.
        stream.source_stream = source
        # Nothing may be left in the SDK's buffer before it encrypts a frame, or it copies the frame to what is left:
        # so the header is read apart, and so is what a frame is longer than its plaintext.
        yield stream.read(_HEADER)
        while piece := stream.read(FRAME):
            yield piece
            yield stream.read(_FULL_FRAME)


def _drain(stream: Any) -> bytes:
    pieces = []
    while piece := stream.read(FRAME):
        pieces.append(piece)
    return b"".join(pieces)
