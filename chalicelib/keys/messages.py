"""Encryption SDK messages: what every wrapped key, file name and segment is.

Suite: AES-256-GCM, HKDF, key commitment, unsigned (decision 6). The SDK does not compare the encryption context for us,
so `open_message` compares it whole, after decryption, with what the caller says it must be.
"""

import io
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Context = Mapping[str, str]


class BadMessageError(Exception):
    """Not a message of ours: malformed, altered, under another key, or with another context."""


@cache
def sdk() -> Any:
    """The SDK's module, loaded at first use: it costs a cold start 150 ms."""
    import aws_encryption_sdk  # noqa: PLC0415 - see above

    # It logs a traceback, with values of the message, for every one it refuses; we answer those.
    logging.getLogger("aws_encryption_sdk").setLevel(logging.CRITICAL)
    return aws_encryption_sdk


@cache
def client() -> Any:
    """The SDK's client: commitment required both ways, one data key a message."""
    lib = sdk()
    policy = lib.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    return lib.EncryptionSDKClient(commitment_policy=policy, max_encrypted_data_keys=1)


def suite() -> Any:
    """The algorithm suite of every message."""
    return sdk().identifiers.Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY


def seal(master_key: Any, plaintext: bytes, context: Context) -> bytes:
    """Encrypt one short text under `master_key`, bound to `context`."""
    message, _ = client().encrypt(
        source=plaintext, key_provider=master_key, encryption_context=dict(context), algorithm=suite()
    )
    return bytes(message)


def open_message(provider: Any, message: bytes, context: Context) -> bytes:
    """Decrypt what `seal` made with the same context.

    Raises:
        BadMessageError: It is not such a message.
    """
    return decrypt(provider, message, context, lambda stream: stream.read())


def decrypt(provider: Any, message: bytes, context: Context, drain: Callable[[Any], bytes]) -> bytes:
    """Decrypt a message with `drain`, which reads the SDK's stream to its end in pieces of its choice.

    Raises:
        BadMessageError: It was altered, cut or lengthened, or is not bound to `context`.
    """
    source = io.BytesIO(message)
    stream = client().stream(mode="d", source=source, key_provider=provider)
    try:
        plaintext = drain(stream)
    except BaseException as error:
        # Without a footer it refuses to be closed, and the interpreter, which closes it at last, would say so.
        stream.footer = None
        if isinstance(error, refusals()):
            raise BadMessageError from error
        raise
    finally:
        stream.close()
    # The SDK stops at a message's end, and says nothing of what was put after it.
    if source.read(1) or stream.header.encryption_context != dict(context):
        raise BadMessageError
    return bytes(plaintext)


@cache
def refusals() -> tuple[type[Exception], ...]:
    """What the SDK raises at bytes that are no message of ours. Errors of stores and of KMS are not among them."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded with the SDK

    base = sdk().exceptions.AWSEncryptionSDKClientError
    # The SDK's parser lets these through on altered bytes (found by flipping every bit of a message).
    return (base, InvalidTag, ValueError, KeyError, TypeError, AssertionError)
