"""What a person writes about a key, made exact before the server is asked."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from .errors import UsageError

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LIFE: Final = re.compile(r"([0-9]{1,6})([dh])")
_MOST_NAME: Final = 64


def key_name(text: str) -> str:
    """A key's name.

    Raises:
        UsageError: It cannot be one.
    """
    if not 1 <= len(text) <= _MOST_NAME or not text.isprintable():
        raise UsageError(f"A key's name has 1 to {_MOST_NAME} characters that can be printed")
    return text


def key_id(text: str) -> str:
    """A key's id.

    Raises:
        UsageError: It cannot be one; a whole key, which belongs into no command line, is none either.
    """
    if not _ID.fullmatch(text):
        raise UsageError("That is no id of a key: `keys list` shows them")
    return text


def key_end(text: str, now: float) -> int:
    """When a key ends, in seconds since the epoch: a day (its first moment in UTC), or so many days or hours from now.

    Raises:
        UsageError: It is neither, or has been.
    """
    try:
        if life := _LIFE.fullmatch(text):
            count = int(life[1])
            moment = datetime.fromtimestamp(now, UTC) + timedelta(**{"days" if life[2] == "d" else "hours": count})
        else:
            moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text} is no end for a key: give a day such as 2030-12-31, or 90d, or 12h") from None
    if moment.timestamp() <= now:
        raise UsageError(f"{text} has been: a key must end later than now")
    return int(moment.timestamp())
