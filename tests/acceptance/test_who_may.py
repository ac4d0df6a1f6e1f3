"""Who is let in, and what the others are told: the errors of the drive's reference that an account can meet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.acceptance.client import Account, Target, assert_refused, listed, on, put, stored, used
from tests.acceptance.operating import Operator

LATE = "2020-01-01"


def calls(drive: httpx.Client, cid: str) -> dict[str, Callable[[], httpx.Response]]:
    """Every call of the drive, by name; `rm` last."""
    return {
        "put": lambda: put(drive, ("refused.txt", b"refused")),
        "status": lambda: drive.post("/api/v0/status"),
        "ls": lambda: drive.post("/api/v0/ls"),
        "cat": lambda: on(drive, "cat", cid),
        "get": lambda: on(drive, "get", cid),
        "rm": lambda: on(drive, "rm", cid),
    }


CALLS = ["put", "status", "ls", "cat", "get", "rm"]


def test_wrong_credentials_are_401_on_every_call(target: Target, account: Account, drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("mine.txt", b"only mine"))
    before = (listed(drive), used(drive))
    wrong = {
        "no such account": Account("nobody-at-all", account.key),
        "no such key": Account(account.zelid, account.key[:-1] + ("a" if account.key[-1] != "a" else "b")),
        "no key": Account(account.zelid, ""),
        "nobody": Account("", account.key),
        "not ours": Account(account.zelid, "пароль"),
    }
    for stranger in wrong.values():
        with target.client(stranger) as client:
            for call in calls(client, cid).values():
                answer = call()
                assert_refused(answer, "invalid_credentials")
                assert answer.headers["www-authenticate"].startswith("Basic ")

    assert (listed(drive), used(drive)) == before


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer {key}", "Digest username={zelid}", "{key}"]
)
@pytest.mark.parametrize("call", CALLS)
def test_any_other_scheme_is_401(target: Target, account: Account, header: str, call: str) -> None:
    with target.client() as client:
        client.headers["Authorization"] = header.format(key=account.key, zelid=account.zelid)
        assert_refused(calls(client, "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH")[call](), "invalid_credentials")


def test_without_credentials_every_call_is_401(meta: httpx.Client) -> None:
    for call in calls(meta, "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH").values():
        assert_refused(call(), "invalid_credentials")


def test_a_lapsed_subscription_ends_puts_at_once_and_the_rest_after_the_grace_time(
    target: Target, operator: Operator
) -> None:
    account = operator.account()
    with target.client(account) as drive:
        (cid,) = stored(drive, ("kept.txt", b"paid for"))

        yesterday = datetime.now(UTC) - timedelta(days=2)
        operator("account", "paid-until", account.zelid, "--day", yesterday.strftime("%Y-%m-%d"))
        assert_refused(put(drive, ("more.txt", b"not paid for")), "subscription_not_active")
        assert drive.post("/api/v0/status").json()["result"]["active"] is False
        assert [file["hash"] for file in listed(drive)] == [cid]
        assert on(drive, "cat", cid).content == on(drive, "get", cid).content == b"paid for"

        operator("account", "paid-until", account.zelid, "--day", LATE)
        for call in calls(drive, cid).values():
            assert_refused(call(), "subscription_not_active")

        operator("account", "paid-until", account.zelid)
        assert on(drive, "cat", cid).content == b"paid for"


def test_a_suspended_account_may_do_nothing_until_it_is_let_in_again(target: Target, operator: Operator) -> None:
    account = operator.account()
    with target.client(account) as drive:
        (cid,) = stored(drive, ("kept.txt", b"still there"))

        operator("account", "suspend", account.zelid)
        for call in calls(drive, cid).values():
            assert_refused(call(), "account_suspended")

        operator("account", "resume", account.zelid)
        assert [file["name"] for file in listed(drive)] == ["kept.txt"]
        assert used(drive) == len(b"still there")


def test_a_key_does_what_it_was_issued_for_and_no_more(target: Target, operator: Operator) -> None:
    account = operator.account()
    with target.client(account) as drive:
        (cid,) = stored(drive, ("scoped.txt", b"scoped"))
    needs = {"put": "write", "status": None, "ls": "list", "cat": "read", "get": "read", "rm": "delete"}
    for scope in ("read", "list"):
        key = operator("key", "issue", account.zelid, f"{scope} only", "--scope", scope)["secret"]
        with target.client(Account(account.zelid, key)) as drive:
            for name, call in calls(drive, cid).items():
                answer, need = call(), needs[name]
                if need in (scope, None):
                    assert answer.status_code == 200
                else:
                    text = f"Key lacks scope {need}"
                    assert answer.status_code == 403
                    assert answer.json() == {"error": text, "message": text, "code": "key_lacks_scope"}


def test_a_hash_is_found_in_one_s_own_account_alone(target: Target, operator: Operator, drive: httpx.Client) -> None:
    with target.client(operator.account()) as other:
        (cid,) = stored(drive, ("mine.txt", b"a secret of mine"))
        for call in ("cat", "get", "rm"):
            assert_refused(on(other, call, cid), "file_not_found")

        stored(other, ("theirs.txt", b"a secret of mine"))
        assert on(other, "rm", cid).status_code == 200
        assert on(drive, "cat", cid).content == b"a secret of mine"
        assert "mine.txt" in on(drive, "get", cid).headers["content-disposition"]
        assert listed(other) == []
