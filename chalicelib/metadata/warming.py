"""Filling and emptying the cache on request: sync, prefetch, invalidate (spec metadata-service, The cache)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chalicelib.metadata import cache as caching
from chalicelib.metadata import ids, tables
from chalicelib.metadata.cache import Cache, CacheUnavailableError
from chalicelib.metadata.errors import CacheUnavailableRefusal, LimitExceededError, NoFilesError
from chalicelib.metadata.lookup import encode
from chalicelib.metadata.tables import Record

SyncType = Literal["allOne", "allTwo", "mostOne", "mostTwo"]
PAGE = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sync may cache: bytes of serialised metadata, and how many records count as most often read."""

    sync_bytes: int
    most_read: int


class Warming:
    """The experimental calls. Each raises CacheUnavailableRefusal if a configured cache is out of reach."""

    def __init__(self, cache: Cache, limits: Limits) -> None:
        self._cache = cache
        self._limits = limits

    def sync(self, user: str, kind: SyncType) -> tuple[int, int]:
        """Cache a user's records for a day.

        Args:
            user: Whose.
            kind: `all` of them, or the `most` often read; `One` all or nothing, `Two` as many as fit.

        Returns:
            How many were cached, and how many were not.

        Raises:
            LimitExceededError: With `One`, they are too much; nothing was cached.
            NoFilesError: The user has none.
        """
        try:
            return self._sync(user, kind)
        except CacheUnavailableError:
            raise CacheUnavailableRefusal from None

    def _sync(self, user: str, kind: SyncType) -> tuple[int, int]:
        owner = ids.owner_key(user)
        _require_files(owner)
        if kind.endswith("One"):
            # All or nothing: what they come to is known before the first is cached.
            total = sum(len(encode(record)) for _, page in self._pages(owner, kind) for record in page)
            if total > self._limits.sync_bytes:
                text = f"{total} bytes of metadata are more than the {self._limits.sync_bytes} one sync may cache"
                raise LimitExceededError(text)
        room, synced, seen = self._limits.sync_bytes, 0, 0
        for epoch, page in self._pages(owner, kind):
            seen += len(page)
            fitting: dict[str, bytes] = {}
            for record in page:
                value = encode(record)
                if len(value) <= room:
                    room -= len(value)
                    fitting[record.order] = value
            synced += self._cache.fill(owner, fitting, caching.SYNC_SECONDS, epoch)
        return synced, seen - synced

    def prefetch(self, user: str, limit: int) -> int:
        """Cache the records that a user's readers ask for most often, up to `limit`; returns how many.

        Raises:
            NoFilesError: The user has none.
        """
        owner = ids.owner_key(user)
        _require_files(owner)
        try:
            epoch = self._cache.epoch()
            values = {record.order: encode(record) for record in self._most_read(owner, limit)}
            return self._cache.fill(owner, values, caching.RECORD_SECONDS, epoch)
        except CacheUnavailableError:
            raise CacheUnavailableRefusal from None

    def invalidate(self, *, file_id: str | None = None, user: str | None = None) -> int:
        """Forget one file's record, one user's records, or all; returns how many were cached."""
        key = ids.split(file_id) if file_id is not None else None
        try:
            if file_id is not None:
                return self._cache.drop(*key) if key else 0
            return self._cache.drop(ids.owner_key(user) if user is not None else None)
        except CacheUnavailableError:
            raise CacheUnavailableRefusal from None

    def _pages(self, owner: str, kind: SyncType) -> Iterator[tuple[str, list[Record]]]:
        """Records that are read together, each time with the epoch before."""
        if kind.startswith("most"):
            yield self._cache.epoch(), self._most_read(owner, self._limits.most_read)
            return
        after: str | None = None
        while True:
            epoch = self._cache.epoch()
            records, after = tables.of_user(owner, PAGE, after)
            yield epoch, records
            if after is None:
                return

    def _most_read(self, owner: str, limit: int) -> list[Record]:
        # Counts outlive their records: more are asked for until enough of them exist.
        asked = limit
        while True:
            orders = self._cache.most_read(owner, asked)
            records = tables.get_all(owner, orders)
            if len(records) >= limit or len(orders) < asked:
                return records[:limit]
            asked *= 2


def _require_files(owner: str) -> None:
    records, _ = tables.of_user(owner, 1, None)
    if not records:
        raise NoFilesError
