"""What putfolder refuses, with its text and code, and that nothing is left of it."""

import time
from collections.abc import Iterator

import pytest

from tests.drive.asking import folder_ok, put_folder, put_ok, refusal
from tests.support.books import faults_in, set_capacity, status
from tests.support.ministack import Ministack
from tests.support.system import System, User

FILES = (("a", b"12345"), ("sub/b", b"12345"), ("sub/c", b"123"))
BYTES = 13
FULL = (413, "Storage capacity exceeded", "storage_capacity_exceeded")
LAPSED = (402, "Subscription not active", "subscription_not_active")


@pytest.fixture(autouse=True)
def _books_are_right(system: System) -> Iterator[None]:
    yield
    assert faults_in(system) == []


def test_what_the_plan_does_not_hold_is_refused_to_the_byte(system: System, user: User) -> None:
    # Given room for all but one byte; equal files count each, though they are stored once
    put_ok(system, user, ("kept", b"kept"))
    set_capacity(user, 4 + BYTES - 1)
    before = system.contents()

    assert refusal(put_folder(system, user, *FILES)) == FULL
    assert system.contents() == before

    set_capacity(user, 4 + BYTES)
    cid = folder_ok(system, user, *FILES)
    assert status(system, user)["remaining"] == 0
    # The same again costs nothing, under another name it does
    assert folder_ok(system, user, *FILES) == cid
    full = system.contents()
    assert refusal(put_folder(system, user, *FILES, name="second")) == FULL
    assert system.contents() == full


def test_room_taken_meanwhile_is_found_at_the_commit(system: System, user: User) -> None:
    set_capacity(user, BYTES)
    before = system.contents()["objects"]

    def shrink(**_: object) -> None:
        set_capacity(user, BYTES - 1)

    system.aws.s3.meta.events.register("after-call.s3.PutObject", shrink)

    assert refusal(put_folder(system, user, *FILES)) == FULL
    assert system.contents()["objects"] == before


@pytest.mark.parametrize("beside", [0, 5])
def test_a_file_over_the_limit_is_refused_with_all_beside_it(ministack: Ministack, beside: int) -> None:
    system = ministack.system(max_file_bytes=2**20)
    user = system.user()
    folder_ok(system, user, ("just fits", bytes(2**20)), ("and another", bytes(2**20)))
    before = system.contents()

    answer = put_folder(system, user, *((str(n), b"") for n in range(beside)), ("too big", bytes(2**20 + 1)))

    assert refusal(answer) == (413, "File size exceeds 1Mb", "file_too_large")
    assert system.contents() == before


def test_who_may_not_write(system: System, user: User) -> None:
    row, secret = system.accounts.issue_key(user.zelid, "narrow", ["read", "list", "delete"])
    lapsed, suspended = system.user(paid_until=int(time.time()) - 60), system.user()
    system.accounts.set_suspended(suspended.zelid, suspended=True)
    wrong = User(system.user().zelid, user.key, user.key_id)
    before = system.contents()

    for who, expected in (
        (User(user.zelid, secret, row.key_id), (403, "Key lacks scope write", "key_lacks_scope")),
        (lapsed, LAPSED),
        (suspended, (403, "Account suspended", "account_suspended")),
        (wrong, (401, "Invalid credentials", "invalid_credentials")),
    ):
        # And nobody of them is told what is wrong with the folder, nor with the body
        assert refusal(put_folder(system, who, *FILES)) == expected
        assert refusal(put_folder(system, who, ("..", b""))) == expected
        assert refusal(put_folder(system, who)) == expected
        assert refusal(put_folder(system, who, *FILES, ("big", bytes(9 * 2**20)))) == expected
        answer = system.call("POST", "/api/v0/putfolder", user=who, body=b"no multipart")
        assert refusal(answer) == expected
    assert system.contents() == before


@pytest.mark.parametrize("verb", ["GET", "HEAD", "PUT", "DELETE"])
def test_putfolder_answers_post_alone(system: System, user: User, verb: str) -> None:
    answer = system.call(verb, "/api/v0/putfolder", user=user)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_folder_needs_a_file(system: System, user: User) -> None:
    no_file = (400, "No file provided", "no_file_provided")
    assert refusal(put_folder(system, user)) == no_file
    assert refusal(system.call("POST", "/api/v0/putfolder", user=user)) == no_file


@pytest.mark.parametrize("call", ["put", "putfolder"])
def test_a_body_of_more_parts_than_memory_is_for(system: System, user: User, call: str) -> None:
    part = b'--B\r\nContent-Disposition: form-data; filename="%d"\r\n\r\n\r\n'
    body = b"".join(part % number for number in range(10_001)) + b"--B--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=B"}

    answer = system.call("POST", f"/api/v0/{call}", user=user, body=body, headers=kind)

    assert refusal(answer) == (400, "Invalid request", "invalid_request")
