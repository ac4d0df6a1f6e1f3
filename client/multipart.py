"""Multipart bodies (RFC 7578) that stream from disk, with file names that arrive as they are.

httpx's own would write a quote in a name as `%22`, and the server keeps names as they come.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from .http import Body

_PLAIN = re.compile(r"[A-Za-z0-9 ._/()+,=@~-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a body: its name, its size in bytes, and what reads it from the beginning."""

    name: str
    size: int
    read: Callable[[], Iterable[bytes]]


def body(parts: Sequence[Part]) -> Body:
    """A body with a length that is known before it is read."""
    boundary = secrets.token_hex(16)
    heads = [_head(boundary, part.name) for part in parts]
    end = f"--{boundary}--\r\n".encode()

    def stream() -> Iterator[bytes]:
        for head, part in zip(heads, parts, strict=True):
            yield head
            yield from part.read()
            yield b"\r\n"
        yield end

    length = sum(len(head) + part.size + 2 for head, part in zip(heads, parts, strict=True)) + len(end)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
    return Body(headers, stream)


def _head(boundary: str, name: str) -> bytes:
    plain = name if _PLAIN.fullmatch(name) else "file"
    # Names that quotes could cut short go percent-encoded (RFC 8187).
    exact = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    disposition = f'Content-Disposition: form-data; name="file"; filename="{plain}"{exact}'
    return f"--{boundary}\r\n{disposition}\r\n\r\n".encode()
