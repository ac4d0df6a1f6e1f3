"""What happens while a worker is at work on a part, or on the end: nothing of a part stays that nobody needs."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.blobs import Blobs
from chalicelib.drive.pins import Pins
from chalicelib.uploads.processing import Processing
from tests.drive.asking import HELLO, folder_ok, put_ok, read
from tests.support.books import listed, rm, services_of
from tests.support.system import System, User
from tests.uploads.conftest import Later
from tests.uploads.sending import (
    address,
    ask,
    check,
    check_nothing,
    completed,
    deliver,
    leftovers,
    part_message,
    state,
    work,
)

CONTENTS = {"a": b"hello world", "b": b"other"}
SIZE = 16
CID = address(CONTENTS)
WHEN = pytest.mark.parametrize("after", [False, True], ids=["before it is stored", "after it is stored"])


@contextmanager
def at_work(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, after: bool) -> Any:
    """Let something happen once, while a worker is storing a part."""
    store = Blobs.store
    done: list[bool] = []

    def stored(*args: Any) -> None:
        if after:
            store(*args)
        if not done:
            done.append(True)
            act()
        if not after:
            store(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "store", staticmethod(stored))
        yield
    assert done


@WHEN
@pytest.mark.parametrize("first", [0, 1], ids=["the first part", "the last part"])
def test_given_up_while_a_worker_is_at_work(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, after: bool, first: int
) -> None:
    upload = completed(system, user, CONTENTS)
    if first:
        deliver(system, system.jobs.held[0])

    with at_work(monkeypatch, lambda: ask(system, user, "abort", upload), after=after):
        deliver(system, system.jobs.held[first])

    check_nothing(system, user)
    work(system)
    check_nothing(system, user)


@WHEN
def test_expired_while_a_worker_is_at_work(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, later: Later, *, after: bool
) -> None:
    upload = completed(system, user, CONTENTS)
    later(3 * 86_400)

    with at_work(monkeypatch, services_of(system).janitor(0).run, after=after):
        deliver(system, system.jobs.held[0])

    assert state(system, user, upload)["reason"] == "expired"
    check_nothing(system, user)


@WHEN
def test_failed_while_a_worker_is_at_work(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """Another part was changed."""
    upload = completed(system, user, CONTENTS)
    first, second = system.jobs.held
    bucket = system.aws.settings.staging_bucket
    system.aws.s3.put_object(Bucket=bucket, Key=f"uploads/{upload}/1", Body=b"OTHER")

    with at_work(monkeypatch, lambda: deliver(system, second), after=after):
        deliver(system, first)

    assert state(system, user, upload)["reason"] == "part_changed"
    check_nothing(system, user)


@WHEN
def test_done_by_another_while_a_worker_is_at_work(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """It stores the same once more, and nothing changes."""
    upload = completed(system, user, CONTENTS)
    message = system.jobs.held[0]

    with at_work(monkeypatch, lambda: work(system), after=after):
        deliver(system, message)

    assert state(system, user, upload)["state"] == "done"
    assert [read(system, user, f"{CID}/{path}").body for path in CONTENTS] == list(CONTENTS.values())
    assert len(leftovers(system)["objects"]) == 2
    check(system, user, used=SIZE, files=1, size=SIZE)


@WHEN
def test_done_by_another_with_content_that_somebody_had(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """What this one stores then is of no blob."""
    other = system.user()
    folder_ok(system, other, *CONTENTS.items())
    before = leftovers(system)["objects"]
    upload = completed(system, user, CONTENTS)
    message = system.jobs.held[0]

    with at_work(monkeypatch, lambda: work(system), after=after):
        deliver(system, message)

    assert state(system, user, upload)["state"] == "done"
    assert leftovers(system)["objects"] == before
    check(system, user, used=SIZE, files=2, size=2 * SIZE)


@WHEN
def test_done_removed_and_collected_while_a_worker_is_at_work(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    completed(system, user, CONTENTS)
    message = system.jobs.held[0]

    def all_of_it() -> None:
        work(system)
        assert rm(system, user, CID).status == 200
        services_of(system).janitor(0).run()

    with at_work(monkeypatch, all_of_it, after=after):
        deliver(system, message)

    check_nothing(system, user)


@contextmanager
def at_the_end(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Any:
    """Let something happen once, between what the end has read and its transaction."""
    make = Processing._fresh
    done: list[bool] = []

    def fresh(*args: Any) -> Any:
        # Parts ask for it without an address.
        if args[2] and not done:
            done.append(True)
            act()
        return make(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Processing, "_fresh", fresh)
        yield
    assert done


def test_somebody_puts_the_same_as_it_ends(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = system.user()
    upload = completed(system, user, {"": b"hello world"})

    with at_the_end(monkeypatch, lambda: put_ok(system, other, ("theirs", b"hello world"))):
        work(system)

    assert state(system, user, upload)["state"] == "done"
    assert len(leftovers(system)["objects"]) == 1
    assert read(system, user, HELLO).body == b"hello world"
    check(system, user, used=11, files=2, size=22)


def test_the_same_account_puts_the_same_as_it_ends(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = completed(system, user, {"": b"hello world"})

    with at_the_end(monkeypatch, lambda: put_ok(system, user, ("disk.img", b"hello world"))):
        work(system)

    assert state(system, user, upload)["state"] == "done"
    assert listed(system, user) == {"disk.img": HELLO}
    check(system, user, used=11, files=1, size=11)


def test_given_up_as_it_ends(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = completed(system, user, CONTENTS)

    with at_the_end(monkeypatch, lambda: ask(system, user, "abort", upload)):
        work(system)

    assert state(system, user, upload)["state"] == "aborted"
    check_nothing(system, user)


def test_ended_by_another_as_it_ends(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = completed(system, user, CONTENTS)

    with at_the_end(monkeypatch, lambda: deliver(system, part_message(user, upload, None))):
        work(system)

    assert state(system, user, upload)["state"] == "done"
    assert len(leftovers(system)["objects"]) == 2
    check(system, user, used=SIZE, files=1, size=SIZE)


def test_content_that_it_finds_is_collected_as_it_ends(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The janitor takes away what the end has just found; its own bytes are there still."""
    put_ok(system, user, ("x", b"hello world"))
    rm(system, user, HELLO)
    other = system.user()
    upload = completed(system, other, {"": b"hello world"})
    add, runs = Pins.add, [services_of(system).janitor(0).run]

    def added(*args: Any) -> None:
        while runs:
            assert len(runs.pop()().collected) == 1
        add(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Pins, "add", added)
        work(system)

    assert not runs
    assert state(system, other, upload)["state"] == "done"
    assert read(system, other, HELLO).body == b"hello world"
    assert len(leftovers(system)["objects"]) == 1
    check(system, other, used=11, files=1, size=11)
