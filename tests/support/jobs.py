"""The queue of a process in a test: worked through when the test says so, and not beside it."""

from typing import ClassVar

from chalicelib.jobs import LocalJobs, Message, dispatch


class HeldJobs(LocalJobs):
    """Keeps messages until `work` is called."""

    latest: ClassVar["HeldJobs"]

    def __init__(self) -> None:
        super().__init__()
        HeldJobs.latest = self
        self.held: list[Message] = []

    def send(self, message: Message) -> None:
        self.held.append(message)

    def work(self) -> int:
        """Work through all messages, and what comes of them; gives their number."""
        done = 0
        while self.held:
            dispatch(self._handlers, self.held.pop(0))
            done += 1
        return done
