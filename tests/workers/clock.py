"""A clock that goes only when it is asked or told to: waits cost nothing, and each run has the same time."""

import datetime as dt
import sys
import time
from typing import Any

import pytest

START = 2_000_000_000.0
TICK = 0.001


class Clock:
    """Stands in for the module `time`. Each look takes a millisecond, so that no two moments are the same."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        self.now += TICK
        return self.now

    monotonic = perf_counter = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def utcnow(self) -> dt.datetime:
        """What moto writes on an object."""
        return dt.datetime.fromtimestamp(self.time(), dt.UTC).replace(tzinfo=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Let all of `chalicelib`, and moto's S3, go by it."""
        for name, module in list(sys.modules.items()):
            if name.startswith("chalicelib.") and getattr(module, "time", None) is time:
                patch.setattr(module, "time", self)
        patch.setattr("moto.s3.models.utcnow", self.utcnow)
