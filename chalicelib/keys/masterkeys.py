"""Raw AES-256-GCM master keys for the Encryption SDK, and a provider that finds the generation a message names."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from chalicelib.keys.messages import sdk

GENERATION_PROVIDER = "fluxvault-generation"
DEK_PROVIDER = "fluxvault-dek"

_NAME = re.compile(rb"g(\d{8})")
_TAIL = 4 + 4 + 12
"""After its name, a raw AES key's info holds tag length, nonce length and nonce."""


def _raw(provider_id: str, name: bytes, key: bytes) -> Any:
    from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey  # noqa: PLC0415 - see `sdk`
    from aws_encryption_sdk.key_providers.raw import RawMasterKey  # noqa: PLC0415 - see `sdk`

    names = sdk().identifiers
    wrapping_key = WrappingKey(
        wrapping_algorithm=names.WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
        wrapping_key=key,
        wrapping_key_type=names.EncryptionKeyType.SYMMETRIC,
    )
    return RawMasterKey(key_id=name, provider_id=provider_id, wrapping_key=wrapping_key)


def generation_key(number: int, key: bytes) -> Any:
    """The master key of one generation; every message under it names it in its header."""
    return _raw(GENERATION_PROVIDER, generation_name(number), key)


def dek_key(dek: bytes) -> Any:
    """The master key of one file or folder: `dek` is its 32-byte data encryption key."""
    return _raw(DEK_PROVIDER, b"dek", dek)


def generation_name(number: int) -> bytes:
    """How a message's header names a generation."""
    return b"g%08d" % number


def parse_generation(key_info: bytes) -> int:
    """The generation named in a message's key info.

    Raises:
        ValueError: It names none.
    """
    name = _NAME.fullmatch(key_info[:-_TAIL])
    if name is None:
        raise ValueError("not a generation's name")
    return int(name[1])


@cache
def _provider_class() -> type[Any]:
    from aws_encryption_sdk.key_providers.base import MasterKeyProvider, MasterKeyProviderConfig  # noqa: PLC0415

    class GenerationProvider(MasterKeyProvider):  # type: ignore[misc]
        """Finds the generation that a message's header names.

        The stock raw provider only knows keys that were added before, and would ask for a new one under the whole key
        info, nonce included; so `decrypt_data_key` is our own.
        """

        provider_id = GENERATION_PROVIDER
        _config_class = MasterKeyProviderConfig
        find: Callable[[int], Any]

        def _new_master_key(self, key_id: bytes) -> Any:
            raise sdk().exceptions.InvalidKeyIdError(key_id)

        def decrypt_data_key(self, encrypted_data_key: Any, algorithm: Any, encryption_context: Any) -> Any:
            info = encrypted_data_key.key_provider
            if info.provider_id != GENERATION_PROVIDER:
                raise sdk().exceptions.DecryptKeyError("another provider's key")
            try:
                master_key = self.find(parse_generation(info.key_info))
            except (ValueError, LookupError):
                raise sdk().exceptions.DecryptKeyError("no such generation") from None
            return master_key.decrypt_data_key(encrypted_data_key, algorithm, encryption_context)

    return GenerationProvider


def provider(find: Callable[[int], Any]) -> Any:
    """A provider for decryption; `find` gives a generation's master key by number, or raises LookupError."""
    made = _provider_class()()
    made.find = find
    return made
