"""File names at rest: encrypted under the DEK of their content, and found again by a keyed digest."""

import base64
import hashlib
import hmac

from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import open_message, seal

MOST_BYTES = 1_024
"""Longest name in UTF-8, so that its ciphertext fits every place that holds it."""


def seal_name(dek: bytes, blob: str, name: str) -> str:
    """Encrypt a name, bound to its blob; base64."""
    return base64.b64encode(seal(dek_key(dek), name.encode(), _context(blob))).decode()


def open_name(dek: bytes, blob: str, name_enc: str) -> str:
    """What `seal_name` was given.

    Raises:
        BadMessageError: It was altered, or belongs to another blob.
    """
    return open_message(dek_key(dek), base64.b64decode(name_enc), _context(blob)).decode()


def digest(dek: bytes, name: str) -> str:
    """Tells two names of one content apart without telling either: an HMAC under a key derived from the DEK."""
    key = hmac.new(dek, b"fluxvault name", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(hmac.new(key, name.encode(), hashlib.sha256).digest()[:15]).decode()


def _context(blob: str) -> dict[str, str]:
    return {"purpose": "name", "blob": blob}
