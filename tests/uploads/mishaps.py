"""A process of the drive's that meets a fault, or dies, at one of its calls to AWS; and those that come after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest import mock

from botocore.awsrequest import AWSResponse

from chalicelib import aws
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.tables import UploadRow
from tests.support.books import services_of
from tests.support.faults import Crash, Faults, conflict, crash_before, lose_answer, throttle
from tests.support.system import System
from tests.uploads.sending import queues, work

ALWAYS = 1_000_000
_SLOW = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


class _Body:
    def stream(self, **_: Any) -> Any:
        yield _SLOW


def busy(request: Any) -> AWSResponse:
    """Too much at once, as each service says it: nothing was done."""
    target = request.headers.get("X-Amz-Target")
    if target is None:
        request.url = "https://fault.invalid/"
        return AWSResponse(request.url, 503, {"content-type": "application/xml"}, _Body())
    return conflict(request) if b"TransactWriteItems" in target else throttle(request)


FAULTS: dict[str, Callable[..., Any]] = {"dying": crash_before, "refused": busy, "losing": lose_answer}
WRITES = ("TransactWriteItems", "PutObject", "DeleteObjects")


class Unlucky:
    """Does something while AWS fails, once for each call at which it may; see `moments`."""

    def __init__(self, system: System) -> None:
        self._faults = Faults(system.aws)

    def moments(self, kind: str) -> Iterator[Callable[[Callable[[], Any]], None]]:
        """For each call: how to do something while AWS fails from that call on. Ends when there is no such call.

        Args:
            kind: `dying` if the process dies before the call, `refused` if AWS does nothing and says that it is too
                much, `losing` if calls that write are carried out, and no answer comes.
        """
        fault = FAULTS[kind]
        for operation in WRITES if kind == "losing" else ("*",):
            skip, met = 0, True
            while met:
                done: list[bool] = []
                yield partial(self._do, operation, fault, skip, done)
                (met,), skip = done, skip + 1

    def _do(
        self, operation: str, fault: Callable[..., Any], skip: int, done: list[bool], act: Callable[[], Any]
    ) -> None:
        self._faults.hits = 0
        self._faults.add(operation, fault, skip=skip, times=ALWAYS)
        try:
            act()
        except (Crash, Exception):  # noqa: BLE001, S110 - whatever it says, the books must be right afterwards
            pass
        finally:
            self._faults.clear()
        done.append(self._faults.hits > 0)


class Stumbling:
    """From now on every other call of an operation (`*` for any) meets a fault, at its first try: there is a second."""

    def __init__(self, system: System, operation: str, fault: Callable[..., Any]) -> None:
        self.failed = 0
        self._tries = 0
        self._fault = fault
        when = "response-received" if fault is lose_answer else "before-send"
        for client in (system.aws.dynamodb, system.aws.s3, system.aws.kms):
            client.meta.events.register_first(f"{when}.*.{operation}", self._met)

    def _met(self, request: Any = None, **_: Any) -> Any:
        self._tries += 1
        if not self._tries % 2:
            return None
        self.failed += 1
        return self._fault(request) if request is not None else self._fault()


def crash(system: System) -> None:
    """What a process had in memory goes with it."""
    for queue in queues(system):
        queue.held.clear()


def finish(system: System) -> None:
    """What another process does when it begins: all that was lost is sent again, and done."""
    services_of(system).janitor(0).run(lost_seconds=0)
    work(system)
    if not all(row.tidy for row in aws.scan(UploadRow)):
        services_of(system).janitor(0).run(lost_seconds=0)


@contextmanager
def processed() -> Iterator[list[int]]:
    """Numbers of the parts that are processed in the block."""
    numbers: list[int] = []
    part = Processing._part

    def noted(one: Processing, row: Any, number: int) -> bool:
        numbers.append(number)
        return part(one, row, number)

    with mock.patch.object(Processing, "_part", noted):
        yield numbers
