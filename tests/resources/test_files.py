"""Files of the drive in documents: kept for as long as something published uses them (spec flux-apis, Scope)."""

import time
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.resources.tables import UseRow
from tests.drive.asking import UNKNOWN
from tests.resources.library import Library, words
from tests.resources.recount import recount
from tests.support.books import cat, services_of, set_capacity, status
from tests.support.managing import Manager, field, manager, refused
from tests.support.system import Answer, System

DAY = 86_400


@pytest.fixture
def library(me: Manager) -> Library:
    return Library.of(me)


def used(library: Library) -> int:
    found: int = status(library.system, library.user)["storage_used"]
    return found


def faults(answer: Answer) -> list[str]:
    """Paths of what does not fit."""
    return [one["json_path"] for one in refused(answer, 422, "data_validation_error")["errors"]]


def post(library: Library, *cids: str) -> Answer:
    return library.me.ask("POST", f"/folders/{library.folder}/resources/", library.document("t", "", *cids))


def put_folder(library: Library) -> str:
    """The hash of a folder with one file."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="d/a.txt"\r\n\r\nfile\r\n--b--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    system = library.system
    answer = system.call(
        "POST", "/api/v0/putfolder", user=library.user, query={"folderName": "d"}, body=body, headers=headers
    )
    assert answer.status == 200, answer.body
    found: Any = answer.json
    return str(found.get("hash") or found["folder"]["hash"])


def test_a_file_is_one_of_the_account_s_drive(library: Library) -> None:
    mine, stranger = library.put(b"mine"), Library.of(manager(library.system))
    theirs = stranger.put(b"theirs")

    assert post(library, mine).status == 201
    for wrong in (UNKNOWN, theirs, put_folder(library)):
        assert faults(post(library, mine, wrong)) == ["$.pictures[1]"]
    for malformed in ("", "x", f"{mine} ", mine.lower()):
        assert faults(post(library, malformed)) == ["$.pictures[0]"]
    # As theirs is put here too, it is also of this drive.
    library.put(b"theirs")
    assert post(library, theirs).status == 201
    assert recount(library.system) == []


def test_publishing_counts_a_file_once_more_however_often_it_is_used(library: Library) -> None:
    one, two = library.put(b"1" * 100), library.put(b"2" * 10)
    assert used(library) == 110

    first, r1 = library.published(library.document("a", "", one, one, two))
    assert used(library) == 220
    second, r2 = library.published(library.document("b", "", one))
    assert used(library) == 220

    assert library.unpublish(first, r1).status == 200
    assert used(library) == 210
    assert library.unpublish(second, r2).status == 200
    assert used(library) == 110
    assert library.publish(first, r1).status == library.publish(second, r2).status == 200
    assert used(library) == 220
    assert library.delete(first).status == 204
    assert used(library) == 210
    assert library.delete(second).status == 204
    assert used(library) == 110
    assert recount(library.system) == []


def test_drafts_count_nothing_and_keep_nothing(library: Library) -> None:
    cid = library.put(b"12345")
    resource, revision = library.create(library.document("a", "", cid))
    assert used(library) == 5
    assert library.rm(cid) == 200
    assert used(library) == 0

    before = library.system.contents()
    assert faults(library.publish(resource, revision)) == ["$.pictures[0]"]
    assert library.system.contents() == before
    said = library.me.ask("POST", library.path(resource, revision, "validate")).json
    assert (said["is_valid"], [one["json_path"] for one in said["errors"]]) == (False, ["$.pictures[0]"])
    library.put(b"12345")
    assert library.publish(resource, revision).status == 200
    assert recount(library.system) == []


def test_what_is_published_outlives_its_removal_from_the_drive(library: Library) -> None:
    cid = library.put(b"12345")
    document = library.document("a", "", cid)
    resource, revision = library.published(document)

    assert library.rm(cid) == 200
    services_of(library.system).janitor(0).run()

    assert used(library) == 5
    assert cat(library.system, library.user, cid).status == 404
    assert library.shown(resource) == document
    # It may be used again, and put again, and is one file all the time.
    other, _ = library.published(document)
    assert used(library) == 5
    assert library.put(b"12345") == cid
    assert used(library) == 10
    assert library.shown(other) == document
    assert library.rm(cid) == 200
    assert library.delete(other).status == 204
    assert used(library) == 5
    assert library.unpublish(resource, revision).status == 200
    assert used(library) == 0
    services_of(library.system).janitor(0).run()
    assert faults(library.publish(resource, revision)) == ["$.pictures[0]"]
    assert recount(library.system) == []


def test_a_new_revision_keeps_and_gives_back(library: Library) -> None:
    one, two, three = (library.put(byte * size) for byte, size in ((b"1", 100), (b"2", 10), (b"3", 1)))
    resource, first = library.published(library.document("a", "", one, two))
    assert used(library) == 111 + 110
    second = library.me.revise(library.folder, resource, library.document("a", "", two, three))
    assert library.publish(resource, second).status == 200
    assert used(library) == 111 + 11
    assert library.publish(resource, first).status == 200
    assert used(library) == 111 + 110
    none = library.me.revise(library.folder, resource, library.document("none"))
    assert library.publish(resource, none).status == 200
    assert used(library) == 111
    assert recount(library.system) == []


def test_many_index_rows_and_files_together(library: Library) -> None:
    cids = [library.put(str(n).encode()) for n in range(20)]
    text = words(110)
    resource, first = library.published(library.document("a", text, *cids))
    assert library.shown(resource) == library.document("a", text, *cids)
    assert used(library) == 2 * 30
    second = library.me.revise(library.folder, resource, library.document("b", text, *cids[:10]))
    assert library.publish(resource, second).status == 200
    assert used(library) == 30 + 10
    assert library.publish(resource, first).status == 200
    assert library.delete(resource).status == 204
    assert used(library) == 30
    assert recount(library.system) == []


def test_twenty_files_and_no_more(library: Library) -> None:
    cids = [library.put(str(n).encode()) for n in range(21)]

    assert faults(post(library, *cids)) == ["$"]
    assert post(library, *cids[:20], *cids[:20]).status == 201


def test_capacity_exceeded_leaves_nothing_behind(library: Library) -> None:
    cid = library.put(b"x" * 100)
    set_capacity(library.user, 199)
    for text in ("", words(110)):
        resource, revision = library.create(library.document("a", text, cid))
        before = library.system.contents()

        refused(library.publish(resource, revision), 413, "storage_capacity_exceeded")

        assert library.system.contents() == before
        assert (used(library), library.shown(resource)) == (100, None)
    set_capacity(library.user, 200)
    assert library.publish(resource, revision).status == 200
    assert used(library) == 200
    assert recount(library.system) == []


def test_a_full_account_replaces_and_takes_back(library: Library) -> None:
    cid = library.put(b"x" * 100)
    resource, first = library.published(library.document("a", "", cid))
    set_capacity(library.user, 0)

    again = library.me.revise(library.folder, resource, library.document("b", "", cid))
    assert library.publish(resource, again).status == 200
    other, _ = library.published(library.document("c", "", cid))
    assert library.delete(other).status == 204
    assert library.publish(resource, first).status == 200
    assert library.unpublish(resource, first).status == 200
    assert used(library) == 100
    assert recount(library.system) == []


@pytest.mark.parametrize("late_days", [1, 29])
def test_a_lapsed_account_publishes_what_takes_no_storage(library: Library, late_days: int) -> None:
    cid, more = library.put(b"one"), library.put(b"more")
    resource, _ = library.published(library.document("a", "", cid))
    library.system.accounts.set_paid_until(library.me.zelid, int(time.time()) - late_days * DAY)

    plain, revision = library.create(library.document("no files"))
    assert library.publish(plain, revision).status == 200
    kept = library.me.revise(library.folder, resource, library.document("b", "", cid))
    assert library.publish(resource, kept).status == 200
    taking, revision = library.create(library.document("c", "", cid, more))
    before = library.system.contents()
    refused(library.publish(taking, revision), 402, "subscription_not_active")
    assert library.system.contents() == before
    assert library.unpublish(resource, kept).status == 200
    assert library.delete(resource).status == 204
    assert recount(library.system) == []


def test_a_suspended_account_shows_nothing_and_takes_nothing(library: Library) -> None:
    cid = library.put(b"one")
    resource, revision = library.create(library.document("a", "", cid))
    library.system.accounts.set_suspended(library.me.zelid, suspended=True)
    before = library.system.contents()

    for answer in (
        library.publish(resource, revision),
        library.unpublish(resource, revision),
        library.delete(resource),
    ):
        refused(answer, 403, "permission_denied")

    assert library.system.contents() == before


def test_each_account_s_uses_are_its_own(system: System, me: Manager) -> None:
    mine, theirs = Library.of(me), Library.of(manager(system))
    cid = mine.put(b"same content")
    assert theirs.put(b"same content") == cid
    resource, revision = mine.published(mine.document("a", "", cid))
    theirs.published(theirs.document("b", "", cid))

    assert mine.rm(cid) == 200
    assert mine.unpublish(resource, revision).status == 200

    assert (used(mine), used(theirs)) == (0, 24)
    assert aws.get(UseRow, me.zelid, cid) is None
    assert faults(mine.publish(resource, revision)) == ["$.pictures[0]"]
    assert recount(system) == []


def test_files_deep_in_a_document(library: Library) -> None:
    folder = library.me.folder()
    library.me.schema(folder, field("rows", "array"), field("image", "file", parent="rows"), field("cover", "file"))
    one, two = library.put(b"1"), library.put(b"22")
    resource = library.me.resource(folder, {"cover": one, "rows": [{"image": two}, {}, {"image": one}]})

    assert library.me.publish(folder, resource).status == 200

    assert used(library) == 3 + 3
    answer = library.me.ask("POST", f"/folders/{folder}/resources/", {"rows": [{}, {"image": UNKNOWN}]})
    assert faults(answer) == ["$.rows[1].image"]


def test_an_empty_file(library: Library) -> None:
    cid = library.put(b"")
    resource, _ = library.published(library.document("a", "", cid))
    assert library.rm(cid) == 200

    assert library.shown(resource) == library.document("a", "", cid)
    assert library.delete(resource).status == 204
    assert used(library) == 0
    assert recount(library.system) == []
