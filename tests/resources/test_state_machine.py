"""Whatever happens, what is published is read whole, and all adds up: a long run over one account whose calls die.

In CI the runs are the same each time. A campaign of other runs, so many times as long:

    FLUXVAULT_EXAMPLES=50 pytest tests/resources/test_state_machine.py
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import hypothesis
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws
from chalicelib.aws import StoreError
from chalicelib.resources.tables import ResourceRow
from chalicelib.workers import published
from tests.drive.failing import no_patience, no_pauses
from tests.resources.faulty import narrow
from tests.resources.library import FIELDS, Library, words
from tests.resources.recount import miscounts, recount, settle
from tests.support.books import services_of
from tests.support.faults import Crash, Faults, conflict, crash_after, crash_before, lose_answer, throttle
from tests.support.managing import field, manager, shared_moto
from tests.uploads.sending import queues, work
from tests.workers.world import read_plainly

LONGER = int(os.environ.get("FLUXVAULT_EXAMPLES", "0"))
EFFORT = hypothesis.settings(
    max_examples=4 * max(LONGER, 1),
    stateful_step_count=25,
    derandomize=not LONGER,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
)
KINDS: dict[str, Callable[..., Any]] = {
    "crash before": crash_before,
    "crash after": crash_after,
    "lost": lose_answer,
    "conflict": conflict,
    "throttle": throttle,
}
Mishap = tuple[str, str, int] | None
CRASHES = st.sampled_from(["crash before", "crash after"])
MISHAPS: st.SearchStrategy[Mishap] = st.none() | st.one_of(
    st.tuples(CRASHES | st.just("throttle"), st.just("*"), st.integers(0, 9)),
    st.tuples(st.sampled_from(sorted(KINDS)), st.just("TransactWriteItems"), st.integers(0, 5)),
)
WHICH = st.integers(0, 30)
SIZES = st.sampled_from([0, 3, 12, 25])
"""Words of a document; of 12, two revisions do not fit one transaction here."""
SCHEMAS = (FIELDS, (field("title"), *FIELDS[1:]), (FIELDS[0], field("text", "text"), *FIELDS[2:]))
CONTENTS = (b"one", b"two", b"three")
FILES = st.lists(st.sampled_from(CONTENTS), max_size=2, unique=True)
TROUBLE = (Crash, StoreError, ClientError, BotoCoreError, PynamoDBException)


class Machine(RuleBasedStateMachine):
    """One run. What there is is asked of the lists, since a call that died may have been done or not."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        read_plainly(patch)
        no_pauses(patch)
        no_patience(patch)
        narrow(patch)
        patch.setattr(published, "CUT_OFF_SECONDS", 0)
        system = self._stack.enter_context(shared_moto())
        self.library = Library.of(manager(system))
        self.me = self.library.me
        # Each content's hash, and then none of them on the drive.
        self.cids = {data: self.library.put(data) for data in CONTENTS}
        services_of(system)
        self.faults = Faults(system.aws)

    def teardown(self) -> None:
        settle(self.library.system)
        assert recount(self.library.system) == []
        self.all_is_read()
        for row in list(aws.scan(ResourceRow)):
            assert self.library.delete(row.key).status == 204
        settle(self.library.system)
        assert recount(self.library.system) == []
        self._stack.close()

    @rule(size=SIZES, files=FILES, mishap=MISHAPS)
    def create(self, size: int, files: list[bytes], mishap: Mishap) -> None:
        self.ask("POST", f"/folders/{self.library.folder}/resources/", self.document(size, files), mishap)

    @rule(which=WHICH, size=SIZES, files=FILES, mishap=MISHAPS)
    def revise(self, which: int, size: int, files: list[bytes], mishap: Mishap) -> None:
        path = f"{self.library.path(self.resource(which))}revisions/"
        self.ask("POST", path, self.document(size, files), mishap)

    @rule(which=WHICH, revision=WHICH, size=SIZES, files=FILES, mishap=MISHAPS)
    def change(self, which: int, revision: int, size: int, files: list[bytes], mishap: Mishap) -> None:
        self.ask("PUT", self.revision(which, revision), self.document(size, files), mishap)

    @rule(which=WHICH, revision=WHICH, mishap=MISHAPS)
    def publish(self, which: int, revision: int, mishap: Mishap) -> None:
        self.ask("POST", f"{self.revision(which, revision)}publish/", b"", mishap)

    @rule(which=WHICH, revision=WHICH, mishap=MISHAPS)
    def publish_cut_off(self, which: int, revision: int, mishap: Mishap) -> None:
        """And again at once."""
        path = f"{self.revision(which, revision)}publish/"
        self.ask("POST", path, b"", mishap)
        self.ask("POST", path, b"", None)

    @rule(which=WHICH, revision=WHICH, mishap=MISHAPS)
    def unpublish(self, which: int, revision: int, mishap: Mishap) -> None:
        self.ask("POST", f"{self.revision(which, revision)}unpublish/", b"", mishap)

    @rule(which=WHICH, revision=WHICH, mishap=MISHAPS)
    def delete_revision(self, which: int, revision: int, mishap: Mishap) -> None:
        self.ask("DELETE", self.revision(which, revision), b"", mishap)

    @rule(which=WHICH, mishap=MISHAPS)
    def delete(self, which: int, mishap: Mishap) -> None:
        self.ask("DELETE", self.library.path(self.resource(which)), b"", mishap)

    @rule(fields=st.sampled_from(SCHEMAS), mishap=MISHAPS)
    def publish_a_version(self, fields: Any, mishap: Mishap) -> None:
        draft = self.me.draft(self.library.folder, *fields)
        self.ask("POST", f"{draft}publish/", b"", mishap)

    @rule(mishap=MISHAPS)
    def work(self, mishap: Mishap) -> None:
        """The queue; what it could not do is lost."""
        self.meanwhile(mishap, lambda: work(self.library.system))
        for queue in queues(self.library.system):
            queue.held.clear()

    @rule(mishap=MISHAPS)
    def come_by(self, mishap: Mishap) -> None:
        """The janitor."""
        self.meanwhile(mishap, lambda: services_of(self.library.system).janitor(0).run(lost_seconds=0))

    @rule(data=st.sampled_from(CONTENTS))
    def put(self, data: bytes) -> None:
        self.library.put(data)

    @rule(data=st.sampled_from(CONTENTS), mishap=MISHAPS)
    def rm(self, data: bytes, mishap: Mishap) -> None:
        self.meanwhile(mishap, lambda: self.library.rm(self.cids[data]))

    @invariant()
    def all_adds_up(self) -> None:
        assert miscounts() == []
        self.all_is_read()

    def all_is_read(self) -> None:
        for row in aws.scan(ResourceRow):
            assert (self.library.shown(row.key) is not None) == (row.current is not None)

    def document(self, size: int, files: list[bytes]) -> dict[str, Any]:
        return {"data": self.library.document(f"of {size}", words(size), *(self.cids[data] for data in files))}

    def ask(self, method: str, path: str, body: Any, mishap: Mishap) -> None:
        """A call that may die, and must not fail otherwise."""
        self.arm(mishap)
        with suppress(Crash):
            answer = self.me.ask(method, path, body)
            assert answer.status < 500 or (self.faults.hits and answer.status == 503), answer.body
        self.faults.clear()

    def meanwhile(self, mishap: Mishap, act: Callable[[], Any]) -> None:
        self.arm(mishap)
        try:
            act()
        except TROUBLE:
            assert self.faults.hits
        self.faults.clear()

    def arm(self, mishap: Mishap) -> None:
        self.faults.hits = 0
        if mishap is not None:
            kind, operation, skip = mishap
            times = 1_000 if kind.startswith("crash") else 1
            self.faults.add(operation, KINDS[kind], skip=skip, times=times)

    def resource(self, which: int) -> str:
        """A resource's key, or one that no resource has."""
        found = sorted(row.key for row in aws.scan(ResourceRow))
        return found[which % len(found)] if found else "nothing"

    def revision(self, which: int, revision: int) -> str:
        """A revision's path, or one that leads nowhere."""
        resource = self.resource(which)
        answer = self.me.ask("GET", f"{self.library.path(resource)}revisions/")
        found = [row["key"] for row in answer.json["results"]] if answer.status == 200 else []
        return self.library.path(resource, found[revision % len(found)] if found else "nothing")


def test_all_that_is_published_is_read_and_adds_up_whatever_happens() -> None:
    run_state_machine_as_test(Machine, settings=EFFORT)
