"""Logs and metrics: one structured line and one set of EMF metrics a call, through Powertools.

Nothing a caller sent is logged: no path, no query, no body, and of an exception its type and where it was raised, not
its message, since messages carry values. So no DEK, key or plain file name can reach a log.
"""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from chalicelib.web.http import Call

NAMESPACE = "Fluxvault"

_logger = Logger(service="fluxvault", use_rfc3339=True, utc=True)


@dataclass(slots=True)
class Seen:
    """What became of a call."""

    status: int = 500
    code: str = ""


def set_level(level: str) -> None:
    """Log from this level on."""
    _logger.setLevel(level)


@contextmanager
def request(service: str, call: Call) -> Iterator[Seen]:
    """Log and measure one call; the body sets what became of it."""
    seen, start = Seen(), time.perf_counter()
    try:
        yield seen
    finally:
        took = (time.perf_counter() - start) * 1000
        facts = {"request_id": call.request_id, "method": call.method, "route": call.route, "api": service}
        _logger.info("request", extra={**facts, "status": seen.status, "code": seen.code, "ms": round(took, 1)})
        _measure(service, call, seen, took)


def _measure(service: str, call: Call, seen: Seen, took: float) -> None:
    # Ephemeral: its state is this call's alone, where the usual Metrics object is shared by threads.
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    metrics.add_dimension(name="route", value=f"{call.method} {call.route}")
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=took)
    metrics.add_metric(name="Faults", unit=MetricUnit.Count, value=int(seen.status >= 500))  # noqa: PLR2004 - HTTP's own line
    metrics.flush_metrics()


def failure(call: Call, error: BaseException) -> None:
    """Log a fault of ours under the call's request id: types and places, never messages."""
    chain = []
    current: BaseException | None = error
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)
        where = [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        chain.append({"type": f"{type(current).__module__}.{type(current).__qualname__}", "at": where})
        current = current.__cause__ or current.__context__
    _logger.error("fault", extra={"request_id": call.request_id, "route": call.route, "chain": chain})


def note(event: str, **facts: str | float) -> None:
    """Log something that happened outside a call's own line; `facts` must be ours, never a caller's."""
    _logger.info(event, extra=facts)
