"""Wrap and unwrap data encryption keys; derive signing secrets."""

import base64
import binascii
import hashlib
import hmac
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chalicelib.keys import masterkeys
from chalicelib.keys.errors import InvalidDekError, InvalidEncDekError
from chalicelib.keys.generations import Generations
from chalicelib.keys.messages import BadMessageError, open_message, seal
from chalicelib.web.errors import Refusal

_CONTEXT = {"purpose": "dek"}

MOST_DEK_BYTES = 4_096
MOST_ENC_CHARACTERS = 8_192
"""Longest `dekEnc` there can be (spec metadata-service, Conventions)."""

Op = Literal["wrap", "unwrap", "rewrap"]


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """A key generation: its number, and when it was made and retired, in seconds since the epoch."""

    number: int
    created: int
    retired: int | None


class Keys:
    """The key service of one process.

    A wrapped DEK is URL-safe base64, without padding, of an Encryption SDK message under a key generation. Warm, no
    method calls AWS.
    """

    def __init__(self, kms_key_id: str, cache_seconds: float) -> None:
        self._generations = Generations(kms_key_id, cache_seconds)
        self._provider = None

    def wrap(self, dek: bytes) -> str:
        """Wrap a DEK under the current generation; each result differs.

        Args:
            dek: 1 to 4,096 bytes.

        Raises:
            KeyDisabledError: The KMS key is disabled.
        """
        message = seal(self._generations.current().master_key, dek, _CONTEXT)
        return base64.urlsafe_b64encode(message).decode().rstrip("=")

    def unwrap(self, dek_enc: str) -> bytes:
        """The DEK that `wrap` was given.

        Raises:
            InvalidEncDekError: Malformed, altered, or wrapped under another key or context.
            KeyDisabledError: The KMS key is disabled.
        """
        if self._provider is None:
            self._provider = masterkeys.provider(lambda number: self._generations.get(number).master_key)
        try:
            return open_message(self._provider, _bytes(dek_enc), _CONTEXT)
        except BadMessageError:
            raise InvalidEncDekError from None

    def rewrap(self, dek_enc: str) -> str:
        """The same DEK wrapped under the current generation; the DEK itself does not leave the service.

        Raises:
            InvalidEncDekError: Malformed, altered, or wrapped under another key or context.
            KeyDisabledError: The KMS key is disabled.
        """
        return self.wrap(self.unwrap(dek_enc))

    def batch(self, op: Op, items: Sequence[object]) -> list[str | Refusal]:
        """Wrap, unwrap or rewrap each of `items`, as callers sent them.

        Args:
            op: What to do.
            items: Text each: DEKs to wrap, else wrapped DEKs.

        Returns:
            In the order of `items`, each a value, or the InvalidDekError or InvalidEncDekError that it alone met.

        Raises:
            KeyDisabledError: The KMS key is disabled; then nothing is answered.
        """
        return [self._attempt(op, item) for item in items]

    def _attempt(self, op: Op, item: object) -> str | Refusal:
        try:
            if op == "wrap":
                return self.wrap(_dek(item))
            if not isinstance(item, str):
                return InvalidEncDekError()
            return self.rewrap(item) if op == "rewrap" else self.unwrap(item).decode()
        except (InvalidDekError, InvalidEncDekError) as refusal:
            return refusal

    def generation_of(self, dek_enc: str) -> int:
        """Number of the generation a DEK is wrapped under, read from its header, without any key.

        Raises:
            InvalidEncDekError: It is not a wrapped DEK.
        """
        from aws_encryption_sdk.internal.formatting.deserialize import deserialize_header  # noqa: PLC0415 - see `sdk`

        try:
            header, _ = deserialize_header(io.BytesIO(_bytes(dek_enc)))
            (key,) = header.encrypted_data_keys
            return masterkeys.parse_generation(key.key_provider.key_info)
        except Exception:  # noqa: BLE001 - the parser's errors on altered bytes are of many kinds
            raise InvalidEncDekError from None

    def add_generation(self) -> int:
        """Make a new generation and let it be current; older ones still unwrap. Returns its number.

        Raises:
            KeyDisabledError: The KMS key is disabled.
        """
        return self._generations.add()

    def generations(self) -> list[GenerationInfo]:
        """All generations, newest first; the first is current."""
        return [
            GenerationInfo(int(row.number), int(row.created), int(row.retired) if row.retired is not None else None)
            for row in self._generations.listed()
        ]

    def retire_generation(self, number: int) -> None:
        """Forget a generation for good; see `Generations.retire`."""
        self._generations.retire(number)

    def secret(self, purpose: str, number: int | None = None) -> tuple[int, bytes]:
        """A 32-byte secret for signing, derived from a key generation, so that there is no second secret store.

        Args:
            purpose: What is signed; secrets of different purposes are unrelated.
            number: The generation; the current one if None.

        Returns:
            The generation's number, to be put beside the signature, and the secret.

        Raises:
            LookupError: There is no such generation.
        """
        generation = self._generations.current() if number is None else self._generations.get(number)
        return generation.number, hmac.new(generation.secret, purpose.encode(), hashlib.sha256).digest()


def _dek(item: object) -> bytes:
    try:
        dek = item.encode() if isinstance(item, str) else b""
    except UnicodeEncodeError:
        dek = b""
    if not 1 <= len(dek) <= MOST_DEK_BYTES:
        raise InvalidDekError
    return dek


def _bytes(dek_enc: str) -> bytes:
    if len(dek_enc) > MOST_ENC_CHARACTERS:
        raise InvalidEncDekError
    try:
        raw = base64.urlsafe_b64decode(dek_enc.encode("ascii") + b"=" * (-len(dek_enc) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise InvalidEncDekError from None
    # base64 has spellings that decode alike; only ours counts, or a changed character could pass.
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != dek_enc:
        raise InvalidEncDekError
    return raw
