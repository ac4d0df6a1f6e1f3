"""Many at once: one document is published, whole; what is counted adds up, and nothing is left."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from chalicelib import aws
from chalicelib.content import FolderRow
from chalicelib.jobs import dispatch
from chalicelib.resources.tables import UseRow
from chalicelib.workers import published
from tests.drive.failing import patience
from tests.resources.faulty import narrow
from tests.resources.library import FIELDS, Library, words
from tests.resources.recount import left, miscounts, misindexed, recount, settle
from tests.support.books import services_of, status
from tests.support.managing import field, manager
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once
from tests.uploads.sending import work

TIMES = 6
SIZES = pytest.mark.parametrize("size", [3, 40], ids=["in one transaction", "in many"])
"""Words of the documents, where a transaction holds 30 items."""
OTHER = (field("title"), *FIELDS[1:])
"""Another version's: the title is not searchable."""


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def library(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Of someone whose calls do not give up soon: a slow machine is not what is tested. Afterwards all adds up."""
    monkeypatch.setattr(aws.clients, "_current", over_ministack.aws)
    patience(monkeypatch, 30)
    narrow(monkeypatch)
    made = Library.of(manager(over_ministack))
    services_of(over_ministack)
    yield made
    settle(over_ministack)
    assert recount(over_ministack) == []


def outcomes(works: Sequence[Callable[[], Answer]]) -> Counter[str]:
    """How often each outcome came of doing all at once: a status, or an error code."""
    answers = at_once(works)
    return Counter(answer.json["error_code"] if answer.status >= 400 else str(answer.status) for answer in answers)


def drafts(library: Library, size: int, count: int = TIMES) -> tuple[str, list[str]]:
    """A resource with so many drafts, each of another document."""
    resource, first = library.create(library.document("0", words(size)))
    more = [library.document(str(number), words(size)) for number in range(1, count)]
    return resource, [first, *(library.me.revise(library.folder, resource, document) for document in more)]


@SIZES
def test_publishers_of_different_revisions(library: Library, size: int) -> None:
    resource, revisions = drafts(library, size)

    assert outcomes([partial(library.publish, resource, revision) for revision in revisions]) == {"200": TIMES}

    shown = library.shown(resource)
    assert shown is not None
    assert int(shown["title"]) in range(TIMES)
    assert [*left(), *miscounts(), *misindexed()] == []


@SIZES
def test_publishers_of_the_same_revision(library: Library, size: int) -> None:
    """Each takes what another has begun for cut off; in the end it is published once."""
    resource, revision = library.create(library.document("one", words(size), library.put(b"a file")))

    assert outcomes([partial(library.publish, resource, revision)] * 3) == {"200": 3}

    assert library.shown(resource)
    assert [*left(), *miscounts(), *misindexed()] == []


@SIZES
def test_publishers_against_deleters(library: Library, size: int) -> None:
    for _ in range(3):
        resource, revisions = drafts(library, size, 3)
        works = [partial(library.publish, resource, revision) for revision in revisions]

        found = outcomes([*works, partial(library.delete, resource), partial(library.delete, resource)])

        assert found["204"] == 1
        assert found["200"] + found["resource_not_found"] == 4
        assert [*left(), *miscounts(), *misindexed()] == []


@SIZES
def test_publishing_against_taking_back(library: Library, size: int) -> None:
    resource, (revision, *_) = drafts(library, size, 2)
    for _ in range(3):
        works = [partial(library.publish, resource, revision), partial(library.unpublish, resource, revision)] * 2

        found = outcomes(works)

        assert found.keys() <= {"200", "revision_not_published"}
        assert [*left(), *miscounts(), *misindexed()] == []


@SIZES
def test_publishers_against_a_new_schema_version(library: Library, size: int) -> None:
    pairs = [library.create(library.document(str(number), words(size))) for number in range(4)]
    draft = library.me.draft(library.folder, *OTHER)
    version = partial(library.me.ask, "POST", f"{draft}publish/")

    found = outcomes([version, *(partial(library.publish, *pair) for pair in pairs)])
    work(library.system)

    assert found == {"200": 5}
    assert [*left(), *miscounts(), *misindexed()] == []


def test_workers_of_the_same_message(library: Library) -> None:
    for number in range(3):
        library.published(library.document(str(number), words(40)))
    library.schema(*OTHER)
    message = dict(library.system.jobs.held.pop(0))

    def once() -> None:
        dispatch(library.system.jobs._handlers, message)

    at_once([once] * 3)

    assert [*left(), *misindexed()] == []


def test_the_janitor_against_publishers(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes for cut off what is under way, and those begin again."""
    monkeypatch.setattr(published, "CUT_OFF_SECONDS", 0)
    resource, _ = library.published(library.document("before", words(40)))
    revisions = [library.me.revise(library.folder, resource, library.document(str(n), words(40))) for n in range(2)]
    sweep = services_of(library.system).publishing
    sweeper = published.Published(sweep.apis, sweep.content.resources, sweep.versions)

    def come_by() -> Answer:
        for _ in range(3):
            sweeper.finish_resources(dry=False)
        return Answer(200, {}, b"")

    found = outcomes([come_by, *(partial(library.publish, resource, revision) for revision in revisions)])

    assert found == {"200": 3}
    assert library.shown(resource)
    assert [*miscounts(), *misindexed()] == []


def test_publications_share_a_file_and_the_account_s_row(library: Library) -> None:
    cid = library.put(b"shared")
    pairs = [library.create(library.document(str(number), "", cid)) for number in range(TIMES)]

    assert outcomes([partial(library.publish, *pair) for pair in pairs]) == {"200": TIMES}

    row = aws.get(UseRow, library.user.zelid, cid)
    assert row is not None
    assert row.uses == TIMES
    assert library.rm(cid) == 200
    assert status(library.system, library.user)["storage_used"] == len(b"shared")
    assert outcomes([partial(library.unpublish, *pair) for pair in pairs]) == {"200": TIMES}
    assert aws.get(UseRow, library.user.zelid, cid) is None
    assert status(library.system, library.user)["storage_used"] == 0


def test_the_file_is_removed_and_collected_while_it_is_published(library: Library) -> None:
    for number in range(4):
        cid = library.put(b"contested %d" % number)
        resource, revision = library.create(library.document("one", "", cid))

        def remove(cid: str = cid) -> Answer:
            library.rm(cid)
            services_of(library.system).janitor(0).run()
            return Answer(200, {}, b"")

        found = outcomes([remove, partial(library.publish, resource, revision)])

        assert found in ({"200": 2}, {"200": 1, "data_validation_error": 1})
        assert bool(library.shown(resource)) == (found["200"] == 2)


def test_resources_made_at_once_are_counted(library: Library) -> None:
    path = f"/folders/{library.folder}/resources/"
    make = partial(library.me.ask, "POST", path, {"data": library.document()})

    assert outcomes([make] * TIMES) == {"201": TIMES}

    row = aws.get(FolderRow, library.me.env, library.folder)
    assert row is not None
    assert (row.resources, library.me.ask("GET", path).json["count"]) == (TIMES, TIMES)


def test_one_external_id_is_one_resource(library: Library) -> None:
    path = f"/folders/{library.folder}/resources/"
    upsert = partial(library.me.ask, "PUT", path, {"data": library.document()}, query={"external_id": "the-one"})

    assert outcomes([upsert] * TIMES) == {"201": 1, "200": TIMES - 1}

    (resource,) = library.me.ask("GET", path).json["results"]
    assert len(library.me.revisions(library.folder, resource["key"])) == TIMES
