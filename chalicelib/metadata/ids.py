"""Ids of file records.

    file_ <24 characters: owner> <24 characters: order>

The first half is a digest of the user, the second the time in milliseconds and 72 random bits. So one row, keyed by the
two halves, is found by its id and listed newest first among its user's, without an index that lags behind. To callers
ids are opaque (spec metadata-service, Conventions).
"""

import base64
import hashlib
import re
import secrets
import time

PREFIX = "file_"
HALF = 24
SHARDS = 12
"""Rows that each total is spread over. A whole `rm` touches at most all of them, and must fit one transaction."""

_ID = re.compile(rf"{PREFIX}([0-9a-v]{{{HALF}}})([0-9a-v]{{{HALF}}})")
_TIME = 6


def _text(raw: bytes) -> str:
    # The "hex" alphabet sorts as the bytes do; the usual one has its digits last, and lists would be out of order.
    return base64.b32hexencode(raw).decode().lower()


def owner_key(user: str) -> str:
    """The half of an id that all records of one user share."""
    return _text(hashlib.sha256(b"fluxvault user\0" + user.encode()).digest()[:15])


def new_order(shard_seed: int | None = None, now: float | None = None) -> str:
    """The other half, later ones greater. Orders made with one `shard_seed` (0 to 255) share a shard."""
    seed = secrets.randbelow(256) if shard_seed is None else shard_seed
    moment = int((time.time() if now is None else now) * 1000)
    return _text(moment.to_bytes(_TIME, "big") + bytes([seed]) + secrets.token_bytes(8))


def shard(order: str) -> int:
    """The shard, 0 to `SHARDS` - 1, whose totals count the record."""
    return base64.b32hexdecode(order.upper())[_TIME] % SHARDS


def moment(order: str) -> int:
    """When a record was made, in milliseconds since the epoch."""
    return int.from_bytes(base64.b32hexdecode(order.upper())[:_TIME], "big")


def join(owner: str, order: str) -> str:
    """A record's id."""
    return f"{PREFIX}{owner}{order}"


def split(file_id: str) -> tuple[str, str] | None:
    """Owner and order of an id; None if it cannot be one."""
    match = _ID.fullmatch(file_id)
    return (match[1], match[2]) if match else None
