"""The cold start: from the start of a process to its first answer, under Lambda's own runtime client.

It is a ratio to a function that imports boto3 and nothing else, run in turns with ours on the same Python, from the
same compiled files.
"""

import http
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from infra.bench.measure import line
from infra.local.gateway import HttpRequest, to_event
from infra.local.matching import Match
from infra.packaging.target import NoInterpreterError, PackageError
from infra.runtime import task
from infra.runtime.gateway import encoded
from infra.runtime.sandbox import Recipe, Sandbox

BUDGET, GOAL = 2.6, 2.0
"""Most and wished-for ratio (design, "Cold start")."""
ROUNDS = 9
_BARE = "import boto3\n\n\ndef handler(event, context):\n    return {'statusCode': 200}\n"
_VARIABLES = {
    "STAGE": "local",
    "SURFACE": "public",
    "TABLE_PREFIX": "bench-",
    "BLOB_BUCKET": "bench-blobs",
    "KMS_KEY_ID": "alias/bench",
    "JOBS_QUEUE_URL": "http://127.0.0.1:9/bench",
    # Lambda gives them; without any, some would be looked for.
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}


class NoAnswerError(Exception):
    """A function did not answer 200, so how long it took means nothing."""


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: seconds by the clock, and seconds on the processor, which others that run do not lengthen."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Timed:
    """The starts of ours and of the bare function, one of each a round."""

    ours: list[Start]
    bare: list[Start]

    @property
    def ratio(self) -> float:
        """By the clock, of the medians."""
        return median(one.clock for one in self.ours) / median(one.clock for one in self.bare)

    @property
    def ratio_of_work(self) -> float:
        """On the processor, of the least rounds: what is left when nothing else gets in the way."""
        return min(one.processor for one in self.ours) / min(one.processor for one in self.bare)


def run(rounds: int = ROUNDS) -> None:
    """Print the ratio, and whether it is what it must be."""
    print("Cold start, process start to the first answer of /health, over a function that imports boto3 alone")
    if sys.platform != "linux":
        line("left out", "Lambda's runtime client is for Linux alone")
        return
    with tempfile.TemporaryDirectory() as room:
        try:
            made = task.built(Path(room))
        except (NoInterpreterError, PackageError):
            made = task.of_here(Path(room, "here"))
        found = timed(made, rounds)
    line(
        made.says,
        " over ".join(f"{median(one.clock for one in some) * 1000:.0f} ms" for some in (found.ours, found.bare)),
    )
    verdict = "met" if found.ratio <= BUDGET else "NOT met"
    line(
        "ratio of the medians", f"{found.ratio:.2f}  (of time on the processor {found.ratio_of_work:.2f}; goal {GOAL})"
    )
    line(f"budget {BUDGET}", verdict)


def timed(made: task.Task, rounds: int = ROUNDS, variables: Mapping[str, str] | None = None) -> Timed:
    """Time both functions in turns, after one round of each that fills the machine's caches of files.

    Raises:
        NoAnswerError: One of them did not answer 200.
    """
    (made.directory / "bare.py").write_text(_BARE)
    (log := made.directory.with_name("bench.log")).touch()
    told = {**_VARIABLES, **(variables or {})}
    recipes = [Recipe("bench", handler, made, told, 29, 1769, log) for handler in ("app.app", "bare.handler")]
    seconds = [[_first_answer(recipe) for recipe in recipes] for _ in range(rounds + 1)][1:]
    return Timed([ours for ours, _ in seconds], [bare for _, bare in seconds])


def _first_answer(recipe: Recipe) -> Start:
    start = time.perf_counter()
    sandbox = Sandbox(recipe)
    try:
        outcome = sandbox.invoke(_health())
        clock = time.perf_counter() - start
        # Linux: nanoseconds on the processor, of the one thread that there is.
        processor = int(Path(f"/proc/{sandbox.pid}/schedstat").read_text().split()[0]) / 1e9
    finally:
        sandbox.kill()
    if outcome.failed or json.loads(outcome.payload)["statusCode"] != http.HTTPStatus.OK:
        raise NoAnswerError(f"{recipe.handler}: {outcome.payload.decode(errors='replace')}\n{recipe.log.read_text()}")
    return Start(clock, processor)


def _health() -> bytes:
    request = HttpRequest("GET", "/health", "", [("host", "127.0.0.1")], b"", "127.0.0.1")
    event: dict[str, Any] = encoded(to_event(request, Match("/health", {}), "bench"))
    return json.dumps(event).encode()
