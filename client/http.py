"""One way to call the server: with credentials, and with patience where it is busy or out of reach."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from . import __version__
from .errors import ClientError, ProtocolError, RefusedError, UnreachableError
from .patience import Attempts, Patience, retry_after
from .settings import Settings

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
BUSY = frozenset({429, 502, 503, 504})
"""Answers after which the same call may succeed."""
_AGENT = f"fluxvault-client/{__version__}"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body that can be made again for another try: its headers, and what makes its pieces."""

    headers: Mapping[str, str]
    stream: Callable[[], Any]


class Api:
    """The drive of one account.

    Args:
        settings: Where it is, and whose.
        note: Told of what a person should know.
        patience: For whatever may be tried again.
        answer_seconds: How long to wait for a peer that says nothing.
        transport: For tests.
    """

    def __init__(
        self,
        settings: Settings,
        note: Callable[[str], None],
        patience: Patience | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self.note = note
        self.patience = patience or Patience()
        timeout = httpx.Timeout(answer_seconds, connect=min(CONNECT_SECONDS, answer_seconds))
        agent = {"User-Agent": _AGENT}
        auth = httpx.BasicAuth(settings.zelid, settings.api_key)
        self.client = httpx.Client(auth=auth, timeout=timeout, transport=transport, headers=agent)
        # Another host's: it never learns of the credentials.
        self.storage = httpx.Client(timeout=timeout, transport=transport, headers=agent)
        self._reached = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.storage.close()

    def url(self, name: str, params: Mapping[str, str] | None = None) -> str:
        """The address of a call; a space is `%20`, which everyone reads the same."""
        query = f"?{urlencode(params, quote_via=quote)}" if params else ""
        return f"{self.settings.url}/api/v0/{name}{query}"

    def call(self, name: str, params: Mapping[str, str] | None = None, body: Body | None = None) -> "Answer":
        """Call the server, again where that may help, and give its answer.

        Raises:
            RefusedError: It said no.
            UnreachableError: It did not answer.
            ProtocolError: What answers is no Fluxvault.
        """
        attempts = Attempts(self.patience, self.note)
        while True:
            try:
                response = self._post(name, params, body)
            except httpx.TransportError as error:
                self._unreached(error, attempts)
                continue
            self._reached = True
            if response.status_code not in BUSY:
                return self._answer(response, attempts)
            attempts.again(refusal(response), retry_after(response))

    @staticmethod
    def _answer(response: httpx.Response, attempts: Attempts) -> "Answer":
        try:
            return answer(response)
        except RefusedError as error:
            error.repeated = attempts.failed
            raise

    def _post(self, name: str, params: Mapping[str, str] | None, body: Body | None) -> httpx.Response:
        content = body.stream() if body else None
        return self.client.post(self.url(name, params), content=content, headers=body.headers if body else None)

    def _unreached(self, error: httpx.TransportError, attempts: Attempts) -> None:
        why = unreachable(error)
        # A wrong address is no passing trouble; a server that answered before is.
        if isinstance(error, httpx.ConnectError) and not self._reached:
            raise why
        attempts.again(why)


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


def as_json(document: Any) -> Body:
    """A body of JSON."""
    text = json.dumps(document).encode()
    return Body({"Content-Type": "application/json"}, lambda: text)


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
    """The error that a response is; its body must have been read."""
    document = _document(response) or {}
    message = next((text for name in ("message", "error") if isinstance(text := document.get(name), str)), None)
    if not message:
        words = {status.value: status.phrase for status in HTTPStatus}
        message = f"{response.request.url.host} answered {response.status_code} {words.get(response.status_code, '')}"
    code = document.get("code")
    named = code if isinstance(code, str) else f"http_{response.status_code}"
    return RefusedError(response.status_code, named, message.strip(), document.get("detail"))


def unreachable(error: httpx.TransportError) -> ClientError:
    """What a failed connection means to a person."""
    url = error.request.url
    place = f"{url.scheme}://{url.netloc.decode()}"
    if isinstance(error, httpx.ConnectTimeout):
        return UnreachableError(f"{place} cannot be reached: no connection in time; check the address and the network")
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError(f"{place} did not answer in time: try again, or with a longer --timeout")
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return UnreachableError(f"{place} cannot be reached: {_words(error)}; check the address and the network")
    return UnreachableError(f"{place} broke the connection off ({_words(error)}): try again")


def _words(error: httpx.TransportError) -> str:
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
