"""How things are timed and counted."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chalicelib.aws import Aws

ROUNDS = 5


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest of some rounds: what the work takes when nothing else gets in its way."""
    return fastest({"": work}, rounds)[""]


def fastest(works: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of the fastest round of each work. They take turns, so that a slow spell of the machine hits them all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    return {name: min(taken) for name, taken in times.items()}


def cores() -> int | None:
    """Cores that this process may run on; None where that cannot be chosen."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Programs started meanwhile run on so many cores, where that can be chosen."""
    if cores() is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


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
