"""The cache of records: what every kind of it promises (spec metadata-service, The cache).

No read may ever give a record that was changed or deleted before. So:

    load      look ── miss, and an epoch ── read the table ── fill, over no tombstone, if the epoch holds
    change    bury ────────────────────── write the table ── bury again

A tombstone stands longer than an epoch holds, so a load that read the old row meets it, or its epoch has passed and it
fills nothing. If the cache loses anything in between, its epoch is another one, and loads from before fill nothing
either; a load from after may have filled the old row while the table was being written, which is what the second burial
is for. For the same reason one load is shared only by reads that were given the same epoch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

RECORD_SECONDS = 3_600
"""How long a record that was read stays (public page: one hour)."""
SYNC_SECONDS = 86_400
"""How long a record that was synced stays; ours."""
TOMBSTONE_SECONDS = 60
"""How long a tombstone stands: API Gateway ends every call after 29 s."""
LOAD_SECONDS = 29.0
"""A load that takes longer fills nothing: the tombstone it should have met may have gone. The cache's clock decides."""
EPOCH_SECONDS = LOAD_SECONDS / 2
"""So often the epoch changes by itself. The one before holds still, so a load has at least this long."""


class CacheUnavailableError(Exception):
    """A cache is configured and out of reach."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the cache says of a record.

    Attributes:
        value: The record, if it is cached.
        epoch: Under which epoch a load may fill it; any text.
        buried: A tombstone stands, so a load that began earlier, in whatever process, must not be waited for.
    """

    value: bytes | None
    epoch: str
    buried: bool


class Cache(Protocol):
    """A cache of records by id (owner and order). Every method raises CacheUnavailableError if it is out of reach."""

    def look(self, owner: str, order: str) -> Look:
        """The record, if it is cached, and the epoch. Counts as one read of it."""

    def epoch(self) -> str:
        """The present epoch: another one after anything was lost or dropped, and every `EPOCH_SECONDS`."""

    def fill(self, owner: str, values: Mapping[str, bytes], seconds: int, epoch: str) -> int:
        """Cache records of one owner, by order, but over no tombstone, and nothing if the epoch has passed.

        Records are kept for so many seconds, or for longer if they are already.

        Returns:
            How many were filled.
        """

    def bury(self, owner: str, orders: Iterable[str]) -> None:
        """Put tombstones over records, cached or not."""

    def most_read(self, owner: str, limit: int) -> Sequence[str]:
        """Orders of one owner's records, most often read first; approximate, and gone with the cache."""

    def drop(self, owner: str | None = None, order: str | None = None) -> int:
        """Forget one record, one owner's, or all; returns how many were cached. Tombstones and counts stay."""


class NoCache:
    """Nothing is kept: what several processes share without a server."""

    def look(self, owner: str, order: str) -> Look:
        """Nothing is there, and nothing tells of changes elsewhere."""
        del owner, order
        return Look(None, "", buried=True)

    def epoch(self) -> str:
        """There is only one."""
        return ""

    def fill(self, owner: str, values: Mapping[str, bytes], seconds: int, epoch: str) -> int:
        """Nothing is kept."""
        del owner, values, seconds, epoch
        return 0

    def bury(self, owner: str, orders: Iterable[str]) -> None:
        """Nothing stands there."""

    def most_read(self, owner: str, limit: int) -> Sequence[str]:
        """Nobody counts."""
        del owner, limit
        return ()

    def drop(self, owner: str | None = None, order: str | None = None) -> int:
        """Nothing was there."""
        del owner, order
        return 0
