"""Multipart bodies (RFC 7578), read by python-multipart, with file names as clients really send them.

File names come as raw UTF-8, with quotes that nobody escaped (`filename="a "b".gz"`): they are kept as they are.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Two searches, one after the other: one expression for both would be tried anew at every opening.
_OPEN = re.compile(r';\s*filename="', re.IGNORECASE)
_CLOSE = re.compile(r'"\s*(?:;\s*[A-Za-z*]+=|$)')
_BARE = re.compile(r";\s*filename=([^\";]*)", re.DOTALL | re.IGNORECASE)
_EXTENDED = re.compile(r";\s*filename\*=UTF-8'[^']*'([^;]*)", re.IGNORECASE)


MOST_PARTS = 10_000
"""Parts of one body: each takes memory, however small it is."""
MOST_HEADER_BYTES = 32_768
"""Bytes of one header: the longest path of a file in a folder takes 25,631 in UTF-8."""


@dataclass(slots=True)
class FilePart:
    """One file of a multipart body: its name as sent, its media type (None if not given), and a view of its bytes."""

    name: str
    content_type: str | None
    data: memoryview


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    pieces: list[tuple[int, int]] = field(default_factory=list)


class _Collector:
    """python-multipart's callbacks: remembers where things stand, without copying file data."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self._field = b""
        self._value = b""

    def on_part_begin(self) -> None:
        if len(self.parts) == MOST_PARTS:
            raise InvalidRequestError
        self.parts.append(_Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].headers[self._field.decode("latin-1").lower()] = self._value
        self._field = self._value = b""

    def on_part_data(self, _data: bytes, start: int, end: int) -> None:
        self.parts[-1].pieces.append((start, end))


FORM = "multipart/form-data"


def files(call: Call) -> list[FilePart]:
    """The files of a multipart body, in order; parts without a file name are left out.

    Raises:
        InvalidRequestError: The body is not multipart, malformed or truncated, or a name is not UTF-8.
    """
    return [part for raw in _parts(call) if (part := _file(raw, call.body)) is not None]


def fields(call: Call) -> dict[str, str]:
    """The fields of a multipart body that are no files, as text; of those with one name, the first.

    Raises:
        InvalidRequestError: As `files` does, or a value is not UTF-8.
    """
    found: dict[str, str] = {}
    for part in _parts(call):
        _, options = parse_options_header(part.headers.get("content-disposition", b""))
        if b"name" in options and b"filename" not in options:
            try:
                found.setdefault(options[b"name"].decode(), bytes(_joined(part, call.body)).decode())
            except UnicodeDecodeError:
                raise InvalidRequestError from None
    return found


def _parts(call: Call) -> list[_Part]:
    kind, options = parse_options_header(call.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != FORM.encode() or not boundary:
        if call.body:
            raise InvalidRequestError
        return []
    return _parse(call.body, boundary)


def _parse(body: bytes, boundary: bytes) -> list[_Part]:
    collector = _Collector()
    callbacks: MultipartCallbacks = {
        "on_part_begin": collector.on_part_begin,
        "on_header_field": collector.on_header_field,
        "on_header_value": collector.on_header_value,
        "on_header_end": collector.on_header_end,
        "on_part_data": collector.on_part_data,
    }
    try:
        parser = MultipartParser(boundary, callbacks, max_header_size=MOST_HEADER_BYTES)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise InvalidRequestError from None
    if parser.state != MultipartState.END:
        raise InvalidRequestError
    return collector.parts


def _file(part: _Part, body: bytes) -> FilePart | None:
    try:
        name = _file_name(part.headers.get("content-disposition", b"").decode())
    except UnicodeDecodeError:
        raise InvalidRequestError from None
    if not name:
        return None
    content_type = part.headers.get("content-type")
    return FilePart(name, content_type.decode("latin-1") if content_type else None, _joined(part, body))


def _joined(part: _Part, body: bytes) -> memoryview:
    """The part's bytes: a view of the body where they stand together in it, which they nearly always do."""
    pieces = part.pieces
    if not pieces:
        return memoryview(b"")
    together = all(left[1] == right[0] for left, right in pairwise(pieces))
    if together:
        return memoryview(body)[pieces[0][0] : pieces[-1][1]]
    return memoryview(b"".join(body[start:end] for start, end in pieces))


def _file_name(disposition: str) -> str | None:
    opened = _OPEN.search(disposition)
    closed = _CLOSE.search(disposition, opened.end()) if opened is not None else None
    quoted = None if opened is None or closed is None else disposition[opened.end() : closed.start()]
    rest = disposition
    if opened is not None and closed is not None:
        # A name may itself read like a parameter.
        rest = disposition[: opened.start()] + disposition[closed.start() + 1 :]
    if extended := _EXTENDED.search(rest):
        return unquote(extended[1].strip(), errors="strict")
    if quoted is None:
        bare = _BARE.search(disposition)
        return bare[1].strip() if bare else None
    return quoted
