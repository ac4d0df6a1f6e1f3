"""Work in threads: bounded, in order, and never in the way of Ctrl-C."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

from .errors import ClientError

J = TypeVar("J")
R = TypeVar("R")
_GOODBYE_SECONDS = 1.0


class StoppedError(ClientError):
    """The crew gave up: it is left, or another job failed. Whoever asks for results sees that job's error instead."""


class Crew:
    """A few threads for one task.

    They are daemons: a thread that waits for a slow peer must not hold up the end of the process, and all that is
    worth keeping is on disk at any moment. Work in loops asks `check` between its steps, and waits with `wait`.

    Args:
        threads: How many work at once.
        ahead: How many results may be under way or waiting for their turn.
    """

    def __init__(self, threads: int, ahead: int) -> None:
        self._threads = threads
        self._ahead = ahead
        self._stopping = threading.Event()

    def check(self) -> None:
        """Go on only if the crew does.

        Raises:
            StoppedError: It does not.
        """
        if self._stopping.is_set():
            raise StoppedError

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than the crew works.

        Raises:
            StoppedError: It stopped.
        """
        if self._stopping.wait(seconds):
            raise StoppedError

    @contextmanager
    def each(self, work: Callable[[J], R], jobs: Iterable[J]) -> Generator[Generator[R]]:
        """The results of `work` on each job, in the order of the jobs, which are taken as they are needed.

        Leaving the block, by an error too, stops what is still under way.
        """
        task = _Task(work, self._threads, self._stopping)
        try:
            yield task.results(jobs, self._ahead)
        finally:
            self._stopping.set()
            task.end()

    def do(self, work: Callable[[J], None], jobs: Iterable[J]) -> None:
        """Do `work` on each job."""
        with self.each(work, jobs) as done:
            for _ in done:
                pass


class _Task(Generic[J, R]):
    def __init__(self, work: Callable[[J], R], threads: int, stopping: threading.Event) -> None:
        self._work = work
        self._stopping = stopping
        self._failed: BaseException | None = None
        self._todo: SimpleQueue[tuple[J, Future[R]] | None] = SimpleQueue()
        self._waiting: deque[Future[R]] = deque()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def results(self, jobs: Iterable[J], ahead: int) -> Generator[R]:
        for job in jobs:
            future: Future[R] = Future()
            self._waiting.append(future)
            self._todo.put((job, future))
            if len(self._waiting) >= ahead:
                yield self._next()
        while self._waiting:
            yield self._next()

    def _next(self) -> R:
        try:
            return self._waiting.popleft().result()
        except StoppedError as error:
            raise self._failed or error from None

    def end(self) -> None:
        for future in self._waiting:
            future.cancel()
        for _ in self._threads:
            self._todo.put(None)
        until = time.monotonic() + _GOODBYE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (item := self._todo.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._work(job))
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
                if not isinstance(error, StoppedError):
                    self._failed = self._failed or error
                    self._stopping.set()
                future.set_exception(error)
