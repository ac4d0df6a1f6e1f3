"""Signed cursors: where the next page of a list starts, bound to the list it came from.

A cursor is `base64url(kid | mac | payload)`: the key generation whose secret signed it (4 bytes), the first 16 bytes of
an HMAC-SHA256, and the position. The MAC covers tenant and query, so a cursor of one list is refused by every other. A
cursor that does not verify is an error, never page one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Protocol

_KID = 4
_MAC = 16


class Signer(Protocol):
    """Gives the secret that signs: the current one with its number, or the one of a given number."""

    def secret(self, purpose: str, number: int | None = None) -> tuple[int, bytes]:
        """Number and secret; raises LookupError for a number that does not exist."""


def encode(signer: Signer, binding: str, position: str) -> str:
    """A cursor to `position` in the list that `binding` names (tenant and query)."""
    number, secret = signer.secret("cursor")
    payload = position.encode()
    kid = number.to_bytes(_KID, "big")
    return _text(kid + _mac(secret, kid, binding, payload) + payload)


def decode(signer: Signer, binding: str, cursor: str, refuse: Callable[[], Exception]) -> str:
    """The position in a cursor made by `encode` for the same binding; raises `refuse()` for anything else."""
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        kid, mac, payload = raw[:_KID], raw[_KID : _KID + _MAC], raw[_KID + _MAC :]
        _, secret = signer.secret("cursor", int.from_bytes(kid, "big"))
        # base64 has spellings that decode alike; only ours counts, or a changed cursor could pass.
        if hmac.compare_digest(mac, _mac(secret, kid, binding, payload)) and cursor == _text(raw):
            return payload.decode()
    except (ValueError, binascii.Error, LookupError):
        pass
    raise refuse()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: bytes, kid: bytes, binding: str, payload: bytes) -> bytes:
    message = kid + len(binding.encode()).to_bytes(4, "big") + binding.encode() + payload
    return hmac.new(secret, message, hashlib.sha256).digest()[:_MAC]
