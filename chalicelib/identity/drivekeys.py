"""Drive keys: how one is made, read and compared (decision 17).

    fvk_<id: 12>_<secret: 43><checksum: 6>

The checksum lets a client, or a scanner for leaked secrets, tell a key from noise without asking. Only a SHA-256 of the
key is kept: it is long and random, so a slow hash would add cost and no safety.
"""

import base64
import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass

SCOPES = ("read", "write", "list", "delete")
PREFIX = "fvk"
SHOWN = 8
"""Characters of a key that lists show."""

_ID_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_KEY = re.compile(rf"{PREFIX}_([{_ID_CHARACTERS}]{{12}})_([A-Za-z0-9_-]{{43}})([0-9a-f]{{6}})")


def new() -> tuple[str, str]:
    """A new key: its id, and the whole of it, to be shown once."""
    key_id = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(12))
    body = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    return key_id, body + _checksum(body)


def parse(key: str) -> str | None:
    """The id in a key; None if it cannot be one of ours."""
    match = _KEY.fullmatch(key)
    return match[1] if match and _checksum(key[:-6]) == match[3] else None


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def matches(key: str, kept: str | None) -> bool:
    """Whether a key is the one whose digest was kept; takes as long when there is none."""
    return hmac.compare_digest(digest(key), kept or "0" * 64)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[:6]


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller presented with HTTP Basic: an account's ZELID and one of its keys."""

    zelid: str
    key: str
    key_id: str

    @staticmethod
    def parse(header: str | None) -> "Credential | None":
        """Read an `Authorization` header (RFC 7617); None if it cannot name a key of ours."""
        scheme, _, encoded = (header or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            zelid, colon, key = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except ValueError:
            return None
        return Credential.of(zelid, key) if colon else None

    @staticmethod
    def of(zelid: str, key: str) -> "Credential | None":
        """An account's ZELID and a key; None if they cannot be ours."""
        key_id = parse(key)
        return Credential(zelid, key, key_id) if key_id and valid_zelid(zelid) else None


def valid_zelid(text: str) -> bool:
    """Whether a text may be an account's ZELID: 3 to 64 letters, digits, `-` and `_`."""
    return re.fullmatch(r"[A-Za-z0-9_-]{3,64}", text) is not None
