"""Every way a call to AWS may fail, at each call of an operation in turn; and transactions that hold less."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from tests.drive.failing import no_patience
from tests.support.faults import Crash, Faults, conflict, crash_after, crash_before, lose_answer, throttle
from tests.support.system import Answer, System
from tests.uploads.mishaps import ALWAYS, busy

FAULTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "dying before": ("*", crash_before),
    "dying after": ("*", crash_after),
    "refused": ("*", busy),
    "losing": ("TransactWriteItems", lose_answer),
}
"""Faults that last, of any operation or of one."""
PASSING: dict[str, tuple[str, Callable[..., Any]]] = {
    "conflicts": ("TransactWriteItems", conflict),
    "lost answers": ("TransactWriteItems", lose_answer),
    "throttling": ("*", throttle),
}


@dataclass
class Moment:
    """One run of an operation, from whose call after the first `skip` on AWS fails.

    `met` tells afterwards whether there was such a call.
    """

    faults: Faults
    kind: str
    skip: int
    met: bool = False

    def meet(self, act: Callable[[], Answer | None]) -> None:
        """Do something meanwhile. The process dies, or says that AWS is in trouble; or it succeeds, if all was done."""
        operation, fault = FAULTS[self.kind]
        self.faults.hits = 0
        self.faults.add(operation, fault, skip=self.skip, times=ALWAYS)
        answer = None
        try:
            with pytest.MonkeyPatch.context() as patch, suppress(Crash):
                no_patience(patch)
                answer = act()
        finally:
            self.faults.clear()
        self.met = self.faults.hits > 0
        if answer is not None:
            assert answer.status < 300 or (self.met and answer.status == 503), answer.body


def moments(system: System, kind: str) -> Iterator[Moment]:
    """One for each call at which the fault can begin. Ends when there is no such call."""
    faults, skip, met = Faults(system.aws), 0, True
    while met:
        moment = Moment(faults, kind, skip)
        yield moment
        met, skip = moment.met, skip + 1


@contextmanager
def stumbling(system: System, kind: str) -> Iterator[list[str]]:
    """In the block every other call fails, at its first try: there is a second. The list holds those that did."""
    operation, fault = PASSING[kind]
    tried: list[str] = []
    failed: list[str] = []

    def meet(event_name: str, request: Any = None, **_: Any) -> Any:
        tried.append(event_name)
        if not len(tried) % 2:
            return None
        failed.append(event_name)
        return fault(request) if request is not None else fault()

    name = f"{'response-received' if fault is lose_answer else 'before-send'}.*.{operation}"
    emitters = [client.meta.events for client in (system.aws.dynamodb, system.aws.s3)]
    for events in emitters:
        events.register_first(name, meet)
    try:
        yield failed
    finally:
        for events in emitters:
            events.unregister(name, meet)


def narrow(patch: pytest.MonkeyPatch, most: int = 30, together: int = 10) -> None:
    """Let a transaction hold so many items, and so many rows come or go together: small documents take several."""
    patch.setattr(sys.modules["chalicelib.aws.transaction"], "MOST_ITEMS", most)
    for module in ("publishing", "clearing", "reindexing"):
        patch.setattr(f"chalicelib.resources.{module}.TOGETHER", together)
    patch.setattr("chalicelib.resources.clearing._REVISIONS", together // 2)
