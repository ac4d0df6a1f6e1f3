"""Links for the parts of an upload: each dies after a while, and a status gives fresh ones."""

import threading
import time
from collections.abc import Callable

from .errors import ProtocolError
from .sessions import OPEN, Link, Session


class GoneError(Exception):
    """The session takes no parts any more: it ended, expired, or someone completed it."""


class Links:
    """Hands out links to several threads; one of them asks for all when fresh ones are needed.

    Args:
        session: The links to begin with.
        ask: Gives the session as it stands, with fresh links.
    """

    def __init__(self, session: Session, ask: Callable[[], Session]) -> None:
        self._lock = threading.Lock()
        self._session = session
        self._ask = ask

    def take(self, number: int, broken: Link | None = None) -> Link | None:
        """A link for a part; None if the part has arrived by now.

        Args:
            number: The part's.
            broken: A link for it that no longer works.

        Raises:
            GoneError: The session is not open any more.
            ProtocolError: The server has no link for it.
        """
        with self._lock:
            link = self._session.links.get(number)
            if link is None or link is broken or link.until <= time.monotonic():
                link = self._fresh(number)
            return link

    def _fresh(self, number: int) -> Link | None:
        self._session = self._ask()
        if self._session.state != OPEN:
            raise GoneError
        if number not in self._session.missing:
            return None
        link = self._session.links.get(number)
        if link is None:
            raise ProtocolError(f"The server gives no link for part {number}")
        return link
