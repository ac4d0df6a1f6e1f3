"""Faults between us and AWS, injected through botocore's own events; they work on any stand-in.

faults = Faults(aws)
faults.add("TransactWriteItems", conflict, times=2)        # cancelled twice, then let through
faults.add("TransactWriteItems", lose_answer)              # applied, and the answer lost
faults.add("PutObject", crash_before, skip=3)              # the fourth never leaves, and the process "dies"
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from chalicelib.aws import Aws


class Crash(BaseException):
    """The process died here: nothing of ours may catch it and clean up."""


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def _answer(request: Any, status: int, body: dict[str, Any]) -> AWSResponse:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "fault"}
    answer = AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))
    # botocore asks its other listeners too: moto, which is one, would carry the request out.
    request.url = "https://fault.invalid/"
    return answer


def conflict(request: Any) -> AWSResponse:
    """Another transaction holds one of the rows."""
    items = json.loads(request.body).get("TransactItems", [{}])
    reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing"}] + [{"Code": "None"}] * (
        len(items) - 1
    )
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    return _answer(request, 400, {"__type": kind, "Message": "cancelled", "CancellationReasons": reasons})


def throttle(request: Any) -> AWSResponse:
    """Too many requests for the table."""
    kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
    return _answer(request, 400, {"__type": kind, "message": "slow down"})


def server_error(request: Any) -> AWSResponse:
    """The service failed; whether it did anything is not known."""
    return _answer(request, 500, {"__type": "InternalServerError", "message": "failed"})


def timeout_before(request: Any) -> None:
    """The request never arrived."""
    raise ConnectTimeoutError(endpoint_url=request.url)


def crash_before(_request: Any) -> None:
    """The process died before the request left."""
    raise Crash


def lose_answer() -> None:
    """The request was carried out, and the answer lost, botocore's own retries included."""
    raise ReadTimeoutError(endpoint_url="https://lost.invalid")


def crash_after() -> None:
    """The process died when the request had been carried out."""
    raise Crash


_AFTER = (lose_answer, crash_after)


@dataclass
class _Rule:
    operation: str
    fault: Callable[..., Any]
    skip: int
    times: int


@dataclass
class Faults:
    """Rules for the calls of one set of clients; each is used up in order. Thread-safe."""

    aws: Aws
    rules: list[_Rule] = field(default_factory=list)
    hits: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        for client in (self.aws.dynamodb, self.aws.s3, self.aws.kms):
            client.meta.events.register_first("before-send.*.*", self._before)
            client.meta.events.register_first("response-received.*.*", self._after)

    def add(self, operation: str, fault: Callable[..., Any], *, skip: int = 0, times: int = 1) -> None:
        """Let `fault` happen to `operation` (`*` for any), after `skip` calls of it, `times` times."""
        self.rules.append(_Rule(operation, fault, skip, times))

    def clear(self) -> None:
        self.rules.clear()

    def _next(self, event_name: str, *, after: bool) -> Callable[..., Any] | None:
        operation = event_name.rsplit(".", 1)[-1]
        with self._lock:
            for rule in self.rules:
                if rule.operation not in (operation, "*") or (rule.fault in _AFTER) != after:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times:
                    rule.times -= 1
                    self.hits += 1
                    return rule.fault
        return None

    def _before(self, event_name: str, request: Any, **_: Any) -> Any:
        fault = self._next(event_name, after=False)
        return fault(request) if fault else None

    def _after(self, event_name: str, exception: Any = None, **_: Any) -> None:
        if exception is None and (fault := self._next(event_name, after=True)):
            fault()
