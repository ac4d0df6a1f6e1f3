"""One way to call the server: with credentials, and with patience where it is busy or out of reach."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from . import __version__
from .answers import BUSY, Answer, answer, refusal, unreachable
from .errors import ClientError, LostAnswerError, ProtocolError, RefusedError, UnreachableError
from .patience import Attempts, Patience, retry_after
from .settings import Settings

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
_AGENT = f"fluxvault-client/{__version__}"


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body that can be made again for another try: its headers, and what makes its pieces."""

    headers: Mapping[str, str]
    stream: Callable[[], Any]


def as_json(document: Any) -> Body:
    """A body of JSON."""
    text = json.dumps(document).encode()
    return Body({"Content-Type": "application/json"}, lambda: text)


class Server:
    """One server.

    Args:
        url: Where it is, without a trailing slash.
        note: Told of what a person should know.
        patience: For whatever may be tried again.
        answer_seconds: How long to wait for a peer that says nothing.
        transport: For tests.
    """

    def __init__(
        self,
        url: str,
        note: Callable[[str], None],
        patience: Patience | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base = url
        self.note = note
        self.patience = patience or Patience()
        self.client = _client(answer_seconds, transport)
        self._reached = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, method: str, url: str, body: Body | None = None, *, once: bool = False) -> Answer:
        """Call the server, again where that may help, and give its answer.

        Args:
            method: The verb.
            url: The whole address.
            body: What is sent, and with which headers.
            once: Whether a call that may have been heard must not be made again.

        Raises:
            RefusedError: It said no.
            UnreachableError: It did not answer.
            ProtocolError: What answers is no Fluxvault.
            LostAnswerError: With `once`: it may have been done all the same.
        """
        try:
            return self._asked(method, url, body, once=once)
        except ClientError as error:
            if once and _may_be_done(error):
                raise LostAnswerError(error.message if isinstance(error, RefusedError) else str(error)) from None
            raise

    def _asked(self, method: str, url: str, body: Body | None, *, once: bool) -> Answer:
        attempts = Attempts(self.patience, self.note)
        again = {HTTPStatus.TOO_MANY_REQUESTS} if once else BUSY
        while True:
            try:
                response = self._send(method, url, body)
            except httpx.TransportError as error:
                self._unreached(error, attempts, once=once)
                continue
            self._reached = True
            if response.status_code not in again:
                return self._answer(response, attempts)
            attempts.again(refusal(response), retry_after(response))

    @staticmethod
    def _answer(response: httpx.Response, attempts: Attempts) -> Answer:
        try:
            return answer(response)
        except RefusedError as error:
            error.repeated = attempts.failed
            raise

    def _send(self, method: str, url: str, body: Body | None) -> httpx.Response:
        content = body.stream() if body else None
        return self.client.request(method, url, content=content, headers=body.headers if body else None)

    def _unreached(self, error: httpx.TransportError, attempts: Attempts, *, once: bool) -> None:
        why = unreachable(error)
        # A wrong address is no passing trouble; a server that answered before is.
        if (isinstance(error, httpx.ConnectError) and not self._reached) or (once and why.heard):
            raise why
        attempts.again(why)


def _client(answer_seconds: float, transport: httpx.BaseTransport | None) -> httpx.Client:
    timeout = httpx.Timeout(answer_seconds, connect=min(CONNECT_SECONDS, answer_seconds))
    return httpx.Client(timeout=timeout, transport=transport, headers={"User-Agent": _AGENT})


def _may_be_done(error: ClientError) -> bool:
    if isinstance(error, RefusedError):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, ProtocolError) or (isinstance(error, UnreachableError) and error.heard)


class Api(Server):
    """The drive of one account: where it is and whose, by `settings`; the rest is as for `Server`."""

    def __init__(
        self,
        settings: Settings,
        note: Callable[[str], None],
        patience: Patience | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(settings.url, note, patience, answer_seconds, transport)
        self.settings = settings
        self.client.auth = httpx.BasicAuth(settings.zelid, settings.api_key)
        # Another host's: it never learns of the credentials.
        self.storage = _client(answer_seconds, transport)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.storage.close()

    def url(self, name: str, params: Mapping[str, str] | None = None) -> str:
        """The address of a call; a space is `%20`, which everyone reads the same."""
        query = f"?{urlencode(params, quote_via=quote)}" if params else ""
        return f"{self.base}/api/v0/{name}{query}"

    def call(self, name: str, params: Mapping[str, str] | None = None, body: Body | None = None) -> Answer:
        """Call the drive, again where that may help, and give its answer; raises what `ask` does."""
        return self.ask("POST", self.url(name, params), body)
