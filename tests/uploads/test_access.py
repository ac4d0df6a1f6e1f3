"""Who may: keys, scopes, subscriptions; and an upload is its account's alone."""

import time

from tests.drive.asking import refusal
from tests.support.books import services_of
from tests.support.system import Answer, System, User
from tests.uploads.conftest import Later
from tests.uploads.sending import ask, begin, body_of, check, check_nothing, completed, send, state, work

CALLS = ("", "status", "complete", "abort")
DAY = 86_400
FILE = {"": b"hello world"}
NOT_FOUND = (404, "Upload not found", "upload_not_found")
NO_CREDENTIALS = (401, "Invalid credentials", "invalid_credentials")
NO_SCOPE = (403, "Key lacks scope write", "key_lacks_scope")
LAPSED = (402, "Subscription not active", "subscription_not_active")
SUSPENDED = (403, "Account suspended", "account_suspended")


def call(system: System, user: User | None, what: str, upload: str, body: object = None) -> Answer:
    path = "/api/v0/upload" + (f"/{what}" if what else "")
    sent = body if body is not None else body_of(FILE)
    return system.call("POST", path, user=user, query={"arg": upload}, body=b"" if what else sent)


def test_only_a_key_that_may_write_does(system: System, user: User) -> None:
    row, secret = system.accounts.issue_key(user.zelid, "reads", scopes=["read", "list", "delete"])
    reader = User(user.zelid, secret, row.key_id)
    upload = begin(system, user, body_of(FILE))["upload"]
    before = system.contents()

    for what in CALLS:
        assert refusal(call(system, None, what, upload)) == NO_CREDENTIALS
        assert refusal(call(system, User(user.zelid, "x" + user.key[1:], ""), what, upload)) == NO_CREDENTIALS
        assert refusal(call(system, reader, what, upload)) == NO_SCOPE
    assert system.contents() == before


def test_what_is_wrong_with_a_call_is_told_only_to_those_who_are_let_in(system: System, user: User) -> None:
    row, secret = system.accounts.issue_key(user.zelid, "reads", scopes=["read"])
    reader = User(user.zelid, secret, row.key_id)

    for body in (b"{", {"name": ""}, {"unknown": 1}, {"name": "x", "size": 2**40}):
        assert refusal(call(system, None, "", "", body)) == NO_CREDENTIALS
        assert refusal(call(system, reader, "", "", body)) == NO_SCOPE
    for what in CALLS[1:]:
        assert refusal(call(system, None, what, "")) == NO_CREDENTIALS
        assert refusal(call(system, reader, what, "")) == NO_SCOPE


def test_a_subscription_that_lapsed_takes_no_upload_on(system: System, user: User) -> None:
    begun = begin(system, user, body_of(FILE))
    send(begun["parts"], FILE)
    system.accounts.set_paid_until(user.zelid, int(time.time()) - 1)
    before = system.contents()

    for what in CALLS:
        assert refusal(call(system, user, what, begun["upload"])) == LAPSED
    assert system.contents() == before

    system.accounts.set_paid_until(user.zelid, int(time.time()) + DAY)
    assert ask(system, user, "complete", begun["upload"]).status == 202
    work(system)
    check(system, user, used=11, files=1, size=11)


def test_an_account_that_is_suspended_may_do_nothing(system: System, user: User) -> None:
    upload = begin(system, user, body_of(FILE))["upload"]
    system.accounts.set_suspended(user.zelid, suspended=True)
    before = system.contents()

    for what in CALLS:
        assert refusal(call(system, user, what, upload)) == SUSPENDED
    assert system.contents() == before


def test_what_was_completed_before_is_processed_whatever_becomes_of_the_account(system: System, user: User) -> None:
    """It was paid for when it was asked for, and its bytes are reserved."""
    name = completed(system, user, FILE)
    system.accounts.set_suspended(user.zelid, suspended=True)

    work(system)

    system.accounts.set_suspended(user.zelid, suspended=False)
    assert state(system, user, name)["state"] == "done"
    check(system, user, used=11, files=1, size=11)


def test_an_upload_of_a_suspended_account_expires_like_any(system: System, user: User, later: Later) -> None:
    begin(system, user, body_of(FILE))
    system.accounts.set_suspended(user.zelid, suspended=True)

    later(DAY)
    assert services_of(system).janitor(0).run().expired == 1

    system.accounts.set_suspended(user.zelid, suspended=False)
    check_nothing(system, user)


def test_another_accounts_upload_is_not_there(system: System, user: User) -> None:
    other = system.user()
    upload = begin(system, user, body_of(FILE))["upload"]
    before = system.contents()

    for what in CALLS[1:]:
        assert refusal(call(system, other, what, upload)) == NOT_FOUND
    assert system.contents() == before


NO_NAMES = ["0" * 32, "x", "x" * 1_025, "x" * 20_000, "ü", "\0", " ", "../..", "a" * 31, "A" * 32, "0" * 32 + "\n"]


def test_a_name_that_is_no_uploads_is_not_there(system: System, user: User) -> None:
    for upload in NO_NAMES:
        for what in CALLS[1:]:
            assert refusal(call(system, user, what, upload)) == NOT_FOUND, upload


def test_a_call_must_name_its_upload(system: System, user: User) -> None:
    for what in CALLS[1:]:
        status, text, code = refusal(system.call("POST", f"/api/v0/upload/{what}", user=user))
        assert (status, text, code) == (400, "Invalid request: name the upload in arg", "invalid_request")


def test_verbs(system: System, user: User) -> None:
    upload = begin(system, user, body_of(FILE))["upload"]

    for verb, status in (("GET", 200), ("HEAD", 200), ("POST", 200), ("PUT", 405), ("DELETE", 405)):
        answer = system.call(verb, "/api/v0/upload/status", user=user, query={"arg": upload})
        assert answer.status == status, verb
    for path in ("upload", "upload/complete", "upload/abort"):
        answer = system.call("GET", f"/api/v0/{path}", user=user, query={"arg": upload})
        assert (answer.status, answer.headers["allow"]) == (405, "POST"), path
