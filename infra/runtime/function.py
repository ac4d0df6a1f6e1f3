"""A function: as many processes as there are events at once, up to a limit, each kept for the next event."""

import json
import threading
from types import TracebackType
from typing import Any, Self

from infra.runtime.api import Outcome
from infra.runtime.sandbox import Recipe, Sandbox


class FunctionError(Exception):
    """The function failed, or Lambda lost it; the message is what Lambda says."""


class Function:
    """What Lambda calls a function, by its recipe."""

    def __init__(self, recipe: Recipe, most: int) -> None:
        """Start nothing yet.

        Args:
            recipe: What its processes are.
            most: How many of them there may be; on Lambda an event above that is throttled, here it waits.
        """
        self.recipe = recipe
        self._most = most
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._freed = threading.Condition()
        self._closed = False

    def __call__(self, event: Any) -> Any:
        """The result for an event.

        Raises:
            FunctionError: There is none.
        """
        outcome = self.invoke(json.dumps(event).encode())
        if outcome.failed:
            raise FunctionError(outcome.payload.decode(errors="replace"))
        return json.loads(outcome.payload)

    def invoke(self, payload: bytes) -> Outcome:
        """What comes of an event, as JSON in and out."""
        sandbox = self._borrow()
        try:
            return sandbox.invoke(payload)
        finally:
            with self._freed:
                self._busy.discard(sandbox)
                if sandbox.alive and not self._closed:
                    self._idle.append(sandbox)
                else:
                    sandbox.kill()
                self._freed.notify()

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that are there."""
        with self._freed:
            return [sandbox.pid for sandbox in (*self._idle, *self._busy)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """End all processes, whatever they are at."""
        with self._freed:
            self._closed = True
            doomed, self._idle = [*self._idle, *self._busy], []
            self._freed.notify_all()
        for sandbox in doomed:
            sandbox.kill()

    def _borrow(self) -> Sandbox:
        with self._freed:
            while not self._closed:
                # The one that was used last: as on Lambda, what is not needed any more grows old.
                if self._idle:
                    sandbox = self._idle.pop()
                    if not sandbox.alive:
                        sandbox.kill()
                        continue
                elif len(self._busy) < self._most:
                    sandbox = Sandbox(self.recipe)
                else:
                    self._freed.wait()
                    continue
                self._busy.add(sandbox)
                return sandbox
        raise FunctionError("the function is gone")
