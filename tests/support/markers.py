"""Looks for a secret in any spelling it may hide in."""

import base64
from collections.abc import Iterator
from typing import Any


def spellings(secret: bytes) -> Iterator[bytes]:
    """The secret raw, in hex of both cases, and in base64 of both alphabets at all three alignments."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):
        # Characters that hold bits of the neighbours too are cut off.
        first, last = -(-shift * 8 // 6), (shift + len(secret)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(shift) + secret + bytes(3))[first:last]


def hides(secret: bytes, haystack: Any) -> bool:
    """Whether the secret is anywhere in bytes, text, or a structure of them such as an item of DynamoDB."""
    wanted = set(spellings(secret))
    return any(spelling in text for text in _texts(haystack) for spelling in wanted)


def _texts(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes | bytearray):
        yield bytes(value)
    elif isinstance(value, str):
        yield value.encode(errors="surrogateescape")
    elif isinstance(value, dict):
        for part in value.items():
            yield from _texts(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value).encode()
