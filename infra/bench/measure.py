"""How things are timed and counted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.aws import Aws

ROUNDS = 5


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest of some rounds: what the work takes when nothing else gets in its way."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


@contextmanager
def counted(aws: Aws) -> Iterator[list[str]]:
    """The operations that AWS is asked for meanwhile."""
    made: list[str] = []

    def count(event_name: str, **_: Any) -> None:
        made.append(event_name.rsplit(".", 1)[-1])

    clients = (aws.dynamodb, aws.s3, aws.kms)
    for client in clients:
        client.meta.events.register_first("before-send.*.*", count)
    try:
        yield made
    finally:
        for client in clients:
            client.meta.events.unregister("before-send.*.*", count)


def line(what: str, figure: str) -> None:
    """One line of the report."""
    print(f"  {what:<58} {figure}")
