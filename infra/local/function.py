"""What Lambda gives a function: a context for each call, and a thread to run in."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

TIMEOUT_SECONDS = 29
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda tells a function about one call, as far as anything reads it; the call began when this was made."""

    aws_request_id: str
    function_name: str = "fluxvault-local"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:fluxvault-local"
    log_group_name: str = "/aws/lambda/fluxvault-local"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None
    _began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until API Gateway would give up; never negative."""
        return max(0, round((self._began + TIMEOUT_SECONDS - time.monotonic()) * 1000))


class WorkerPool:
    """Threads that run blocking calls for an event loop, in the order in which they came.

    Not a `ThreadPoolExecutor`, whose threads the interpreter waits for at its end: a handler that hangs would keep the
    server from stopping. These are daemons.
    """

    def __init__(self, size: int) -> None:
        """Start `size` threads."""
        self._size = size
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        for number in range(size):
            threading.Thread(target=self._work, name=f"handler-{number}", daemon=True).start()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of `call`, run in one of the threads, or the exception it raised."""
        future: Future[T] = Future()
        self._calls.put((future, call))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let each thread end after its call; nothing waits for them."""
        for _ in range(self._size):
            self._calls.put(None)

    def _work(self) -> None:
        while (entry := self._calls.get()) is not None:
            future, call = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits for the result
                future.set_exception(error)
            # Else the last call's request and answer, up to a gigabyte, would live until the next one.
            del entry, future, call
