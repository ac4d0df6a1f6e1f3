"""Who signed in manages the account's drive keys; no key can (spec drive, Access)."""

from typing import Any

import pytest

from tests.support.managing import Manager, manager
from tests.support.system import Answer, System, User

SHOWN = {"id", "name", "prefix", "scopes", "created", "last_used", "expires"}
KEYS = "/api/v0/keys"


def ask(me: Manager, method: str, path: str = KEYS, body: Any = b"", auth: str | None = None) -> Answer:
    return me.system.call(method, path, body=body, headers={"authorization": auth if auth is not None else me.bearer})


def test_a_key_s_life(me: Manager) -> None:
    made = ask(me, "POST", body={"name": "site", "scopes": ["list", "read"], "expires": 2**33}).json
    assert made.keys() == SHOWN | {"status", "secret"}
    assert (made["status"], made["name"], made["scopes"], made["last_used"]) == (
        "success",
        "site",
        ["list", "read"],
        None,
    )
    user = User(me.zelid, made["secret"], made["id"])
    assert me.system.call("POST", "/api/v0/ls", user=user).status == 200
    assert me.system.put(user, ("a", b"a")).status == 403

    listed = ask(me, "GET").json
    assert listed.keys() == {"status", "keys"}
    (shown,) = [key for key in listed["keys"] if key["id"] == made["id"]]
    assert shown.keys() == SHOWN
    assert made["secret"] not in str(listed)

    assert ask(me, "DELETE", f"{KEYS}/{made['id']}").json == {"status": "success", "id": made["id"]}
    assert me.system.call("POST", "/api/v0/ls", user=user).status == 401
    gone = ask(me, "DELETE", f"{KEYS}/{made['id']}")
    assert (gone.status, gone.json["code"]) == (404, "key_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "n" * 65},
        {"name": "n", "scopes": []},
        {"name": "n", "scopes": ["all"]},
        {"name": "n", "expires": 253_402_300_800},
        {"name": "n", "x": 1},
    ],
)
def test_what_is_no_key_is_refused_in_the_drive_s_shape(me: Manager, body: dict[str, Any]) -> None:
    answer = ask(me, "POST", body=body)

    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert len(ask(me, "GET").json["keys"]) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/k")])
def test_only_an_access_token_will_do(system: System, me: Manager, method: str, path: str) -> None:
    basic = system.user().auth["authorization"]
    for auth in ("", basic, me.simple, f"Bearer {me.refresh}", "Bearer x"):
        answer = ask(me, method, path, auth=auth)
        assert (answer.status, answer.json["code"]) == (401, "invalid_credentials")
        assert answer.headers["www-authenticate"] == "Bearer"
    system.accounts.set_suspended(me.zelid, suspended=True)
    assert ask(me, method, path).json["code"] == "account_suspended"


def test_another_account_s_key_is_not_found(system: System, me: Manager) -> None:
    (theirs,) = ask(manager(system), "GET").json["keys"]

    assert ask(me, "DELETE", f"{KEYS}/{theirs['id']}").json["code"] == "key_not_found"
