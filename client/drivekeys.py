"""The drive keys of an account: what its owner, once signed in, can do with them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from .account import Account
from .errors import ClientError, Exit, LostAnswerError, ProtocolError, RefusedError

_PATH: Final = "/api/v0/keys"
_KEPT: Final = ("id", "name", "prefix", "scopes", "created", "last_used", "expires")
_MADE: Final = (
    "a key may have been made all the same: `keys list` shows it; its secret is lost, so `keys revoke` it and try again"
)


class InterruptedCreateError(ClientError):
    """Ctrl-C while a key was being made."""

    exit = Exit.INTERRUPTED
    code = "interrupted"


class DriveKeys:
    """The keys of whoever is signed in."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def every(self) -> list[dict[str, Any]]:
        """All keys, without their secrets."""
        keys = self._account.call("GET", _PATH).document.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ProtocolError("The server's answer lists no keys: is this client too old?")
        return [_known(key) for key in keys]

    def clock(self) -> float:
        """The server's clock, in seconds since the epoch: by it a key ends."""
        return self._account.call("GET", _PATH).clock

    def create(self, name: str, scopes: Sequence[str], expires: int | None) -> dict[str, Any]:
        """Make a key; gives it with its `secret`, which nobody can ask for again.

        Args:
            name: What it is for.
            scopes: What it may do; everything if empty.
            expires: When it ends, in seconds since the epoch; never if None.

        Raises:
            LostAnswerError: There may be a key now whose secret nobody knows.
            InterruptedCreateError: The same, by Ctrl-C.
        """
        wanted: dict[str, Any] = {"name": name}
        if scopes:
            wanted["scopes"] = sorted(set(scopes))
        if expires is not None:
            wanted["expires"] = expires
        try:
            made = self._account.call("POST", _PATH, wanted, once=True).document
        except LostAnswerError as error:
            raise LostAnswerError(f"{error}; {_MADE}") from None
        except KeyboardInterrupt:
            raise InterruptedCreateError(f"Interrupted; {_MADE}") from None
        secret = made.get("secret")
        if not (isinstance(made.get("id"), str) and isinstance(secret, str) and secret and secret.isprintable()):
            raise LostAnswerError(f"The server's answer shows no key; {_MADE}")
        return {**_known(made), "secret": secret}

    def revoke(self, key: str) -> None:
        """Take a key away."""
        try:
            self._account.call("DELETE", f"{_PATH}/{key}")
        except RefusedError as error:
            # A try that was cut off may have been heard all the same.
            if not (error.repeated and error.status == HTTPStatus.NOT_FOUND):
                raise


def _known(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in _KEPT if name in key}
