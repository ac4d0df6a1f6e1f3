"""Whatever happens, all that management counts adds up: a long run over one account, whose calls meet faults and die.

In CI the runs are the same each time. A campaign of other runs, so many times as long:

    FLUXVAULT_EXAMPLES=50 pytest tests/apis/test_state_machine.py
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import hypothesis
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pynamodb.exceptions import PynamoDBException

from chalicelib.aws import StoreError
from tests.apis.recount import miscounts, unfinished
from tests.support.books import services_of
from tests.support.faults import Crash, Faults, conflict, crash_after, crash_before, lose_answer, throttle
from tests.support.managing import manager, shared_moto

LONGER = int(os.environ.get("FLUXVAULT_EXAMPLES", "0"))
EFFORT = hypothesis.settings(
    max_examples=5 * max(LONGER, 1),
    stateful_step_count=20,
    derandomize=not LONGER,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate, Phase.shrink] if LONGER else [Phase.generate],
)
KINDS: dict[str, Callable[..., Any]] = {
    "crash before": crash_before,
    "crash after": crash_after,
    "lost": lose_answer,
    "conflict": conflict,
    "throttle": throttle,
}
Mishap = tuple[str, str, int] | None
MISHAPS: st.SearchStrategy[Mishap] = st.none() | st.one_of(
    st.tuples(st.sampled_from(["crash before", "crash after", "lost", "throttle"]), st.just("*"), st.integers(0, 4)),
    st.tuples(st.sampled_from(sorted(KINDS)), st.just("TransactWriteItems"), st.integers(0, 2)),
)
WHICH = st.integers(0, 30)
NAMES = st.sampled_from(["a", "b", "c", "d"])
LIFTED = 2
"""Connections that one transaction lets go here, so that deleting an API takes several."""


class Machine(RuleBasedStateMachine):
    """One run. What there is is asked of the lists, since a call that died may have been done or not."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        system = self._stack.enter_context(shared_moto())
        self.me = manager(system)
        self.services = services_of(system)
        self.faults = Faults(system.aws)

    def teardown(self) -> None:
        self.services.janitor().run()
        assert unfinished() == 0
        assert miscounts() == []
        self._stack.close()

    @rule(parent=st.none() | WHICH, alias=NAMES, strict=st.booleans(), mishap=MISHAPS)
    def make_folder(self, parent: int | None, alias: str, strict: bool, mishap: Mishap) -> None:
        above = self.folder(parent) if parent is not None else None
        body = {"name": alias, "alias": alias, "parent": above, "strict_reference": strict and above is not None}
        self.ask("POST", "/folders/tree/", body, mishap)

    @rule(which=WHICH, alias=NAMES, mishap=MISHAPS)
    def rename_folder(self, which: int, alias: str, mishap: Mishap) -> None:
        self.ask("PUT", f"/folders/tree/folder/?{self.folder(which)}", {"alias": alias}, mishap)

    @rule(which=WHICH, mishap=MISHAPS)
    def delete_folder(self, which: int, mishap: Mishap) -> None:
        self.ask("DELETE", f"/folders/tree/folder/?{self.folder(which)}", b"", mishap)

    @rule(prefix=NAMES, mishap=MISHAPS)
    def make_api(self, prefix: str, mishap: Mishap) -> None:
        self.ask("POST", "/api/", {"name": prefix, "prefix": prefix}, mishap)

    @rule(which=WHICH, prefix=NAMES, mishap=MISHAPS)
    def change_prefix(self, which: int, prefix: str, mishap: Mishap) -> None:
        self.ask("PUT", f"/api/{self.api(which)}/", {"prefix": prefix}, mishap)

    @rule(which=WHICH, mishap=MISHAPS)
    def delete_api(self, which: int, mishap: Mishap) -> None:
        self.ask("DELETE", f"/api/{self.api(which)}/", b"", mishap)

    @rule(api=WHICH, folder=WHICH, mishap=MISHAPS)
    def connect(self, api: int, folder: int, mishap: Mishap) -> None:
        self.ask("POST", f"/api/{self.api(api)}/folders/", {"folder": self.folder(folder)}, mishap)

    @rule(api=WHICH, folder=WHICH, mishap=MISHAPS)
    def disconnect(self, api: int, folder: int, mishap: Mishap) -> None:
        self.ask("DELETE", f"/api/{self.api(api)}/folders/{self.folder(folder)}/", b"", mishap)

    @rule(mishap=MISHAPS)
    def come_by(self, mishap: Mishap) -> None:
        """The janitor."""
        self.arm(mishap)
        try:
            self.services.janitor().run()
        except (Crash, StoreError, ClientError, BotoCoreError, PynamoDBException):
            assert self.faults.hits
        else:
            assert unfinished() == 0
        self.faults.clear()

    @invariant()
    def all_adds_up(self) -> None:
        assert miscounts() == []

    def ask(self, method: str, path: str, body: Any, mishap: Mishap) -> None:
        """A call that may die, and must not fail otherwise."""
        path, _, key = path.partition("?")
        self.arm(mishap)
        with suppress(Crash):
            answer = self.me.ask(method, path, body, query={"key": key} if key else None)
            assert answer.status < 500 or (self.faults.hits and answer.status == 503), answer.body
        self.faults.clear()

    def arm(self, mishap: Mishap) -> None:
        self.faults.hits = 0
        if mishap is not None:
            kind, operation, skip = mishap
            self.faults.add(operation, KINDS[kind], skip=skip)

    def folder(self, which: int) -> str:
        """A folder's key, or one that no folder has."""
        found: list[str] = []
        places: list[str | None] = [None]
        while places:
            above = places.pop()
            page = self.me.ask("GET", "/folders/tree/", query={"key": above} if above else None).json
            found += (keys := [row["key"] for row in page["results"]])
            places += keys
        return found[which % len(found)] if found else "nothing"

    def api(self, which: int) -> str:
        """An API's key, or one that no API has."""
        found = [row["key"] for row in self.me.ask("GET", "/api/").json["results"]]
        return found[which % len(found)] if found else "nothing"


def test_all_that_is_counted_adds_up_whatever_happens(monkeypatch: Any) -> None:
    monkeypatch.setattr("chalicelib.apis.connections.Connections.MOST_TOGETHER", LIFTED)

    run_state_machine_as_test(Machine, settings=EFFORT)
