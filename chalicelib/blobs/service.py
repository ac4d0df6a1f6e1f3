"""Blobs: bytes first, to fresh immutable keys; then a step of the transaction that makes them count."""

import base64
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import aws
from chalicelib.blobs import objects, segments, tables
from chalicelib.blobs.plaintext import Plaintext
from chalicelib.blobs.tables import BlobRow
from chalicelib.keys import InvalidEncDekError, Keys
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import BadMessageError
from chalicelib.web import observe

T = TypeVar("T")
J = TypeVar("J")

WORKERS = 4
"""Objects written or read at once by one process: S3's latency hides behind the next one's encryption."""


class BlobDamagedError(Exception):
    """What S3 holds is not what was stored: lost, cut or altered."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Content that was just written, and that no row knows yet; for `spread` see `BlobRow`."""

    cid: str
    blob: str
    size: int
    dek: bytes
    dek_enc: str
    spread: bool = False


class Blobs:
    """The blobs of one process."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(WORKERS, thread_name_prefix="blobs")

    def write(self, contents: Mapping[str, Plaintext]) -> dict[str, Fresh]:
        """Encrypt contents, each under a new DEK, and store them. One S3 call per 8 MiB, none for an empty one.

        Args:
            contents: The whole of each, by its CID.
        """
        made = {cid: self.fresh(cid, len(data)) for cid, data in contents.items()}
        jobs = [(fresh, n) for fresh in made.values() for n in range(segments.objects(fresh.size))]
        try:
            self._all(lambda job: self.store(*job, contents[job[0].cid].cut(*_bounds(job[1]))), jobs)
        except BaseException:
            for fresh in made.values():
                self.discard(fresh)
            raise
        return made

    def fresh(self, cid: str, size: int) -> Fresh:
        """Where a new content is to stand, and its new key; stores nothing."""
        dek = secrets.token_bytes(32)
        return Fresh(cid, secrets.token_hex(16), size, dek, self._keys.wrap(base64.b64encode(dek)))

    @staticmethod
    def store(fresh: Fresh, number: int, data: memoryview) -> None:
        """Encrypt and store object `number` of a content: up to 8 MiB. Doing it again replaces it. One S3 call."""
        total = segments.count(fresh.size)
        objects.put(fresh.blob, number, segments.seal_object(dek_key(fresh.dek), fresh.blob, number, total, data))

    def discard(self, fresh: Fresh) -> None:
        """Delete what `write` stored, once it is known that no row will name it. What cannot be deleted, fsck finds."""
        try:
            objects.delete(fresh.blob, range(segments.objects(fresh.size)))
        except (BotoCoreError, ClientError, objects.ObjectsLeftError) as error:
            observe.note("blob left behind", blob=fresh.blob, why=type(error).__name__)

    def hold(self, tx: aws.Transaction, content: "Fresh | BlobRow", pages: int | None = None) -> None:
        """Step: one reference to content, new or known; a new folder has `pages` rows of manifest."""
        if isinstance(content, BlobRow):
            tables.hold(tx, content)
            return
        row = BlobRow(
            cid=content.cid,
            blob=content.blob,
            size=content.size,
            dek_enc=content.dek_enc,
            pages=pages,
            spread=content.spread or None,
            created=int(time.time()),
        )
        tables.add(tx, row)

    def confirm(self, tx: aws.Transaction, row: BlobRow) -> None:
        """Step: content that is held already still stands as it was read, its wrapped key too."""
        tables.confirm(tx, row)

    def release(self, tx: aws.Transaction, row: BlobRow) -> None:
        """Step: one reference less."""
        tables.release(tx, row, time.time())

    def dek(self, dek_enc: str) -> bytes:
        """A blob's DEK in the clear: 32 bytes.

        Raises:
            BlobDamagedError: The stored key does not unwrap: our fault, not the caller's.
            KeyDisabledError: The KMS key is disabled.
        """
        try:
            return base64.b64decode(self._keys.unwrap(dek_enc))
        except InvalidEncDekError as error:
            raise BlobDamagedError from error

    def read(self, row: BlobRow, start: int = 0, stop: int | None = None) -> bytes:
        """Plaintext bytes `start` to `stop` (the end if None), fetching only the segments they touch.

        Of a spread blob they must lie in one file.

        Raises:
            BlobDamagedError: S3 does not hold what was stored.
        """
        size = int(row.size)
        stop = size if stop is None else min(stop, size)
        if start >= stop:
            return b""
        master_key = dek_key(self.dek(row.dek_enc))
        first, last = start // segments.SEGMENT, (stop - 1) // segments.SEGMENT
        per_object = segments.PER_OBJECT

        def fetch(number: int) -> bytes:
            wanted = range(max(first, number * per_object), min(last, (number + 1) * per_object - 1) + 1)
            return self._segments(row, master_key, number, wanted)

        pieces = self._all(fetch, range(first // per_object, last // per_object + 1))
        offset = first * segments.SEGMENT
        whole = b"".join(pieces)
        if offset + len(whole) < stop:
            raise BlobDamagedError
        return whole if (start, stop) == (offset, offset + len(whole)) else whole[start - offset : stop - offset]

    def _segments(self, row: BlobRow, master_key: object, number: int, wanted: range) -> bytes:
        size, total = int(row.size), segments.count(int(row.size))
        full = segments.sealed_length(segments.SEGMENT)
        begin = (wanted.start - number * segments.PER_OBJECT) * full
        lengths = [segments.sealed_length(min(segments.SEGMENT, size - i * segments.SEGMENT)) for i in wanted]
        sealed = objects.get(row.blob, number, begin, begin + sum(lengths))
        # Where a file ends in a spread blob, S3 gives less: what is missing then is missed by `read`.
        if sealed is None or (len(sealed) != sum(lengths) and not row.spread):
            raise BlobDamagedError
        plain = []
        for i, index in enumerate(wanted):
            message = sealed[i * full : i * full + lengths[i]]
            if not message:
                break
            try:
                plain.append(segments.unseal(master_key, row.blob, index, total, message))
            except BadMessageError:
                raise BlobDamagedError from None
        return b"".join(plain)

    def _all(self, work: Callable[[J], T], jobs: Iterable[J]) -> list[T]:
        todo = list(jobs)
        if len(todo) <= 1:
            return [work(job) for job in todo]
        # Every job ends before the first error is raised, so that nothing is still being written when it is undone.
        done = [self._pool.submit(work, job) for job in todo]
        wait(done)
        return [one.result() for one in done]


def _bounds(number: int) -> tuple[int, int]:
    """Which bytes of the plaintext are those of object `number`."""
    return number * segments.OBJECT, (number + 1) * segments.OBJECT
