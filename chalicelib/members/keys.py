"""Keys of rows that the server makes: short, opaque to callers, and later ones greater, so that lists need no index."""

import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME = 8
_RANDOM = 4
_MOST = 100
NO_KEY = "-"
"""Stands for a key that cannot be one, which DynamoDB might refuse to look up."""


def new() -> str:
    """A key of 12 characters: milliseconds in base 36, good until 2059, and four random ones; created by condition."""
    return moment(time.time()) + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))


def moment(seconds: float) -> str:
    """How a key begins that is made at a moment, in seconds since the epoch."""
    left, text = min(max(int(seconds * 1000), 0), len(_DIGITS) ** _TIME - 1), ""
    for _ in range(_TIME):
        left, digit = divmod(left, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def plausible(text: str) -> str:
    """A key as a caller gave it, or one that no row has, if it is empty or longer than any."""
    return text if 0 < len(text) <= _MOST else NO_KEY


def short() -> str:
    """A random key of 8 characters, for an environment."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_TIME))
