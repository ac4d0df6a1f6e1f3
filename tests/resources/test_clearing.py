"""What clears away, while others do the same, or publish again what is being cleared away."""

import copy
import time
from collections.abc import Iterator

import pytest

from chalicelib import aws
from chalicelib.resources.clearing import Clearing
from chalicelib.resources.tables import RemainsRow
from chalicelib.workers import published
from tests.drive.failing import patience
from tests.resources.faulty import narrow
from tests.resources.library import Library, words
from tests.resources.meanwhile import cut_off, every_moment
from tests.resources.recount import left, misindexed, recount, settle
from tests.support.books import services_of
from tests.support.managing import manager
from tests.support.ministack import Ministack
from tests.support.system import System

MANY = words(22)


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def library(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Transactions hold 30 items, so that documents of 22 words replace others in several; afterwards all adds up."""
    monkeypatch.setattr(aws.clients, "_current", over_ministack.aws)
    patience(monkeypatch, 30)
    narrow(monkeypatch)
    made = Library.of(manager(over_ministack))
    yield made
    settle(made.system)
    assert recount(made.system) == []


def remains() -> list[RemainsRow]:
    return list(aws.scan(RemainsRow))


def clearing(library: Library) -> Clearing:
    """That of the janitor."""
    return services_of(library.system).publishing.content.publishing.clearing


def test_a_draft_changes_after_its_publication_was_cut_off(library: Library) -> None:
    """What was written of it is known by the document that it had."""
    resource, revision = library.create(library.document("old", words(40)))
    cut_off(library, lambda: library.publish(resource, revision), 2)
    assert remains()

    new = library.document("new", "quite another text")
    assert library.me.ask("PUT", library.path(resource, revision), {"data": new}).status == 200

    settle(library.system)
    assert [*left(), *misindexed()] == []
    assert library.publish(resource, revision).status == 200
    assert library.shown(resource) == new


def test_a_draft_changes_while_it_is_published(library: Library) -> None:
    new = library.document("new", "quite another text")
    for between in every_moment(library, "TransactWriteItems"):
        resource, revision = library.create(library.document("old", words(40)))
        path = library.path(resource, revision)

        with between.comes(lambda: library.me.ask("PUT", path, {"data": new}).status) as done:  # noqa: B023 - at once
            assert library.publish(resource, revision).status == 200

        assert done in ([200], [])
        assert not done or library.shown(resource) == new
        assert [*left(), *misindexed()] == []


@pytest.mark.parametrize("whole", [True, False], ids=["the resource", "the revision"])
def test_it_is_deleted_while_it_is_published(library: Library, *, whole: bool) -> None:
    for between in every_moment(library, "TransactWriteItems"):
        resource, revision = library.create(library.document("old", words(40)))
        path = library.path(resource, None if whole else revision)

        with between.comes(lambda: library.me.ask("DELETE", path).status) as done:  # noqa: B023 - at once
            status = library.publish(resource, revision).status

        assert (status, done) in ((404, [204]), (200, []))
        if done:
            assert [*left(), *misindexed()] == []
            assert library.me.ask("DELETE", library.path(resource)).status == (404 if whole else 204)


@pytest.mark.parametrize("before", [False, True], ids=["first", "anew"])
def test_two_publish_the_same_revision(library: Library, *, before: bool) -> None:
    """One comes between two calls of the other, which then finds it done."""
    old, new = library.document("before", MANY), library.document("same", words(40))
    for between in every_moment(library):
        resource, revision = library.published(old) if before else library.create(new)
        revision = library.me.revise(library.folder, resource, new) if before else revision

        with between.comes(lambda: library.publish(resource, revision).status) as done:  # noqa: B023 - at once
            assert library.publish(resource, revision).status == 200

        assert done in ([200], [])
        assert library.shown(resource) == new
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


def test_two_publish_two_revisions(library: Library) -> None:
    """The later one stays."""
    for between in every_moment(library):
        resource, _ = library.published(library.document("before", MANY))
        one, two = library.document("one", words(40)), library.document("two", words(35))
        first, second = (library.me.revise(library.folder, resource, document) for document in (one, two))

        with between.comes(lambda: library.publish(resource, second).status) as done:  # noqa: B023 - at once
            assert library.publish(resource, first).status == 200

        assert done in ([200], [])
        assert library.shown(resource) in (one, two)
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


def test_the_janitor_takes_a_publication_for_cut_off(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is begun again, and nothing that it needs goes later."""
    monkeypatch.setattr(published, "CUT_OFF_SECONDS", 0)
    document = library.document("new", words(40))
    for between in every_moment(library, "TransactWriteItems"):
        resource, _ = library.published(library.document("old", MANY))
        revision = library.me.revise(library.folder, resource, document)

        with between.comes(lambda: services_of(library.system).janitor(0).run()):
            assert library.publish(resource, revision).status == 200

        assert library.shown(resource) == document
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


@pytest.mark.parametrize("later", [0, 5], ids=["at once", "later"])
def test_what_is_being_cleared_away_is_published_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, later: int
) -> None:
    """By the time a slow janitor goes on, the rows it has in mind are needed again, or are others."""
    document = library.document("back", words(40))
    for between in every_moment(library):
        resource, revision = library.published(document)
        cut_off(library, lambda: library.unpublish(resource, revision), 1)  # noqa: B023 - at once
        (stands,) = remains()

        with between.comes(lambda: publish_in(library, monkeypatch, later, resource, revision)) as done:  # noqa: B023
            clearing(library).clear(copy.copy(stands))

        if done:
            assert library.shown(resource) == document
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


def publish_in(library: Library, patch: pytest.MonkeyPatch, seconds: int, resource: str, revision: str) -> int:
    """Publish some seconds from now; the status."""
    with patch.context() as later:
        now = time.time() + seconds
        later.setattr("chalicelib.resources.publishing.time.time", lambda: now)
        return library.publish(resource, revision).status


def test_an_old_note_of_what_is_left_means_nothing_later(library: Library) -> None:
    """It was published and taken back since: what is left now is another's to see to, and is not dropped."""
    resource, revision = library.published(library.document("one", words(40)))
    cut_off(library, lambda: library.unpublish(resource, revision), 1)
    (old,) = remains()
    assert library.publish(resource, revision).status == 200
    cut_off(library, lambda: library.unpublish(resource, revision), 1)
    (new,) = remains()

    clearing(library).clear(old)

    assert [row.tx for row in remains()] == [new.tx]
    settle(library.system)
    assert [*left(), *misindexed()] == []


def test_an_old_note_means_nothing_while_it_is_published_again(library: Library) -> None:
    """A janitor who stood still since before goes on, and takes nothing of what is being written now."""
    document = library.document("again", words(40))
    for between in every_moment(library):
        resource, revision = library.published(document)
        cut_off(library, lambda: library.unpublish(resource, revision), 1)  # noqa: B023 - at once
        (old,) = remains()
        settle(library.system)

        with between.comes(lambda: clearing(library).clear(copy.copy(old))):  # noqa: B023 - at once
            assert library.publish(resource, revision).status == 200

        assert library.shown(resource) == document
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


def test_it_is_deleted_while_it_comes_back_at_another_moment(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row that says when it was published goes, too."""
    for between in every_moment(library):
        resource, revision = library.published(library.document("one", words(40)))

        def come_back(resource: str = resource, revision: str = revision) -> int:
            library.unpublish(resource, revision)
            return publish_in(library, monkeypatch, 5, resource, revision)

        with between.comes(come_back):
            assert library.delete(resource).status == 204

        assert [*left(), *misindexed()] == []


def test_a_folder_goes_while_the_janitor_looks(library: Library) -> None:
    """Its schema stays until what is left of its resources is gone: nobody else knows their rows."""
    for between in every_moment(library, "Scan"):
        apart = library.beside()
        resource, _ = apart.published(apart.document("one", words(40)))

        def delete_all(apart: Library = apart, resource: str = resource) -> int:
            cut_off(apart, lambda: apart.delete(resource), 1)
            return apart.me.ask("DELETE", "/folders/tree/folder/", query={"key": apart.folder}).status

        with between.comes(delete_all) as done:
            services_of(apart.system).janitor(0).run(lost_seconds=0)

        if not done:
            assert apart.delete(resource).status == 204
        settle(apart.system)
        assert [*left(), *misindexed()] == []


def test_it_is_deleted_by_two_at_once(library: Library) -> None:
    for between in every_moment(library):
        resource, _ = library.published(library.document("one", words(40)))

        with between.comes(lambda: library.delete(resource).status) as done:  # noqa: B023 - at once
            first = library.delete(resource).status

        assert (first, done) in ((204, [404]), (404, [204]), (204, []))
        assert [*left(), *misindexed()] == []
