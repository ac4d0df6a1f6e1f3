"""When the local store is saved: soon after a change, never so often that it is felt."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping

TABLES = "dynamodb"
KEYS = "kms"
REST = "rest"
PARTS = frozenset({TABLES, KEYS, REST})
_NOTHING: frozenset[str] = frozenset()

INTERVAL_SECONDS = 2.0
# Saves take at most about a tenth of the time, however large the tables grow.
SPACING = 10

_logger = logging.getLogger(__name__)

# MiniStack's own paths; one of them empties everything.
_ADMIN = "/_ministack/"
_READING_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})
_TABLE_READS = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "GetRecords"})
_KEY_USES = frozenset({"Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "GenerateMac", "VerifyMac"})
_KEY_USES_BEGIN = ("GenerateDataKey", "GenerateRandom", "Describe", "List", "Get")
# The one "Get" that puts something into a key.
_KEY_IMPORT = "GetParametersForImport"


def parts_changed(method: str, path: str, target: str) -> frozenset[str]:
    """The parts of the state that a request may change; none, if it only reads.

    Args:
        method: Upper-case HTTP verb.
        path: Path of the request.
        target: The header `X-Amz-Target`, such as `DynamoDB_20120810.PutItem`; empty if there is none.
    """
    service, _, action = target.partition(".")
    if service.startswith("DynamoDB"):
        reads = action in _TABLE_READS or action.startswith(("Describe", "List"))
        return _NOTHING if reads else frozenset({TABLES})
    if service == "TrentService":
        uses = action in _KEY_USES or (action.startswith(_KEY_USES_BEGIN) and action != _KEY_IMPORT)
        return _NOTHING if uses else frozenset({KEYS})
    if method in _READING_VERBS:
        return _NOTHING
    return PARTS if path.startswith(_ADMIN) else frozenset({REST})


def pause_after(took: float) -> float:
    """Seconds from the begin of a save that took `took` seconds to the begin of the next."""
    return max(INTERVAL_SECONDS, SPACING * took)


class Saver:
    """Saves the parts that changed: at once after a quiet time, else spaced by `pause_after`.

    A kill therefore loses at most what changed in the larger of two seconds and ten times the last save, plus the time
    of the save it cut off.
    """

    def __init__(
        self, encode: Callable[[Collection[str]], Mapping[str, bytes]], write: Callable[[Mapping[str, bytes]], None]
    ) -> None:
        """Use `encode` to turn parts into files, on the event loop, and `write` to store them, in a thread."""
        self._encode = encode
        self._write = write
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def changed(self, parts: Collection[str]) -> None:
        """Note that `parts` may differ from what is saved."""
        self._changed.update(parts)
        self._wake.set()

    async def save(self, parts: Collection[str] | None = None) -> None:
        """Save `parts`, by default those that changed, and return once they are on disk.

        Raises:
            OSError: The disk refused; the parts still count as changed.
        """
        async with self._one_at_a_time:
            chosen = set(self._changed if parts is None else parts)
            if not chosen:
                return
            # MiniStack's handlers run on this loop without a pause inside, so between two of them, as here, the state
            # is whole: no half of a transaction is ever saved.
            files = self._encode(chosen)
            self._changed -= chosen
            try:
                await asyncio.to_thread(self._write, files)
            except BaseException:
                self._changed |= chosen
                raise

    def save_at_end(self) -> None:
        """Save everything, when the loop has ended and nothing can change any more.

        Raises:
            OSError: The disk refused.
        """
        self._write(self._encode(PARTS))

    async def run(self) -> None:
        """Save for ever; a disk that refuses is reported and tried again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            try:
                await self.save()
            except OSError:
                _logger.exception("The local store could not be saved")
                self._wake.set()
            took = time.monotonic() - began
            await asyncio.sleep(pause_after(took) - took)
