"""Quota: reserved when an upload begins, never passed, and right to the byte whatever becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.uploads import Uploads
from tests.drive.asking import put_ok, refusal
from tests.support.books import set_capacity, status
from tests.support.system import System, User
from tests.support.threads import at_once
from tests.uploads.sending import (
    address,
    ask,
    begin,
    body_of,
    check,
    check_nothing,
    completed,
    send,
    start,
    upload,
    work,
)

FULL = (413, "Storage capacity exceeded", "storage_capacity_exceeded")
GB = 2**30
FILE = {"": b"hello world"}
FOLDER = {"a": b"hello", "b/c": b" world"}


@pytest.mark.parametrize("contents", [FILE, FOLDER], ids=["file", "folder"])
def test_bytes_count_from_the_beginning_and_once(system: System, user: User, contents: dict[str, bytes]) -> None:
    begun = begin(system, user, body_of(contents))
    check(system, user, used=11, files=0, size=0)

    send(begun["parts"], contents)
    check(system, user, used=11, files=0, size=0)

    ask(system, user, "complete", begun["upload"])
    check(system, user, used=11, files=0, size=0)

    work(system)
    check(system, user, used=11, files=1, size=11)


def test_what_does_not_fit_is_refused_at_once(system: System, user: User) -> None:
    set_capacity(user, 100)
    put_ok(system, user, ("a", b"0" * 60))
    before = system.contents()

    assert refusal(start(system, user, {"name": "x", "size": 41})) == FULL
    assert refusal(start(system, user, {"files": [{"path": "a", "size": 20}, {"path": "b", "size": 21}]})) == FULL

    assert system.contents() == before
    begin(system, user, {"name": "x", "size": 40})
    check(system, user, used=100, files=1, size=60)


def test_what_is_reserved_is_kept_from_others(system: System, user: User) -> None:
    set_capacity(user, 100)
    upload_id = begin(system, user, {"name": "x", "size": 95})["upload"]

    assert refusal(system.put(user, ("a", b"123456"))) == FULL
    assert refusal(start(system, user, {"name": "y", "size": 6})) == FULL
    assert begin(system, user, {"name": "empty", "size": 0})["parts"] == []
    assert ask(system, user, "abort", upload_id).status == 200

    put_ok(system, user, ("a", b"123456"))
    check(system, user, used=6, files=1, size=6)


def test_of_many_that_begin_at_once_only_those_that_fit_do(system: System, user: User) -> None:
    set_capacity(user, 50)

    answers = at_once([lambda: start(system, user, {"name": "x", "size": 20}).status for _ in range(6)])

    assert sorted(answers) == [200, 200, 413, 413, 413, 413]
    check(system, user, used=40, files=0, size=0)


def test_all_of_a_plan_can_be_used(system: System, user: User) -> None:
    begin(system, user, {"files": [{"path": "a", "size": 5 * GB}, {"path": "b", "size": 5 * GB}]})

    told = status(system, user)
    assert (told["storage_used"], told["remaining"]) == (10 * GB, 0)
    assert refusal(start(system, user, {"name": "x", "size": 1})) == FULL


def test_a_plan_that_became_smaller_takes_nothing_from_an_upload_under_way(system: System, user: User) -> None:
    """Its bytes were reserved; a change below what is used is refused, but an operator may have set it by hand."""
    name = completed(system, user, FILE)
    set_capacity(user, 5)

    work(system)

    assert ask(system, user, "complete", name).json["hash"] == address(FILE)
    check(system, user, used=11, files=1, size=11)


def between(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], None]) -> None:
    """Let these happen, one at each try, after the account was read and before its bytes are reserved."""
    check_files, left = Uploads._check, list(acts)

    def act(self: Uploads, *args: Any, **kwargs: Any) -> None:
        if left:
            left.pop(0)()
        check_files(self, *args, **kwargs)

    monkeypatch.setattr(Uploads, "_check", act)


def test_a_plan_that_changes_meanwhile_is_seen(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    between(monkeypatch, lambda: set_capacity(user, 3_000), lambda: set_capacity(user, 2_000))

    begin(system, user, {"name": "x", "size": 2_000})

    check(system, user, used=2_000, files=0, size=0)


def test_an_account_that_is_suspended_meanwhile_is_refused(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: system.accounts.set_suspended(user.zelid, suspended=True))

    suspended = (403, "Account suspended", "account_suspended")
    assert refusal(start(system, user, {"name": "x", "size": 5})) == suspended

    system.accounts.set_suspended(user.zelid, suspended=False)
    check_nothing(system, user)


def test_an_empty_upload_needs_no_room(system: System, user: User) -> None:
    set_capacity(user, 0)

    upload(system, user, {"": b""})

    check(system, user, used=0, files=1, size=0)
