"""Documents as rows hold them: JSON, compressed. And as requests bring them, with what else a body says. Pure."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from chalicelib.models.errors import misfit

MOST_BYTES = 1_000_000
"""Longest document as JSON (spec flux-apis, B.7)."""
MOST_STORED = 380_000
"""Longest document compressed, so that its row holds it (spec flux-apis, Scope)."""

Document = Mapping[str, Any]


def pack(document: Document) -> tuple[bytes, int]:
    """A document as a row holds it, and its length as JSON.

    Raises:
        DataInvalidError: It is too long, before or after compressing.
    """
    text = as_text(document)
    packed = zlib.compress(text)
    if len(packed) > MOST_STORED:
        raise misfit("$", f"it takes {len(packed)} bytes compressed, and may take {MOST_STORED}")
    return packed, len(text)


def as_text(document: Document) -> bytes:
    """A document as JSON.

    Raises:
        DataInvalidError: It is too long.
    """
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > MOST_BYTES:
        raise misfit("$", f"it takes {len(text)} bytes, and may take {MOST_BYTES}")
    return text


def text(packed: bytes) -> bytes:
    """A document as JSON, from what `pack` gave."""
    return zlib.decompress(packed)


def unpack(packed: bytes) -> dict[str, Any]:
    """The document that `pack` was given."""
    found: dict[str, Any] = json.loads(text(packed))
    return found
