"""Copies that grow old, that are not made, and whose content goes: made anew, and never of anything else."""

import secrets
from typing import Any

import pytest

from chalicelib.blobs import staging
from chalicelib.blobs.service import BlobDamagedError, Blobs
from chalicelib.drive.tables import CopyRow
from tests.drive.asking import put_ok, read
from tests.support.books import rm, services_of
from tests.support.calls import Calls
from tests.support.faults import Crash, Faults, crash_after, crash_before
from tests.support.markers import hides
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.support.threads import at_once
from tests.uploads.conftest import Later
from tests.uploads.copying import LARGE, copied, copies, fetch, limited, link, not_ready, placed, row
from tests.uploads.sending import deliver, upload, work


@pytest.fixture
def system(ministack: Ministack) -> System:
    return limited(ministack)


@pytest.fixture
def cid(system: System, user: User) -> str:
    return put_ok(system, user, ("a", LARGE), content_type="text/plain")[0]


def test_one_that_is_old_is_made_anew(system: System, user: User, cid: str, later: Later) -> None:
    """Before the bucket may drop it, which it does after a day."""
    copied(system, user, cid)
    later(71_000)
    link(system, user, cid)
    system.aws.s3.delete_object(Bucket=system.aws.settings.staging_bucket, Key=copies(system)[0])

    later(72_100)

    assert copied(system, user, cid).content == LARGE


def test_of_many_that_find_it_old_one_asks(system: System, user: User, cid: str, later: Later) -> None:
    copied(system, user, cid)
    later(72_100)

    assert at_once([lambda: read(system, user, cid).status] * 6) == [503] * 6

    assert len(system.jobs.held) == 1
    work(system)
    assert fetch(link(system, user, cid)).content == LARGE


def test_one_that_was_lost_is_asked_for_again(system: System, user: User, cid: str, later: Later) -> None:
    not_ready(system, user, cid)
    system.jobs.held.clear()

    later(890)
    not_ready(system, user, cid)
    assert system.jobs.held == []
    later(901)
    not_ready(system, user, cid)

    assert len(system.jobs.held) == 1
    work(system)
    assert fetch(link(system, user, cid)).content == LARGE


def test_a_message_twice_makes_it_once(system: System, user: User, cid: str) -> None:
    not_ready(system, user, cid)
    message = system.jobs.held[0]
    work(system)
    calls = Calls(system.aws)

    deliver(system, message)
    deliver(system, {"job": "copy", "tag": "unknown"})

    assert calls.by_operation() == {"GetItem": 2}


def test_two_workers_at_once_make_the_same(system: System, user: User, cid: str) -> None:
    not_ready(system, user, cid)
    message = system.jobs.held.pop()

    at_once([lambda: deliver(system, message)] * 3)

    assert fetch(link(system, user, cid)).content == LARGE


def test_one_whose_worker_fails_is_not_handed_out(
    system: System, user: User, cid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_ready(system, user, cid)
    message = system.jobs.held.pop()

    with monkeypatch.context() as patch:

        def damaged(*_: Any) -> bytes:
            raise BlobDamagedError

        patch.setattr(Blobs, "read", damaged)
        with pytest.raises(BlobDamagedError):
            deliver(system, message)
    assert copies(system) == []
    not_ready(system, user, cid)

    # The queue hands it over again.
    deliver(system, message)
    assert fetch(link(system, user, cid)).content == LARGE


def test_damaged_content_is_never_copied(system: System, user: User, cid: str) -> None:
    key, _ = system.contents()["objects"][0]
    system.aws.s3.put_object(Bucket=system.aws.settings.blob_bucket, Key=key, Body=b"0" * 5_321)
    not_ready(system, user, cid)

    with pytest.raises(BlobDamagedError):
        work(system)

    assert copies(system) == []
    assert read(system, user, cid).status == 503


@pytest.mark.parametrize("fault", [crash_before, crash_after])
def test_a_worker_that_dies_at_any_call_is_followed_by_another(
    system: System, user: User, cid: str, fault: Any
) -> None:
    not_ready(system, user, cid)
    message = system.jobs.held.pop()
    for at in range(20):
        faults = Faults(system.aws)
        faults.add("*", fault, skip=at, times=1_000)
        try:
            deliver(system, message)
        except Crash:
            pass
        finally:
            faults.clear()
        assert read(system, user, cid).status in (303, 503)
        if not faults.hits:
            break

    assert at > 3
    deliver(system, message)
    assert fetch(link(system, user, cid)).content == LARGE


def test_content_that_is_gone_before_its_copy_is_made(system: System, user: User, cid: str) -> None:
    """Whoever puts the same anew does not wait for a copy that nobody makes."""
    not_ready(system, user, cid)
    rm(system, user, cid)
    services_of(system).janitor(0).run()

    work(system)
    assert (copies(system), row(cid)) == ([], None)

    put_ok(system, user, ("a", LARGE))
    assert copied(system, user, cid).content == LARGE


def test_content_that_went_and_came_back_before_its_copy_is_made(system: System, user: User, cid: str) -> None:
    not_ready(system, user, cid)
    rm(system, user, cid)
    services_of(system).janitor(0).run()
    put_ok(system, user, ("a", LARGE))

    work(system)

    assert copied(system, user, cid).content == LARGE


@pytest.mark.parametrize("uploaded", [False, True], ids=["put", "uploaded"])
def test_a_folder_that_goes_while_it_is_copied(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, uploaded: bool
) -> None:
    """A tar of what is left of it would be handed out for the folder."""
    root = placed(system, user, uploaded=uploaded)
    not_ready(system, user, root, "get")
    message = system.jobs.held.pop()
    unwrap = Blobs.dek

    def go(*args: Any) -> bytes:
        rm(system, user, root)
        services_of(system).janitor(0).run()
        return unwrap(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "dek", go)
        with pytest.raises(LookupError):
            deliver(system, message)

    deliver(system, message)
    assert (copies(system), row(f"{root}.tar")) == ([], None)


def test_a_copy_outlives_its_content_and_serves_the_same(system: System, user: User, cid: str) -> None:
    copied(system, user, cid)
    rm(system, user, cid)
    services_of(system).janitor(0).run()
    assert read(system, user, cid).status == 404

    put_ok(system, user, ("again", LARGE))

    assert fetch(link(system, user, cid)).content == LARGE


def test_a_queue_that_fails_is_told_and_the_copy_is_asked_for_later(
    system: System, user: User, cid: str, monkeypatch: pytest.MonkeyPatch, later: Later
) -> None:
    def fail(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(system.jobs), "send_all", fail)
        assert read(system, user, cid).status == 500
    not_ready(system, user, cid)
    assert system.jobs.held == []

    later(901)
    assert copied(system, user, cid).content == LARGE


def test_nothing_at_rest_tells_a_path_or_a_name(system: System, user: User) -> None:
    marker = secrets.token_hex(24)
    contents = {f"docs {marker}/{marker}.txt": LARGE}
    root = upload(system, user, contents, name=f"name {marker}")["folder"]["hash"]

    copied(system, user, f"{root}/docs {marker}/{marker}.txt")
    copied(system, user, f"{root}/docs {marker}", "get")

    assert len(system.contents()[CopyRow.physical_name()]) == 2
    assert not hides(marker.encode(), system.contents())
    assert not hides(marker.encode(), copies(system))
    assert {key.split("/")[0] for key in copies(system)} == {staging.COPIES.rstrip("/")}
