"""The queue of a process in a test: worked through when the test says so, and not beside it."""

from collections.abc import Sequence
from typing import ClassVar

from chalicelib.jobs import LocalJobs, Message, dispatch


class HeldJobs(LocalJobs):
    """Keeps messages until `work` is called."""

    latest: ClassVar["HeldJobs"]

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        HeldJobs.latest = self
        self.held: list[Message] = []

    def send_all(self, messages: Sequence[Message]) -> None:
        self.held += messages

    def work(self) -> int:
        """Work through all messages, and what comes of them; gives their number."""
        done = 0
        while self.held:
            dispatch(self._handlers, self.held.pop(0))
            done += 1
        return done
