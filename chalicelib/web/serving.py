"""Serving content: conditional requests, ranges and HEAD, the same for everything that is bytes (RFC 9110)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from chalicelib.web import ranges
from chalicelib.web.http import Call, Reply

# What a browser would run in our origin goes out as bytes to save (spec drive, `cat`).
_ACTIVE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "text/xsl"})


@dataclass(frozen=True, slots=True)
class Content:
    """Something that can be read.

    Attributes:
        tag: Names these bytes and no others; becomes the `ETag`.
        size: Its bytes.
        mimetype: What it is, as it was said to us.
        read: Gives bytes `start` to `stop`.
    """

    tag: str
    size: int
    mimetype: str
    read: Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Inline:
    """How much of content one answer may hold.

    Attributes:
        most: Bytes; a range that asks for more is answered with its beginning.
        beyond: Answers to whoever asks for the whole of something larger.
    """

    most: int
    beyond: Callable[[], Reply]


def serve(call: Call, content: Content, headers: Mapping[str, str], inline: Inline | None = None) -> Reply:
    """Answer with content, or the part of it that was asked for; reads no more than it sends.

    Args:
        call: What was asked.
        content: What of.
        headers: Further headers of the answer.
        inline: How much one answer may hold; anything if None.

    Raises:
        RangeNotSatisfiableError: The range lies outside.
        Refusal: What `inline` says to more than it holds.
    """
    etag = f'"{content.tag}"'
    kind = safe_type(content.mimetype)
    common = {"ETag": etag, "X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes", **headers}
    if ranges.none_match(call.headers.get("if-none-match"), etag):
        return Reply(b"", HTTPStatus.NOT_MODIFIED, common, kind)
    if call.method == "HEAD":
        return Reply(b"", HTTPStatus.OK, {**common, "Content-Length": str(content.size)}, kind)
    usable = ranges.if_range(call.headers.get("if-range"), etag)
    part = ranges.parse(call.headers.get("range"), content.size) if usable else None
    if part is None:
        if inline is not None and content.size > inline.most:
            return inline.beyond()
        return Reply(content.read(0, content.size), HTTPStatus.OK, common, kind)
    part = part[: inline.most] if inline is not None else part
    common["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{content.size}"
    return Reply(content.read(part.start, part.stop), HTTPStatus.PARTIAL_CONTENT, common, kind)


def safe_type(mimetype: str) -> str:
    """The media type to send: never one that a browser would run."""
    return "application/octet-stream" if mimetype in _ACTIVE or mimetype.endswith("+xml") else mimetype
