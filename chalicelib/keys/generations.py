"""Key generations: 32 bytes each, wrapped by KMS, unwrapped once per process and kept for a while.

Why not one KMS call per DEK: decision 5. A generation costs one KMS call per process and `key_cache_seconds`, however
many DEKs are under it; that time is also how long a process goes on after the KMS key was disabled.
"""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.keys import masterkeys, tables
from chalicelib.keys.errors import GenerationInUseError, KeyDisabledError

MOST_KEPT = 64
"""Generations kept unwrapped at once, least recently used dropped first."""

_DISABLED = frozenset({"DisabledException", "KMSInvalidStateException", "KeyUnavailableException"})


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A generation in the clear: never logged, never stored."""

    number: int
    master_key: Any
    secret: bytes
    since: float


class Generations:
    """The generations of one process."""

    def __init__(self, kms_key_id: str, cache_seconds: float) -> None:
        self._kms_key_id = kms_key_id
        self._cache_seconds = cache_seconds
        self._kept: OrderedDict[int, Unwrapped] = OrderedDict()
        self._current: tuple[int, float] | None = None
        # One thread asks KMS, the others wait for its answer.
        self._lock = threading.RLock()

    def current(self) -> Unwrapped:
        """The generation that new keys are wrapped under; the first one is made when there is none.

        Raises:
            KeyDisabledError: The KMS key is disabled.
        """
        with self._lock:
            if self._current is None or self._expired(self._current[1]):
                row = tables.latest()
                number = row.number if row else self.add()
                self._current = (int(number), time.monotonic())
            return self.get(self._current[0])

    def get(self, number: int) -> Unwrapped:
        """One generation in the clear.

        Raises:
            LookupError: There is no such generation.
            KeyDisabledError: The KMS key is disabled.
        """
        with self._lock:
            kept = self._kept.get(number)
            if kept is None or self._expired(kept.since):
                self._kept.pop(number, None)
                kept = self._kept[number] = self._unwrap(number)
            self._kept.move_to_end(number)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept

    def add(self) -> int:
        """Make a new generation and let it be current, here at once and elsewhere within the cache time.

        Returns:
            Its number. If another process adds one at the same moment, each gets a number of its own.

        Raises:
            KeyDisabledError: The KMS key is disabled.
        """
        while True:
            row = tables.latest()
            number = int(row.number) + 1 if row else 1
            try:
                tables.add(number, self._generate(number), int(time.time()))
            except aws.StaleError:
                continue
            with self._lock:
                self._current = (number, time.monotonic())
            return number

    def listed(self) -> list[tables.Generation]:
        """All generations, newest first, as rows: nothing is unwrapped."""
        return tables.all_of_them()

    def retire(self, number: int) -> None:
        """Forget a generation's bytes for good; what is wrapped under it is lost.

        Whether anything is, the caller must know (see `chalicelib.workers.rotation`).

        Raises:
            GenerationInUseError: It is current, or was until so lately that other processes may still wrap under it.
            LookupError: There is no such generation, or it is retired already.
        """
        rows = {int(row.number): row for row in self.listed()}
        if number not in rows or rows[number].key_enc is None:
            raise LookupError(f"no generation {number}, or it is retired already")
        if number == max(rows):
            raise GenerationInUseError("It is the current generation; rotate first")
        quiet = time.time() - rows[min(n for n in rows if n > number)].created
        if quiet < 2 * self._cache_seconds:
            wait = int(2 * self._cache_seconds - quiet) + 1
            raise GenerationInUseError(f"Other processes may still wrap under it; wait {wait} seconds")
        tables.retire(number, int(time.time()))
        with self._lock:
            self._kept.pop(number, None)

    def _expired(self, since: float) -> bool:
        return time.monotonic() - since >= self._cache_seconds

    def _generate(self, number: int) -> bytes:
        answer = _ask_kms(
            "generate_data_key_without_plaintext",
            KeyId=self._kms_key_id,
            NumberOfBytes=32,
            EncryptionContext=_context(number),
        )
        return bytes(answer["CiphertextBlob"])

    def _unwrap(self, number: int) -> Unwrapped:
        row = tables.get(number)
        if row is None or row.key_enc is None:
            raise LookupError(f"no generation {number}")
        answer = _ask_kms(
            "decrypt", KeyId=self._kms_key_id, CiphertextBlob=row.key_enc, EncryptionContext=_context(number)
        )
        key = bytes(answer["Plaintext"])
        # Signing secrets are derived under a label of their own, so that no two uses share a key.
        secret = hmac.new(key, b"fluxvault signing secret", hashlib.sha256).digest()
        return Unwrapped(number, masterkeys.generation_key(number, key), secret, time.monotonic())


def _context(number: int) -> dict[str, str]:
    return {"purpose": "fluxvault-generation", "generation": str(number)}


def _ask_kms(operation: str, **arguments: Any) -> Any:
    try:
        return getattr(aws.current().kms, operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in _DISABLED:
            raise KeyDisabledError from error
        raise
