"""This client's own key: kept in the file of settings as soon as it is made."""

import os
from collections.abc import Callable

from . import settings
from .errors import ClientError, UsageError
from .settings import Settings

_SHOWN = 8
"""Characters of a key that lists show too."""


class OwnKey:
    """The place for a key of an account, looked at before the key is made.

    Args:
        url: The drive.
        zelid: The account.
        note: Told of what a person should know.

    Raises:
        UsageError: Another account's key is there, or nobody knows whose this one would be.
    """

    def __init__(self, url: str, zelid: str | None, note: Callable[[str], None]) -> None:
        if not zelid:
            raise UsageError("The server does not tell the ZELID: make the key without --save, then run `config`")
        settings.checked(Settings(url, zelid, ""))
        self.path = settings.config_file()
        self._url, self._zelid, self._note = url, zelid, note
        self._before = settings.read(self.path)
        there = (self._before.get("url", "").rstrip("/"), self._before.get("zelid"))
        if self._before.get("api_key") and there != (url, zelid):
            raise UsageError(f"{self.path} keeps the key of another account or drive: put that file elsewhere first")

    def keep(self, key: str) -> None:
        """Keep a key.

        Raises:
            ClientError: This machine does not let us.
        """
        try:
            settings.write({"url": self._url, "zelid": self._zelid, "api_key": key}, self.path)
        except OSError as error:
            raise ClientError(f"The key was made, but cannot be kept: {error.strerror}: {self.path}") from None
        if before := self._before.get("api_key"):
            self._note(f"the key that was kept before ({before[:_SHOWN]}...) still works: revoke it if nobody uses it")
        if over := [variable for variable in settings.NAMES.values() if os.environ.get(variable)]:
            self._note(f"the environment comes before what is kept: unset {' '.join(over)}")
