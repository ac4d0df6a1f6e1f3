"""Ranges of content, and the tags that guard them (RFC 9110, sections 13 and 14): headers in, decisions out.

Whatever is malformed is passed over, and the content answered whole, which is always right.
"""

import re

from chalicelib.web.errors import RangeNotSatisfiableError

_SPACE = " \t"
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_TAG = re.compile(r'[ \t,]*(?:W/)?("[^"]*")[ \t]*(?=,|\Z)')
_DIGITS_OF_ANY_SIZE = 19


def parse(header: str | None, size: int) -> range | None:
    """The bytes that `Range` asks for, of content of `size` bytes; None to answer whole.

    Whole is the answer without the header, in a unit other than bytes, to several ranges, and to what is no range.

    Raises:
        RangeNotSatisfiableError: The one range lies beyond the end, or there is nothing to take it from.
    """
    unit, _, listed = (header or "").strip(_SPACE).partition("=")
    specs = [spec for part in listed.split(",") if (spec := part.strip(_SPACE))]
    found = _SPEC.fullmatch(specs[0]) if unit.lower() == "bytes" and len(specs) == 1 else None
    if found is None:
        return None
    first, last = (digits.lstrip("0") or digits[:1] for digits in found.groups())
    if not (first or last) or (first and last and _less(last, first)):
        return None
    if first:
        asked = range(_number(first, size), _number(last, size - 1) + 1 if last else size)
    else:
        asked = range(size - _number(last, size), size)
    if not asked:
        raise RangeNotSatisfiableError(size)
    return asked


def _less(left: str, right: str) -> bool:
    """Whether one number is below another: in digits without leading zeros, of any count."""
    return (len(left), left) < (len(right), right)


def _number(digits: str, most: int) -> int:
    """The number, or `most` if that is less; a header may hold more digits than `int` takes."""
    return most if len(digits) > _DIGITS_OF_ANY_SIZE else min(int(digits), most)


def if_range(header: str | None, etag: str) -> bool:
    """Whether `If-Range` lets a range of the content tagged `etag` be answered (RFC 9110, 13.1.5).

    Only the same strong tag does, or no header. We give no dates, so a date never does.
    """
    return header is None or (header.strip(_SPACE) == etag and not etag.startswith("W/"))


def none_match(header: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names the content tagged `etag`: it has not changed (RFC 9110, 13.1.2).

    Weak and strong tags with the same text are the same here; `*` names any content.
    """
    given = (header or "").strip(_SPACE)
    if given == "*":
        return True
    tags = set()
    at = 0
    while found := _TAG.match(given, at):
        tags.add(found[1])
        at = found.end()
    return not given[at:].strip(_SPACE + ",") and etag.removeprefix("W/") in tags
