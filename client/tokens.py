"""Who is signed in: a pair of tokens for each server, in a file that nobody else may read."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, Self

from . import private
from .errors import ProtocolError

_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,8192}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What signing in gives.

    Attributes:
        email: Who signed in.
        access: Goes with every call, for a day.
        refresh: Gives the next pair, once.
    """

    email: str
    access: str
    refresh: str

    def __repr__(self) -> str:
        return f"Tokens({self.email})"

    @classmethod
    def of(cls, email: str, document: Any) -> Self:
        """The tokens in an answer, or in our own file.

        Raises:
            ProtocolError: There are none.
        """
        try:
            pair = document["access"], document["refresh"]
            if all(_TOKEN.fullmatch(token) for token in pair):
                return cls(email, *pair)
        except (KeyError, TypeError):
            pass
        raise ProtocolError("The server's answer brings no tokens: is FLUXVAULT_URL right, or this client too old?")

    @property
    def zelid(self) -> str | None:
        """The account, as the access token names it (a JWT, RFC 7519); None if it names none."""
        try:
            payload = self.access.split(".")[1]
            found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["acc"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return found if isinstance(found, str) and found else None


class TokenFile:
    """The tokens for one server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = private.directory("CONFIG", ".config") / "sessions"
        self._path = self._folder / f"{sha256(url.encode()).hexdigest()}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only command that changes them: a refresh token that two use is lost for both."""
        private.make(self._folder.parent, self._folder)
        with private.locked(self._path.with_suffix(".lock")):
            yield

    def read(self) -> Tokens | None:
        """The tokens; None if nobody is signed in, or what is there makes no sense.

        Raises:
            UsageError: Others may read them.
        """
        try:
            found = json.loads(private.read(self._path) or b"null")
            return Tokens.of(str(found["email"]), found)
        except (ValueError, LookupError, TypeError, RecursionError, ProtocolError):
            return None

    def keep(self, tokens: Tokens) -> None:
        """Put these in place of others; to be called when `locked`."""
        private.sweep(self._path)
        private.write(self._path, json.dumps({"url": self.url, **asdict(tokens)}))

    def forget(self) -> bool:
        """Remove them; gives whether there were any. To be called when `locked`."""
        private.sweep(self._path)
        there = self._path.exists()
        self._path.unlink(missing_ok=True)
        return there
