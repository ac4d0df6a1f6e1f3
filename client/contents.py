"""Reading from the drive: what there is, and stretches of it, again and again until they are whole."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import httpx

from .answers import BUSY, refusal, unreachable
from .cid import is_cid
from .errors import ChangedError, ClientError, DamagedError, ProtocolError
from .http import Api, Body
from .patience import Attempts, Patience, retry_after
from .screen import Meter

_EXTENDED: Final = re.compile(r"filename\*=UTF-8''([^;\s]*)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'filename="([^"]*)"', re.IGNORECASE)
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_TAR: Final = ".tar"
_PLAIN: Final = {"Accept-Encoding": "identity"}


class IgnoredRangeError(Exception):
    """The server answers ranges with the whole."""


@dataclass(frozen=True, slots=True)
class Content:
    """Something to be read.

    Attributes:
        address: How it is asked for: a hash, or `<folder hash>/path`.
        name: What to call it; one segment of a path, whatever the server says.
        size: Bytes.
        etag: Names these bytes and no others, quotes included.
        cid: The address they must have: of a file its own, of a tar that of the folder in it.
        tar: Whether it is a folder, as a tar.
    """

    address: str
    name: str
    size: int
    etag: str
    cid: str
    tar: bool


class Reader:
    """Reads for one account."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def _url(self, address: str) -> str:
        return self._api.url("get", {"arg": address})

    def look(self, address: str) -> Content:
        """What stands at an address.

        Raises:
            RefusedError: Nothing does, or it may not be read.
            DamagedError: The server has something else for it.
        """
        attempts = Attempts(self._api.patience, self._api.note)
        while True:
            try:
                response = self._api.client.head(self._url(address), headers=_PLAIN)
            except httpx.ConnectError as error:
                raise unreachable(error) from None
            except httpx.TransportError as error:
                attempts.again(unreachable(error))
                continue
            if response.status_code not in BUSY:
                break
            attempts.again(refusal(response), retry_after(response))
        if response.status_code != httpx.codes.OK:
            # An answer to HEAD cannot say why; the same question for one byte of it can.
            self._api.call("get", {"arg": address}, Body({"Range": "bytes=0-0"}, lambda: b""))
        return _content(address, response)

    def stretch(self, content: Content, start: int, stop: int, meter: Meter, patience: Patience) -> bytearray:
        """Bytes `start` to `stop`, in as many requests as it takes; what has come is not asked for again.

        Raises:
            ChangedError: There is something else now.
            IgnoredRangeError: The server knows no ranges.
        """
        found = bytearray()
        attempts = Attempts(patience, self._api.note)
        while len(found) < stop - start:
            before = len(found)
            try:
                self._some(content, start, stop, found)
            except httpx.TransportError as error:
                if len(found) > before:
                    attempts.restart()
                attempts.again(unreachable(error))
            except _BusyError as busy:
                attempts.again(busy.why, busy.seconds)
            finally:
                meter.advance(len(found) - before)
        return found

    def whole(self, content: Content, step: int, meter: Meter) -> Iterator[tuple[int, bytes]]:
        """All bytes in order, `step` at a time with where they begin, from a server without ranges.

        If the connection breaks, it is read from the start again, and what was given before is passed over.
        """
        given = 0
        attempts = Attempts(self._api.patience, self._api.note)
        while given < content.size:
            try:
                with self._open(content, {}) as response:
                    for start, data in _steps(response, content, step):
                        if start == given:
                            yield start, data
                            given += len(data)
                            meter.advance(len(data))
            except httpx.TransportError as error:
                attempts.again(unreachable(error))
            except _BusyError as busy:
                attempts.again(busy.why, busy.seconds)

    def _some(self, content: Content, start: int, stop: int, found: bytearray) -> None:
        """Ask for what is missing, and take what comes of it."""
        begin = start + len(found)
        asked = {"Range": f"bytes={begin}-{stop - 1}", "If-Range": content.etag}
        with self._open(content, asked) as response:
            if response.status_code == httpx.codes.OK:
                raise IgnoredRangeError
            end = min(stop, _end_of(response, begin, content.size))
            for piece in response.iter_raw():
                found += piece[: end - start - len(found)]
        if start + len(found) == begin and begin < stop:
            raise _BusyError(ProtocolError("The server answered a range with nothing: try again"), None)

    @contextmanager
    def _open(self, content: Content, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The answer to a GET, 200 or 206, which may stand at another host."""
        everything = {**_PLAIN, **headers}
        with self._api.client.stream("GET", self._url(content.address), headers=everything) as response:
            elsewhere = response.next_request
            if elsewhere is None:
                _judge(response, content.etag)
                yield response
                return
        # A copy in the store has a tag of the store's; a range of it is asked for without ours.
        everything.pop("If-Range", None)
        with self._api.storage.stream("GET", elsewhere.url, headers=everything) as response:
            _judge(response, None)
            yield response


class _BusyError(Exception):
    def __init__(self, why: ClientError, seconds: float | None) -> None:
        self.why = why
        self.seconds = seconds


def _judge(response: httpx.Response, etag: str | None) -> None:
    if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise ChangedError("What is on the server changed while it was read: get it again")
    if response.status_code in BUSY:
        response.read()
        raise _BusyError(refusal(response), retry_after(response))
    if response.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
        response.read()
        raise refusal(response)
    if etag is not None and response.headers.get("etag") not in {etag, None}:
        raise ChangedError("What is on the server changed while it was read: get it again")


def _end_of(response: httpx.Response, begin: int, size: int) -> int:
    """Where the bytes of a 206 end, which may be sooner than was asked."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if found is None or int(found[1]) != begin or int(found[2]) < begin:
        raise ProtocolError("The server answered another range than was asked for")
    if int(found[3]) != size:
        raise ChangedError("What is on the server changed while it was read: get it again")
    return int(found[2]) + 1


def _steps(response: httpx.Response, content: Content, step: int) -> Iterator[tuple[int, bytes]]:
    start, held = 0, bytearray()
    for piece in response.iter_raw():
        held += piece
        while len(held) >= step:
            yield start, bytes(held[:step])
            start += step
            del held[:step]
    if start + len(held) != content.size:
        raise DamagedError(f"The server sent {start + len(held)} bytes instead of {content.size}: get it again")
    if held:
        yield start, bytes(held)


def _content(address: str, response: httpx.Response) -> Content:
    etag = response.headers.get("etag", "")
    length = response.headers.get("content-length", "")
    tag = etag.strip('"')
    cid = tag.removesuffix(_TAR)
    if not (response.status_code == httpx.codes.OK and is_cid(cid) and length.isdigit()):
        raise ProtocolError("The server does not say what it has there: is FLUXVAULT_URL right?")
    if "/" not in address and cid != address:
        raise DamagedError(f"The server offers {cid} for {address}")
    return Content(address, _file_name(response) or cid, int(length), etag, cid, tag.endswith(_TAR))


def _file_name(response: httpx.Response) -> str:
    """The stored name without what would lead elsewhere; empty if nothing is left of it."""
    given = response.headers.get("content-disposition", "")
    extended, quoted = _EXTENDED.search(given), _QUOTED.search(given)
    name = unquote(extended[1]) if extended else quoted[1] if quoted else ""
    last = re.split(r"[/\\]", name)[-1]
    safe = "".join(c if c.isprintable() else "_" for c in last)
    return "" if safe in {"", ".", ".."} else safe
