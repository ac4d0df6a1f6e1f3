"""Who is let in: credentials, subscription, suspension and scopes, judged before anything else is."""

import base64
import time

import pytest

from tests.drive.asking import HELLO, body_of, put_body, put_ok, refusal
from tests.support.system import Answer, System, User

DAY = 86_400
PUTS = {"put": "write"}
READS = {"cat": "read", "get": "read", "ls": "list", "rm": "delete"}
INVALID = (401, "Invalid credentials", "invalid_credentials")
LAPSED = (402, "Subscription not active", "subscription_not_active")
SUSPENDED = (403, "Account suspended", "account_suspended")


def ask(system: System, call: str, user: User | None = None, header: str | None = None, arg: str = HELLO) -> Answer:
    """One call with everything in order but, perhaps, its credentials."""
    headers = {"authorization": header} if header is not None else {}
    query = {"arg": arg} if call in ("cat", "get", "rm") else {}
    if call != "put":
        return system.call("POST", f"/api/v0/{call}", user=user, query=query, headers=headers)
    body, kind = body_of(('form-data; filename="a"', b"hello world")), "multipart/form-data; boundary=limit"
    return system.call("POST", "/api/v0/put", user=user, body=body, headers=headers | {"content-type": kind})


def basic(text: str | bytes) -> str:
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def test_who_presents_no_valid_key_is_not_let_in(system: System, user: User) -> None:
    other = system.user()
    _, expired = system.accounts.issue_key(user.zelid, "expired", expires=int(time.time()) - 1)
    row, revoked = system.accounts.issue_key(user.zelid, "revoked")
    system.accounts.revoke_key(user.zelid, row.key_id)
    changed = user.key[:20] + ("A" if user.key[20] != "A" else "B") + user.key[21:]
    refused = {
        "none": None,
        "empty": "",
        "another scheme": "Bearer " + user.key,
        "scheme alone": "Basic",
        "not base64": "Basic !!!",
        "not ASCII": "Basic é",
        "not UTF-8": basic(b"\xff:\xff"),
        "no colon": basic(user.zelid + user.key),
        "unknown account": basic(f"nobody-at-all:{user.key}"),
        "impossible account": basic(f"no body:{user.key}"),
        "empty key": basic(f"{user.zelid}:"),
        "a changed key": basic(f"{user.zelid}:{changed}"),
        "a key too long": basic(f"{user.zelid}:{user.key}x"),
        "another account's key": basic(f"{user.zelid}:{other.key}"),
        "an expired key": basic(f"{user.zelid}:{expired}"),
        "a revoked key": basic(f"{user.zelid}:{revoked}"),
    }
    before = system.contents()

    for why, header in refused.items():
        for call in ("status", *PUTS, *READS):
            answer = ask(system, call, header=header)
            assert refusal(answer) == INVALID, (why, call)
            assert answer.headers["www-authenticate"].startswith("Basic "), (why, call)
    assert system.contents() == before


def test_the_scheme_is_read_without_regard_to_case(system: System, user: User) -> None:
    for header in (user.auth["authorization"].replace("Basic", "bAsIc"), user.auth["authorization"] + " "):
        assert ask(system, "status", header=header).status == 200


def test_a_key_stops_working_the_moment_it_is_revoked(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"))
    assert ask(system, "cat", user).status == 200

    system.accounts.revoke_key(user.zelid, user.key_id)

    for call in ("status", *PUTS, *READS):
        assert refusal(ask(system, call, user)) == INVALID


def test_a_key_works_until_it_expires(system: System, user: User) -> None:
    _, key = system.accounts.issue_key(user.zelid, "later", expires=int(time.time()) + 60)

    assert ask(system, "status", header=basic(f"{user.zelid}:{key}")).status == 200


@pytest.mark.parametrize("missing", ["read", "write", "list", "delete"])
def test_a_key_does_what_its_scopes_say(system: System, user: User, missing: str) -> None:
    put_ok(system, user, ("a", b"hello world"))
    scopes = [scope for scope in ("read", "write", "list", "delete") if scope != missing]
    row, secret = system.accounts.issue_key(user.zelid, "narrow", scopes)
    narrow = User(user.zelid, secret, row.key_id)

    for call, scope in {**PUTS, **READS}.items():
        answer = ask(system, call, narrow)
        if scope == missing:
            assert refusal(answer) == (403, f"Key lacks scope {missing}", "key_lacks_scope")
        else:
            assert answer.status == 200
    assert ask(system, "status", narrow).status == 200


def test_a_lapsed_subscription_stops_puts_at_once_and_reads_after_30_days(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"), ("b", b"to be removed"))
    now = int(time.time())

    # Running
    system.accounts.set_paid_until(user.zelid, now + 60)
    assert ask(system, "status", user).json["result"]["active"] is True
    assert ask(system, "put", user).status == 200

    # Lapsed, in the grace time
    for late in (1, 29 * DAY):
        system.accounts.set_paid_until(user.zelid, now - late)
        before = system.contents()
        assert refusal(ask(system, "put", user)) == LAPSED
        assert system.contents() == before
        status = ask(system, "status", user)
        assert (status.status, status.json["result"]["active"]) == (200, False)
        assert [ask(system, call, user).status for call in ("cat", "get", "ls")] == [200, 200, 200]
    assert ask(system, "rm", user).status == 200

    # After the grace time
    system.accounts.set_paid_until(user.zelid, now - 30 * DAY - 60)
    for call in ("status", *PUTS, *READS):
        assert refusal(ask(system, call, user)) == LAPSED

    # Paid again
    system.accounts.set_paid_until(user.zelid, None)
    assert ask(system, "put", user).status == 200


def test_a_suspended_account_does_nothing_until_it_is_let_in_again(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"))

    system.accounts.set_suspended(user.zelid, suspended=True)
    for call in ("status", *PUTS, *READS):
        assert refusal(ask(system, call, user)) == SUSPENDED

    system.accounts.set_suspended(user.zelid, suspended=False)
    assert ask(system, "cat", user).status == 200


def test_a_put_judges_the_account_again_before_it_writes(system: System, user: User) -> None:
    """The account was suspended after the call was let in and before its rows were read for the put."""
    put_ok(system, user, ("a", b"a"))
    before = system.contents()["objects"]
    reads = []

    def suspend_after_the_first(**_: object) -> None:
        reads.append(1)
        if len(reads) == 1:
            system.accounts.set_suspended(user.zelid, suspended=True)

    system.aws.dynamodb.meta.events.register("after-call.dynamodb.BatchGetItem", suspend_after_the_first)
    assert refusal(ask(system, "put", user)) == SUSPENDED
    assert len(reads) == 2
    assert system.contents()["objects"] == before


def test_auth_is_judged_before_the_hash_and_the_body_are(system: System, user: User) -> None:
    row, secret = system.accounts.issue_key(user.zelid, "no scopes of use", ["list"])
    narrow = User(user.zelid, secret, row.key_id)
    suspended, lapsed = system.user(), system.user(paid_until=1)
    system.accounts.set_suspended(suspended.zelid, suspended=True)
    cases = [(None, INVALID), (suspended, SUSPENDED), (lapsed, LAPSED)]

    for call in ("cat", "get", "rm"):
        lacks = (403, f"Key lacks scope {READS[call]}", "key_lacks_scope")
        for who, expected in [*cases, (narrow, lacks)]:
            assert refusal(ask(system, call, who, arg="no hash")) == expected
            bad_body = system.call("POST", f"/api/v0/{call}", user=who, body=b"{", headers={"content-type": "a/json"})
            assert refusal(bad_body) == expected
    for who, expected in [*cases, (narrow, (403, "Key lacks scope write", "key_lacks_scope"))]:
        headers = {"content-type": "multipart/form-data"}
        bad_put = system.call("POST", "/api/v0/put", user=who, body=b"bad", headers=headers)
        assert refusal(bad_put) == expected
        bad_list = system.call("POST", "/api/v0/ls", user=who, query={"size": "0"})
        assert bad_list.status == (400 if who is narrow else expected[0])


def test_others_are_not_told_whether_a_file_exists(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"))

    with_file = ask(system, "cat", header=basic(f"{user.zelid}:{system.user().key}"))
    without = ask(system, "cat", header=basic(f"{system.user().zelid}:{user.key}"))

    assert (with_file.status, with_file.body) == (without.status, without.body)
    assert put_body(system, user, b"", None).status == 400
