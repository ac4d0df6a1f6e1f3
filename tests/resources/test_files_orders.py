"""A file is put, published, removed, put again, in every order, with crashes between calls: what is published is read.

And the books balance: references, uses, and bytes in use.
"""

import itertools
import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.resources.tables import UseRow
from tests.drive.failing import no_pauses
from tests.resources.faulty import Moment
from tests.resources.library import Library
from tests.resources.recount import miscounts, recount, settle
from tests.support.books import services_of, status
from tests.support.faults import Faults
from tests.support.managing import Manager, manager
from tests.support.ministack import Ministack
from tests.support.system import Answer, System

FOLLOWING = 3 if os.environ.get("FLUXVAULT_EXAMPLES") else 2
LONG, SHORT = 70, 40
"""Bytes of the two files."""


def fresh(size: int = LONG) -> bytes:
    """Bytes that nobody else has."""
    return uuid.uuid4().hex.encode().ljust(size, b".")


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def me(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Afterwards all adds up, also for the others."""
    monkeypatch.setattr(aws.clients, "_current", over_ministack.aws)
    no_pauses(monkeypatch)
    yield manager(over_ministack)
    settle(over_ministack)
    assert recount(over_ministack) == []


class Desk:
    """A resource, what its owner does with it and with two files, and what must be so after each step."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.content = fresh()
        self.a, self.b = library.put(self.content), library.put(fresh(SHORT))
        self.pinned = {self.a, self.b}
        self.shown: set[str] = set()
        self.resource, self.revision = library.create(library.document("a", "", self.a))
        self.other = library.me.revise(library.folder, self.resource, library.document("b", "", self.b))
        self.deleted = False

    def rm(self) -> None:
        self.library.rm(self.a)
        self.pinned.discard(self.a)

    def put(self) -> None:
        self.library.put(self.content)
        self.pinned.add(self.a)

    def publish(self) -> None:
        self._publish(self.revision, self.a)

    def replace(self) -> None:
        self._publish(self.other, self.b)

    def _publish(self, revision: str, cid: str) -> None:
        """It is refused where the account holds the file no longer, neither on its drive nor in what it publishes."""
        answer = self.library.publish(self.resource, revision)
        held = cid in self.pinned | self.shown
        assert answer.status == (404 if self.deleted else 200 if held else 422), answer.body
        if answer.status == 200:
            self.shown = {cid}

    def unpublish(self) -> None:
        for revision in (self.revision, self.other):
            self.library.unpublish(self.resource, revision)
        self.shown = set()

    def delete(self) -> None:
        assert self.library.delete(self.resource).status in (204, 404)
        self.shown, self.deleted = set(), True

    def gc(self) -> None:
        services_of(self.library.system).janitor(0).run()

    def check(self) -> None:
        """What is published is read; each use of a file counts, and each file on the drive."""
        document = self.library.shown(self.resource)
        assert set(document["pictures"] if document else ()) == self.shown
        sizes = {self.a: LONG, self.b: SHORT}
        used = sum(sizes[cid] for cid in (*self.pinned, *self.shown))
        assert status(self.library.system, self.library.user)["storage_used"] == used


STEPS: dict[str, Callable[[Desk], None]] = {
    "rm": Desk.rm,
    "put": Desk.put,
    "publish": Desk.publish,
    "replace": Desk.replace,
    "unpublish": Desk.unpublish,
    "delete": Desk.delete,
}


@pytest.mark.parametrize("first", STEPS)
def test_every_order(me: Manager, first: str) -> None:
    """Of six steps three, or in a campaign four, the janitor coming by after each."""
    library = Library.of(me)
    rest = [name for name in STEPS if name != first]
    for order in itertools.permutations(rest, FOLLOWING):
        desk = Desk(library)
        for name in (first, *order):
            STEPS[name](desk)
            desk.gc()
            desk.check()
        desk.unpublish()
        library.delete(desk.resource)
        for cid in (desk.a, desk.b):
            library.rm(cid)
    assert miscounts() == []
    settle(library.system)
    assert status(library.system, library.user)["storage_used"] == 0


ORDERS = [
    ("publish", "rm", "gc", "replace", "gc", "put", "publish", "gc"),
    ("publish", "replace", "rm", "gc", "put", "publish", "unpublish", "gc"),
    ("rm", "put", "publish", "rm", "gc", "delete", "gc"),
    ("replace", "rm", "gc", "put", "gc", "publish", "rm", "unpublish", "gc", "put", "publish"),
]


@pytest.mark.parametrize("kind", ["dying before", "losing"])
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_a_crash_between_two_calls_of_any_step(me: Manager, order: tuple[str, ...], kind: str) -> None:
    """It happens at one step; then that is done again."""
    library, faults = Library.of(me), Faults(me.system.aws)
    steps = {**STEPS, "gc": Desk.gc}
    for failing, call in zip(range(len(order)), itertools.cycle([1, 2, 3, 4, 5]), strict=False):
        desk = Desk(library)
        for at, name in enumerate(order):
            if at == failing:
                attempt(Moment(faults, kind, call).meet, steps[name], desk)
            steps[name](desk)
            if at == failing:
                settle(library.system)
            desk.check()
        library.delete(desk.resource)
        settle(library.system)
        for cid in (desk.a, desk.b):
            library.rm(cid)
        assert status(library.system, library.user)["storage_used"] == 0


def attempt(meet: Callable[[Callable[[], Answer | None]], None], step: Callable[[Desk], None], desk: Desk) -> None:
    """A step that may fail: whatever it notes is not to be relied on, and it is done again."""
    noted = set(desk.pinned), set(desk.shown), desk.deleted

    def act() -> None:
        try:
            step(desk)
        except Exception:  # noqa: BLE001 - what it asserts does not hold for a call that failed
            return

    meet(act)
    desk.pinned, desk.shown, desk.deleted = noted


def test_two_resources_share_a_file(me: Manager) -> None:
    library = Library.of(me)
    cid = library.put(fresh())
    pairs = [library.published(library.document(str(number), "", cid)) for number in range(2)]
    library.rm(cid)
    services_of(library.system).janitor(0).run()
    assert uses(library, cid) == 2

    for left, (resource, revision) in zip((1, 0), pairs, strict=True):
        assert all(library.shown(other) for other, _ in pairs[2 - left - 1 :])
        assert library.unpublish(resource, revision).status == 200
        services_of(library.system).janitor(0).run()
        assert uses(library, cid) == left

    assert aws.get(BlobRow, cid) is None
    assert status(library.system, library.user)["storage_used"] == 0
    assert library.publish(*pairs[0]).status == 422


def uses(library: Library, cid: str) -> int:
    row = aws.get(UseRow, library.user.zelid, cid)
    return int(row.uses) if row is not None else 0


def test_what_is_published_may_be_published_once_more_without_the_drive(me: Manager) -> None:
    """It is the account's still; it costs nothing more."""
    library = Library.of(me)
    cid = library.put(fresh())
    library.published(library.document("one", "", cid))
    library.rm(cid)

    resource, _ = library.published(library.document("two", "", cid))

    assert library.shown(resource)
    assert (uses(library, cid), status(library.system, library.user)["storage_used"]) == (2, LONG)


def test_two_accounts_publish_the_same_content(me: Manager) -> None:
    """One's removal, and what it takes back, are nothing to the other."""
    ours, theirs = Library.of(me), Library.of(manager(me.system))
    content = fresh()
    cid = ours.put(content, "ours.png")
    theirs.put(content, "theirs.png")
    (our, our_revision), (their, _) = (one.published(one.document("same", "", cid)) for one in (ours, theirs))
    blob = aws.get(BlobRow, cid)
    assert blob is not None
    assert blob.refs == 4

    for one in (ours, theirs):
        one.rm(cid)
    services_of(ours.system).janitor(0).run()
    assert ours.shown(our)
    assert ours.unpublish(our, our_revision).status == 200
    services_of(ours.system).janitor(0).run()

    assert theirs.shown(their)
    assert ours.publish(our, our_revision).status == 422
    assert [status(one.system, one.user)["storage_used"] for one in (ours, theirs)] == [0, LONG]
