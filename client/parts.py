"""Parts of an upload: what bytes each is, and how it gets to the store."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import httpx

from .answers import BUSY, refusal, unreachable
from .crews import Crew
from .errors import ProtocolError, RefusedError
from .http import Api
from .links import Links
from .patience import Attempts, retry_after
from .screen import Meter
from .sessions import Link, Session
from .sources import Source

_STORE_CODE: Final = re.compile(rb"<Code>([A-Za-z]+)</Code>")
# What S3 says with 400 although the same part may go through: a link whose credentials ended, a connection that
# stood still, bytes that were damaged on their way.
_PASSING: Final = frozenset({"ExpiredToken", "RequestTimeout", "BadDigest"})


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file that is sent by itself: `size` bytes from `start`."""

    number: int
    source: Source
    start: int
    size: int


def layout(sources: Sequence[Source], session: Session) -> Iterator[Part]:
    """Which bytes each part is: each file starts a new one, and an empty file has none.

    Raises:
        ProtocolError: The server sees it otherwise.
    """
    stretches = [(source, start) for source in sources for start in range(0, source.size, session.part_size)]
    parts = [
        Part(number, source, start, min(session.part_size, source.size - start))
        for number, (source, start) in enumerate(stretches)
    ]
    if {part.number: part.size for part in parts} != session.sizes:
        raise ProtocolError("The server cuts the parts otherwise than this client: is one of them too old?")
    yield from parts


class Sending:
    """Sends one part, until it is there or will not be.

    Args:
        api: Whose store it goes to, and how patiently.
        crew: Stops it.
        links: Where to.
        meter: Told of the bytes that are on their way.
    """

    def __init__(self, api: Api, crew: Crew, links: Links, meter: Meter) -> None:
        self._api = api
        self._crew = crew
        self._links = links
        self._meter = meter
        self._counted = 0

    def send(self, part: Part) -> None:
        """Send a part.

        Raises:
            ChangedError: The file is not what it was.
            GoneError: The session takes no parts any more.
            RefusedError: The store does not take it.
            UnreachableError: The store is not to be reached.
        """
        attempts = Attempts(replace(self._api.patience, sleep=self._crew.wait), self._api.note)
        link = self._links.take(part.number)
        while link is not None:
            self._crew.check()
            self._meter.advance(-self._counted)
            self._counted = 0
            try:
                response = self._put(part, link)
            except httpx.TransportError as error:
                attempts.again(unreachable(error))
                continue
            if response.is_success:
                return
            link = self._next(part, link, response, attempts)
        self._meter.advance(part.size - self._counted)

    def _put(self, part: Part, link: Link) -> httpx.Response:
        headers = {"Content-Length": str(part.size), **link.headers}
        return self._api.storage.put(link.url, content=self._pieces(part), headers=headers)

    def _pieces(self, part: Part) -> Iterator[bytes]:
        for piece in part.source.pieces(part.start, part.size):
            self._crew.check()
            yield piece
            self._counted += len(piece)
            self._meter.advance(len(piece))

    def _next(self, part: Part, link: Link, response: httpx.Response, attempts: Attempts) -> Link | None:
        """The link to try next, after an answer that is no success."""
        found = _STORE_CODE.search(response.content)
        code = found[1].decode() if found else ""
        error = refusal(response)
        if code:
            error = RefusedError(response.status_code, code, f"The store refused a part: {code}")
        if response.status_code == httpx.codes.FORBIDDEN or code == "ExpiredToken":
            attempts.again(error, asked=0)
            return self._links.take(part.number, broken=link)
        if response.status_code in BUSY | {500} or code in _PASSING:
            attempts.again(error, retry_after(response))
            return link
        raise error
