"""Mishaps of one call: between any two requests to AWS it meets a fault, dies, or another call comes in between."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse

from tests.support.faults import (
    Crash,
    Faults,
    conflict,
    crash_after,
    crash_before,
    lose_answer,
    server_error,
    throttle,
    timeout_before,
)
from tests.support.system import System

ALWAYS = 1_000_000
_SLOW = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


class _Body:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield _SLOW


def busy(request: Any) -> AWSResponse:
    """Too much at once, as each service says it: nothing was done."""
    if b"TransactWriteItems" in request.headers.get("X-Amz-Target", b""):
        return conflict(request)
    if "X-Amz-Target" in request.headers:
        return throttle(request)
    request.url = "https://fault.invalid/"
    return AWSResponse(request.url, 503, {"content-type": "application/xml"}, _Body())


KINDS: dict[str, Callable[..., Any]] = {
    "crash before": crash_before,
    "crash after": crash_after,
    "lost": lose_answer,
    "late": timeout_before,
    "error": server_error,
    "busy": busy,
}
OPERATIONS = (
    "BatchGetItem",
    "GetItem",
    "UpdateItem",
    "PutObject",
    "DeleteObjects",
    "GetObject",
    "Decrypt",
)


@dataclass(frozen=True)
class Mishap:
    """What happens to the request after the first `skip` of an operation, and to `times` requests from then on."""

    kind: str
    operation: str = "*"
    skip: int = 0
    times: int = 1

    @property
    def deadly(self) -> bool:
        return self.kind.startswith("crash")


class Injector:
    """Lets mishaps happen to a system; a process that died sends nothing any more."""

    def __init__(self, system: System) -> None:
        self._faults = Faults(system.aws)
        self._dead_at: int | None = None
        for client in (system.aws.dynamodb, system.aws.s3, system.aws.kms):
            client.meta.events.register_first("before-send.*.*", self._send_nothing_when_dead)

    def _send_nothing_when_dead(self, **_: object) -> None:
        if self._dead_at is not None and self._faults.hits > self._dead_at:
            raise Crash

    @contextmanager
    def during(self, mishap: Mishap | None) -> Iterator[list[bool]]:
        """One call with a mishap; the list tells, afterwards, whether it came to that. A crash ends the block."""
        met: list[bool] = []
        before = self._faults.hits
        if mishap is not None:
            self._dead_at = before if mishap.deadly else None
            self._faults.add(mishap.operation, KINDS[mishap.kind], skip=mishap.skip, times=mishap.times)
        try:
            yield met
        finally:
            self._dead_at = None
            self._faults.clear()
            if self._faults.hits > before:
                met.append(True)

    def between(self, operation: str, skip: int, act: Callable[[], None]) -> None:
        """Let something else come in between, before the request after the first `skip` of an operation, once."""

        def come(_request: Any) -> None:
            act()

        self._faults.add(operation, come, skip=skip)
