"""Calls that stop at every step, so that a test decides what happens between any two of them.

Each call runs in a thread of its own, but only one thread runs at a time: a call goes on when it is told to, up to its
next `stop()`. Stops stand around each call of the cache and of the table.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_SECONDS = 20.0
_here = threading.local()


class Stepped(Generic[T]):
    """A call under way. `step` lets it run to its next stop; `result` is there once it has `ended`."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.ended = False
        self.waiting = False
        self.error: BaseException | None = None
        self._result: T | None = None
        self._call = call
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def result(self) -> T:
        assert self.ended
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]

    def step(self) -> None:
        """Run to the next stop or the end."""
        assert not self.ended
        self._go.release()
        assert self._stopped.acquire(timeout=_SECONDS), "a step waits for something that no other step brings"
        if self.ended:
            self._thread.join()

    def run(self) -> None:
        """Run to the end, or until it waits for another call."""
        while not self.ended:
            self.step()
            if self.waiting:
                return

    def _run(self) -> None:
        self._go.acquire()
        _here.call = self
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            self.error = error
        self.ended = True
        self._stopped.release()

    def stop(self) -> None:
        self._stopped.release()
        self._go.acquire()


def stop() -> None:
    """Wait to be told to go on, in a stepped call; elsewhere nothing."""
    call: Stepped[Any] | None = getattr(_here, "call", None)
    if call is not None:
        call.stop()


class SteppedFuture(Future[T]):
    """A future whose `result` waits by stopping."""

    def result(self, timeout: float | None = None) -> T:
        call: Stepped[Any] | None = getattr(_here, "call", None)
        while call is not None and not self.done():
            call.waiting = True
            call.stop()
            call.waiting = False
        return super().result(timeout)


class Stops:
    """What it wraps, with a stop before each call of a method, and `after` it if that is asked for."""

    def __init__(self, wrapped: object, *, after: bool) -> None:
        self._wrapped = wrapped
        self._after = after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._wrapped, name)

        def stopped(*args: Any, **kwargs: Any) -> Any:
            stop()
            try:
                return method(*args, **kwargs)
            finally:
                if self._after:
                    stop()

        return stopped


def finish(calls: list[Stepped[Any]]) -> None:
    """Run all to their end, whichever waits for which."""
    while going := [call for call in calls if not call.ended]:
        for call in going:
            call.run()
        assert not all(call.waiting for call in going), "all wait for one another"
