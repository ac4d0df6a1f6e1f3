"""A process of its own that calls at a steady rate: `python -m tests.limits.child`.

It says `"ready"`, then reads orders and writes what came of them, one JSON value a line, until its input ends.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from chalicelib import aws
from chalicelib.limits import Client, Limiter, Policy, TooManyRequestsError
from chalicelib.settings import Settings


class Order(NamedTuple):
    """What a process does from `start`, for so many seconds.

    Attributes:
        client: The ZELID of the one client that calls.
        quota: Its limit.
        limiters: How many limiters the process has, as if each were a process of its own.
        rate: Calls a second of each. Calls that the process was too slow for are not made up for.
        start: Seconds since the epoch.
        seconds: How long.
    """

    client: str
    quota: int
    limiters: int
    rate: int
    start: int
    seconds: int


class Report(NamedTuple):
    """What came of it: pairs of what was counted and how often.

    Attributes:
        let_in: By window; None stands for a store that failed.
        refused: By second of this process's clock.
        tried: By second.
        writes: Calls to the store, by second.
    """

    let_in: Counter[int | None]
    refused: Counter[int]
    tried: Counter[int]
    writes: Counter[int]


def work(order: Order, writes: Counter[int]) -> Report:
    policy, client = Policy("reads", order.quota, leased=True), Client(order.client, "203.0.113.9")
    limiters = [Limiter() for _ in range(order.limiters)]
    report = Report(Counter(), Counter(), Counter(), writes)
    gap, number, due = 1 / (order.rate * order.limiters), 0, float(order.start)
    while (now := time.time()) < order.start + order.seconds:
        if now < due:
            time.sleep(due - now)
            continue
        report.tried[int(now)] += 1
        try:
            standing = limiters[number % order.limiters].take(policy, client)
        except TooManyRequestsError:
            report.refused[int(now)] += 1
        else:
            report.let_in[standing.window] += 1
        number, due = number + 1, max(due + gap, now)
    return report


def main() -> None:
    writes: Counter[int] = Counter()
    store = aws.connect(Settings.from_env(os.environ))
    store.dynamodb.meta.events.register("before-send.*.*", lambda **_: writes.update([int(time.time())]))
    say("ready")
    for line in sys.stdin:
        writes.clear()
        report = work(Order(**json.loads(line)), writes)
        say([list(counted.items()) for counted in report])


def say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


class Child:
    """The parent's end."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def send(self, order: Order) -> None:
        assert self._process.stdin is not None
        print(json.dumps(order._asdict()), file=self._process.stdin, flush=True)

    def receive(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def report(self) -> Report:
        return Report(*(Counter(dict(pairs)) for pairs in self.receive()))


@contextmanager
def children(count: int, environment: Mapping[str, str]) -> Iterator[list[Child]]:
    """So many processes, started and ready."""
    command, pipe = [sys.executable, "-m", "tests.limits.child"], subprocess.PIPE
    processes = [subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    try:
        made = [Child(process) for process in processes]
        assert [child.receive() for child in made] == ["ready"] * count
        yield made
    finally:
        for process in processes:
            process.communicate(timeout=30)


if __name__ == "__main__":
    main()
