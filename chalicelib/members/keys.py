"""Keys of rows that the server makes: short, opaque to callers, and later ones greater, so that lists need no index."""

import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME = 8
_RANDOM = 4


def new() -> str:
    """A key of 12 characters: milliseconds in base 36, good until 2059, and four random ones; created by condition."""
    moment, text = int(time.time() * 1000), ""
    for _ in range(_TIME):
        moment, digit = divmod(moment, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM))


def short() -> str:
    """A random key of 8 characters, for an environment."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_TIME))
