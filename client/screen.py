"""What a person sees: progress and messages on stderr, answers on stdout, and nothing else there."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from .errors import ClientError

_WIDE = 80
_NARROW = 40
_KIB = 1024


class Meter:
    """How far something has come; may be advanced from any thread.

    Args:
        advance: Told of every step.
    """

    def __init__(self, advance: Callable[[int], object] | None = None) -> None:
        self._advance = advance

    def advance(self, steps: int) -> None:
        """So much more is done; less, if it is negative."""
        if self._advance and steps:
            self._advance(steps)


class Screen:
    """The terminal, or what stands in for it.

    Args:
        as_json: Answer with one JSON document.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._errors = Console(stderr=True, highlight=False, markup=False, emoji=False)

    @property
    def columns(self) -> int | None:
        """Width of stdout if it is a terminal."""
        return Console().width if sys.stdout.isatty() else None

    def note(self, text: str) -> None:
        """Say something that is no answer; above a bar, if there is one."""
        self._errors.print(Text(shown(text)), soft_wrap=True)

    def answer(self, document: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Say what came of it: the document for scripts, or the lines for people."""
        if self.as_json:
            print(json.dumps(document))  # noqa: T201 - stdout is the interface
            return
        for line in lines:
            print(line)  # noqa: T201 - stdout is the interface

    def fail(self, error: ClientError) -> None:
        """Say why it did not work."""
        if self.as_json:
            self.answer({"error": str(error), "code": error.code, **error.document}, ())
        self.note(str(error))

    @contextmanager
    def meter(self, label: str, total: int, done: int = 0, unit: str = "bytes") -> Iterator[Meter]:
        """A bar with rate and time left while the block runs; on a terminal alone, and only for what takes steps.

        Args:
            label: What goes on, in a word.
            total: Steps in all.
            done: Steps that were done before.
            unit: `bytes` or `parts`.
        """
        if not total or not self._errors.is_terminal or self._errors.is_dumb_terminal:
            yield Meter()
            return
        columns = _columns(self._errors.width, unit)
        with Progress(*columns, console=self._errors, transient=True, expand=True) as progress:
            task = progress.add_task(label, total=total, completed=done)
            yield Meter(lambda steps: progress.advance(task, steps))


class _Speed(ProgressColumn):
    """The rate, in the same units as sizes."""

    def render(self, task: Task) -> Text:
        """The rate of late, or over all once it is done."""
        speed = task.finished_speed or task.speed
        return Text(f"{size(speed)}/s" if speed is not None else "", style="progress.data.speed")


def _columns(width: int, unit: str) -> list[ProgressColumn]:
    """The columns that a terminal has room for; the bar takes what the others leave."""
    label = TextColumn("{task.description}")
    if width < _NARROW:
        return [label, TaskProgressColumn(), TimeRemainingColumn(compact=True)]
    columns = [label, BarColumn(bar_width=None), TaskProgressColumn()]
    if unit == "parts":
        return [*columns, MofNCompleteColumn(), TimeRemainingColumn(compact=True)]
    if width >= _WIDE:
        columns.append(DownloadColumn(binary_units=True))
    return [*columns, _Speed(), TimeRemainingColumn(compact=True)]


def shown(text: str) -> str:
    """Text that cannot steer a terminal, whoever chose it: what cannot be printed is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def size(count: float) -> str:
    """Bytes for people, in the units that plans are sold in: `1.5 MiB`, and a GB of a plan is a GiB."""
    if count < _KIB:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= _KIB
        if round(count, 1) < _KIB:
            return f"{count:.1f} {unit}"
    return f"{count / _KIB:.1f} TiB"
