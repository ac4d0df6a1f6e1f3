"""Everything a process writes: log lines and metrics in the order they came, and what other loggers say."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest


class _Stdout(io.TextIOBase):
    """Standard output as it is at each write: pytest replaces it, and a handler keeps the one it was made with."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


class Logs:
    """What was written while `recorded` was open."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._out = ""
        self._err = ""
        self.others = io.StringIO()

    def _read(self) -> None:
        out, err = self._capsys.readouterr()
        self._out += out
        self._err += err

    @property
    def text(self) -> str:
        self._read()
        return self._out + self._err + self.others.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line of standard output, all of which must be JSON objects."""
        self._read()
        return [json.loads(line) for line in self._out.splitlines()]

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "_aws" not in line]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "_aws" in line]


@contextmanager
def recorded(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    """Record what this process writes, for as long as the block lasts."""
    logs = Logs(capsys)
    (handler,) = logging.getLogger("fluxvault").handlers
    other = logging.StreamHandler(logs.others)
    logging.getLogger().addHandler(other)
    try:
        with mock.patch.object(handler, "stream", _Stdout()):
            yield logs
    finally:
        logging.getLogger().removeHandler(other)
