"""What the server says, as documents and as errors."""

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from .errors import ProtocolError, RefusedError, UnreachableError

BUSY = frozenset({429, 502, 503, 504})
"""Answers after which the same call may succeed."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said.

    Attributes:
        status: Status code.
        document: The JSON object.
        clock: The server's clock, in seconds since the epoch, as far as it tells.
    """

    status: int
    document: dict[str, Any]
    clock: float


def answer(response: httpx.Response) -> Answer:
    """The server's answer, which must be a JSON object.

    Raises:
        RefusedError: It is an error.
        ProtocolError: It is no answer of Fluxvault's.
    """
    if response.is_error:
        raise refusal(response)
    host = response.request.url.host
    if response.is_redirect:
        raise ProtocolError(f"{host} sends us on to {response.headers.get('location')}: correct FLUXVAULT_URL")
    document = _document(response)
    if document is None:
        raise ProtocolError(f"What answers at {host} is no Fluxvault drive: correct FLUXVAULT_URL")
    return Answer(response.status_code, document, _clock(response))


def _document(response: httpx.Response) -> dict[str, Any] | None:
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _clock(response: httpx.Response) -> float:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except ValueError:
        return time.time()


def refusal(response: httpx.Response) -> RefusedError:
    """The error that a response is; its body must have been read. Management names codes otherwise than the drive."""
    document = _document(response) or {}
    message = next((text for name in ("message", "error") if isinstance(text := document.get(name), str)), None)
    if not message:
        words = {status.value: status.phrase for status in HTTPStatus}
        message = f"{response.request.url.host} answered {response.status_code} {words.get(response.status_code, '')}"
    code = next((text for name in ("code", "error_code") if isinstance(text := document.get(name), str)), None)
    named = code if code is not None else f"http_{response.status_code}"
    return RefusedError(response.status_code, named, message.strip(), document.get("detail"))


def unreachable(error: httpx.TransportError) -> UnreachableError:
    """What a failed connection means to a person."""
    why = UnreachableError(_said(error))
    why.heard = not isinstance(error, _NOT_SENT)
    return why


def _said(error: httpx.TransportError) -> str:
    url = error.request.url
    place = f"{url.scheme}://{url.netloc.decode()}"
    if isinstance(error, httpx.ConnectTimeout):
        return f"{place} cannot be reached: no connection in time; check the address and the network"
    if isinstance(error, httpx.TimeoutException):
        return f"{place} did not answer in time: try again, or with a longer --timeout"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return f"{place} cannot be reached: {_words(error)}; check the address and the network"
    return f"{place} broke the connection off ({_words(error)}): try again"


def _words(error: httpx.TransportError) -> str:
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
