"""Whatever fails, and at whichever call: the world reads the old document or the new one, and nothing is left."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws
from chalicelib.aws import StoreError
from tests.drive.failing import no_pauses
from tests.resources.faulty import PASSING, moments, narrow, stumbling
from tests.resources.library import FIELDS, Library, words
from tests.resources.recount import left, miscounts, misindexed, recount, settle
from tests.support.managing import field as a_field
from tests.support.managing import manager
from tests.support.ministack import Ministack
from tests.support.system import Answer
from tests.uploads.sending import queues, work

Document = dict[str, Any]
SIZES = {"in one transaction": 3, "in two": 16, "in many": 45}
"""Words of the documents, where a transaction holds 30 items."""
CONTENTS = (b"one", b"two", b"three")
KEEPS_FIELDS = (*FIELDS[1:], a_field("title"), a_field("shelf", searchable=True))
"""Of the next version: one field is not searchable any more, and one is new."""


@dataclass
class Scene:
    """What is about to happen, and what the world may read of each resource before and after it."""

    library: Library
    act: Callable[[], Answer | None]
    before: dict[str, Document | None] = field(default_factory=dict)
    after: dict[str, Document | None] = field(default_factory=dict)

    def check(self) -> None:
        """Each resource is read as before or as after, whole."""
        for resource, old in self.before.items():
            assert self.library.shown(resource) in (old, self.after[resource])

    def end(self) -> None:
        """It is done; then all goes, and leaves nothing."""
        assert {resource: self.library.shown(resource) for resource in self.after} == self.after
        for resource in self.after:
            assert self.library.delete(resource).status in (204, 404)
        settle(self.library.system)
        assert recount(self.library.system) == []


def publishing(library: Library, size: int) -> Scene:
    document = library.document("new", words(size), *files(library)[:2])
    resource, revision = library.create(document)
    return Scene(library, partial(library.publish, resource, revision), {resource: None}, {resource: document})


def replacing(library: Library, size: int) -> Scene:
    """With a file that stays, one that goes, and one that comes."""
    one, two, three = files(library)
    old, new = library.document("old", words(size), one, two), library.document("new", words(size), two, three)
    resource, _ = library.published(old)
    revision = library.me.revise(library.folder, resource, new)
    return Scene(library, partial(library.publish, resource, revision), {resource: old}, {resource: new})


def going_back(library: Library, size: int) -> Scene:
    """A revision that was published before is so again."""
    one, two, three = files(library)
    first, second = library.document("1st", words(size), one, two), library.document("2nd", words(size), two, three)
    resource, revision = library.published(first)
    assert library.publish(resource, library.me.revise(library.folder, resource, second)).status == 200
    return Scene(library, partial(library.publish, resource, revision), {resource: second}, {resource: first})


def unpublishing(library: Library, size: int) -> Scene:
    old = library.document("old", words(size), *files(library))
    resource, revision = library.published(old)
    return Scene(library, partial(library.unpublish, resource, revision), {resource: old}, {resource: None})


def deleting_the_revision(library: Library, size: int) -> Scene:
    old = library.document("old", words(size), *files(library))
    resource, revision = library.published(old)
    act = partial(library.me.ask, "DELETE", library.path(resource, revision))
    return Scene(library, act, {resource: old}, {resource: None})


def deleting(library: Library, size: int) -> Scene:
    """With revisions that were published, and drafts."""
    documents = [library.document(str(number), words(size), *files(library)[number:]) for number in range(3)]
    resource, _ = library.published(documents[0])
    assert library.publish(resource, library.me.revise(library.folder, resource, documents[1])).status == 200
    library.me.revise(library.folder, resource, documents[2])
    return Scene(library, partial(library.delete, resource), {resource: documents[1]}, {resource: None})


def deleting_an_owner(library: Library, size: int) -> Scene:
    """With what belongs to it, in a strict folder below."""
    old = library.document("old", words(size), *files(library)[:1])
    resource, _ = library.published(old)
    below = library.beside(parent=library.folder, strict=True)
    for title in ("one", "two"):
        document = below.document(title, words(size), *files(library)[1:])
        child = below.me.resource(below.folder, document, resource_owner=resource)
        assert below.me.publish(below.folder, child).status == 200
    return Scene(library, partial(library.delete, resource), {resource: old}, {resource: None})


def reindexing(library: Library, size: int) -> Scene:
    """Two resources, in a folder of their own, whose schema changes."""
    apart = library.beside()
    documents = [apart.document(title, words(size), *files(apart)[:1]) for title in ("one", "two")]
    shown: dict[str, Document | None] = {apart.published(document)[0]: document for document in documents}
    draft = apart.me.draft(apart.folder, *KEEPS_FIELDS)

    def act() -> Answer:
        answer = apart.me.ask("POST", f"{draft}publish/")
        # As a queue does it: the message is lost, or comes again.
        with suppress(StoreError, ClientError, PynamoDBException):
            work(apart.system)
        return answer

    return Scene(apart, act, shown, shown)


ACTS = (publishing, replacing, going_back, unpublishing, deleting_the_revision, deleting, deleting_an_owner, reindexing)


def files(library: Library) -> list[str]:
    """The hashes of three files, which the account has."""
    return [library.put(data) for data in CONTENTS] if not library.contents else list(library.contents)


@pytest.fixture(scope="module")
def shelves(ministack: Ministack) -> Library:
    return Library.of(manager(ministack.system()))


@pytest.fixture
def library(shelves: Library, monkeypatch: pytest.MonkeyPatch) -> Library:
    """One for all, since each test leaves nothing in it."""
    monkeypatch.setattr(aws.clients, "_current", shelves.system.aws)
    no_pauses(monkeypatch)
    narrow(monkeypatch)
    return shelves


def run(make: Callable[[Library, int], Scene], library: Library, size: int, kind: str) -> int:
    """Let AWS fail from each call on in turn; gives how many there were."""
    tries = 0
    for moment in moments(library.system, kind):
        scene = make(library, size)

        moment.meet(scene.act)

        scene.check()
        assert miscounts() == []
        for queue in queues(library.system) if moment.met else ():
            queue.held.clear()
        # By turns, the janitor comes by before who asked does so again, or after.
        if moment.skip % 2:
            settle(library.system)
            scene.check()
            assert [*left(), *miscounts(), *misindexed()] == []
        answer = scene.act()
        assert answer is not None
        assert answer.status in (200, 204, 404, 422)
        scene.end()
        tries += 1
    return tries - 1


CAMPAIGN = bool(os.environ.get("FLUXVAULT_EXAMPLES"))
"""Each further kind of failure at each call of many takes minutes, and has found nothing that the others do not."""
TRIED = [
    *(
        (make, size, "dying before")
        for make in ACTS
        for size in ("in one transaction", "in many")
        if (make, size) != (deleting_an_owner, "in many")
    ),
    *(
        (make, "in many", kind)
        for make in ACTS
        for kind in ("refused", "losing")
        if CAMPAIGN and make is not deleting_an_owner
    ),
    *((make, "in two", "dying after") for make in (publishing, replacing, going_back)),
]


@pytest.mark.parametrize(("make", "size", "kind"), TRIED)
def test_whatever_fails_at_any_call_is_made_good(library: Library, make: Any, size: str, kind: str) -> None:
    assert run(make, library, SIZES[size], kind) > 1


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("make", ACTS)
def test_what_fails_once_at_every_call_is_done_once(library: Library, make: Any, kind: str) -> None:
    scene = make(library, SIZES["in many"])

    with stumbling(library.system, kind) as failed:
        answer = scene.act()

    assert answer is not None
    assert answer.status in (200, 204)
    assert len(failed) > 3
    assert [*left(), *miscounts(), *misindexed()] == []
    scene.end()


@pytest.mark.parametrize("rows", [110, 310] if CAMPAIGN else [110])
def test_documents_that_no_transaction_of_aws_holds(shelves: Library, monkeypatch: Any, rows: int) -> None:
    """The same at full size."""
    monkeypatch.setattr(aws.clients, "_current", shelves.system.aws)
    no_pauses(monkeypatch)

    assert run(replacing, shelves, rows, "dying before") > 10
