"""Indexing under another schema version: cut off, overtaken, done twice at once; in the end every row is there."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib import aws
from chalicelib.models.tables import ReindexRow
from chalicelib.resources.tables import IndexRow
from tests.drive.failing import patience
from tests.resources.faulty import narrow
from tests.resources.library import FIELDS, Library, words
from tests.resources.meanwhile import Between, cut_or_done, every_moment
from tests.resources.recount import left, misindexed, recount, settle
from tests.support.managing import field, manager
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.uploads.sending import queues, work

TITLE, TEXT, RANK, PICTURES = FIELDS
BARE = (field("title"), field("text", "text"), RANK, PICTURES)
"""Neither title nor text is searchable."""
OTHER = (TITLE, field("text", "text"), RANK, PICTURES)


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def library(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Transactions hold 30 items; afterwards all adds up."""
    monkeypatch.setattr(aws.clients, "_current", over_ministack.aws)
    patience(monkeypatch, 30)
    narrow(monkeypatch)
    made = Library.of(manager(over_ministack))
    yield made
    settle(made.system)
    assert recount(made.system) == []


def indexed(library: Library) -> int:
    """How many index rows the folder has."""
    return sum(row.field.startswith(f"{library.scope}/") for row in aws.scan(IndexRow))


def lose_messages(library: Library) -> None:
    for queue in queues(library.system):
        queue.held.clear()


def test_fields_come_into_the_index_and_go(library: Library) -> None:
    library.published(library.document("a title", words(40)))
    full = indexed(library)

    library.schema(*BARE)
    assert indexed(library) == full
    work(library.system)
    few = indexed(library)
    library.schema()
    work(library.system)

    assert (few, indexed(library)) == (2, full)
    assert [*left(), *misindexed()] == []


def test_what_was_begun_for_one_version_is_done_for_the_next(library: Library) -> None:
    """Cut off at any transaction, while rows go or come: those that the next version has are there in the end."""
    for skip in range(14):
        resource, _ = library.published(library.document("a title", words(40)))
        for fields in (BARE, OTHER, FIELDS):
            library.schema(*fields)
            if cut_or_done(library, lambda: work(library.system), skip):
                lose_messages(library)
        work(library.system)
        settle(library.system)
        assert [*left(), *misindexed()] == []
        assert library.delete(resource).status == 204


Meanwhile = Callable[[Library, str, str], object]


def publish_again(library: Library, resource: str, revision: str) -> int:
    """Taken back, and published at another moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.resources.publishing.time.time", lambda: 2_000_000_000.0)
        return library.unpublish(resource, revision).status + library.publish(resource, revision).status


def replace(library: Library, resource: str, _revision: str) -> int:
    revision = library.me.revise(library.folder, resource, library.document("new", words(35)))
    return library.publish(resource, revision).status


def unpublish(library: Library, resource: str, revision: str) -> int:
    return library.unpublish(resource, revision).status


def delete(library: Library, resource: str, _revision: str) -> int:
    return library.delete(resource).status


def another_version(library: Library, _resource: str, _revision: str) -> str:
    return library.schema(*OTHER)


def another_version_and_its_work(library: Library, _resource: str, _revision: str) -> int:
    """All of it, while the worker of the one before stands still."""
    library.schema(*OTHER)
    return work(library.system)


def another_version_and_publish(library: Library, resource: str, _revision: str) -> int:
    library.schema(*OTHER)
    replace(library, resource, _revision)
    return work(library.system)


def another_worker(library: Library, _resource: str, _revision: str) -> str:
    """The message comes twice."""
    settle(library.system)
    return "done"


@pytest.mark.parametrize(
    "act",
    [
        publish_again,
        replace,
        unpublish,
        delete,
        another_version,
        another_version_and_its_work,
        another_version_and_publish,
        another_worker,
    ],
)
def test_something_happens_meanwhile(library: Library, act: Meanwhile) -> None:
    for between in every_moment(library):
        resource, revision = library.published(library.document("a title", words(40)))
        work(library.system)
        library.schema(*BARE)

        one_job(library, between, lambda: act(library, resource, revision))  # noqa: B023 - at once

        work(library.system)
        assert [*left(), *misindexed()] == []
        library.delete(resource)
        library.schema()


def one_job(library: Library, between: Between, act: Callable[[], object]) -> None:
    with between.comes(act):
        work(library.system)


def test_a_lost_message_is_sent_again(library: Library) -> None:
    library.published(library.document("a title", words(40)))
    library.schema(*BARE)
    lose_messages(library)
    assert [row.folder for row in aws.scan(ReindexRow)] == [library.scope]

    settle(library.system)

    assert indexed(library) == 2


def test_many_resources_take_many_messages(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.resources.reindexing.PAGE", 3)
    for number in range(7):
        library.published(library.document(str(number), "a few words"))
    library.create(library.document("draft"))
    library.schema(*BARE)

    assert work(library.system) == 3

    assert indexed(library) == 7 * 2
