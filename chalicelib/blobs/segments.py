"""The shape of a blob: how plaintext is cut into segments and objects, and where each stands.

    plaintext   |<---- 4 MiB ---->|<---- 4 MiB ---->|<---- 4 MiB ---->|<- rest ->|
    segments    |  SDK message 0  |  SDK message 1  |  SDK message 2  |  SDK m 3 |
    objects     |<------------ {blob}/0 ----------->|<-------- {blob}/1 -------->|

Every segment is one Encryption SDK message under the blob's DEK. Its context binds blob, segment and count, in numbers
of fixed width, so segments cannot be swapped, cut off or replayed, and every full segment has the same length: where
one stands in its object is arithmetic.

The SDK copies every byte several times, so speed is a matter of copies (decision 6): frames of 512 KiB, made one
by one, stay in the processor's cache; a source gives views; and what comes out is joined once, for a whole object.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache, partial
from itertools import chain
from typing import Any

from chalicelib import cores
from chalicelib.keys.messages import client, decrypt, suite

FRAME = 512 * 1024
SEGMENT = 4 * 1024 * 1024
PER_OBJECT = 2
OBJECT = PER_OBJECT * SEGMENT

SEALERS = 2
"""Threads of a process that seal what is more than one segment, where it has the cores.

The interpreter's lock is held while a frame is encrypted and copied, and not while an object is joined: a third thread
would only take memory, and the processor's cache from the others.
"""

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
    return b"".join(_sealed(master_key, blob, index, total, plaintext))


def seal_object(master_key: Any, blob: str, number: int, total: int, plaintext: memoryview) -> bytes:
    """Encrypt the segments of object `number` of a blob that has `total` segments; several at once, by the sealers."""
    keep_heap()
    first = number * PER_OBJECT
    if len(plaintext) <= SEGMENT:
        return seal(master_key, blob, first, total, plaintext)
    cuts = (plaintext[at : at + SEGMENT] for at in range(0, len(plaintext), SEGMENT))
    *others, last = (partial(_pieces, master_key, blob, nth, total, cut) for nth, cut in enumerate(cuts, first))
    before = [_sealers().submit(one) for one in others]
    return _sealers().submit(_finish, last, before).result()


@cache
def _sealers() -> ThreadPoolExecutor:
    """They take work in the order it came, wait only for what came before, and hand none on: none waits for ever."""
    return ThreadPoolExecutor(min(SEALERS, cores.available()), thread_name_prefix="sealers")


def _finish(last: Callable[[], list[bytes]], before: list[Future[list[bytes]]]) -> bytes:
    """Seal the last segment of an object, and join it with those before.

    A sealer joins, not whoever asked: so no more objects than there are sealers are held twice.
    """
    try:
        pieces = last()
    finally:
        # They end before an error is raised: none may read what its caller takes back.
        wait(before)
    return b"".join([*chain.from_iterable(one.result() for one in before), *pieces])


def _pieces(master_key: Any, blob: str, index: int, total: int, plaintext: memoryview) -> list[bytes]:
    """A segment's message, not joined yet: that is done once, for the object."""
    # Released before the caller learns of it: a sealer's last hold would keep what it lies in from being closed.
    with plaintext:
        return list(_sealed(master_key, blob, index, total, plaintext))


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
        yield stream.read(_HEADER)
        yield from _frames(stream)


def _drain(stream: Any) -> bytes:
    # Whoever asks for the header makes the SDK read it.
    _ = stream.header
    return b"".join(_frames(stream))


def _frames(stream: Any) -> Iterator[bytes]:
    """What the SDK makes of each frame, taken out of its buffer: its `read` would copy every byte twice more.

    Its buffer must be empty before, or it copies the frame to what is left there.
    """
    while True:
        stream._read_bytes(FRAME)  # noqa: SLF001 - what `read` itself calls; the SDK's version is pinned
        frame, stream.output_buffer = stream.output_buffer, b""
        if not frame:
            return
        yield frame
