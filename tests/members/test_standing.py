"""What an account's state and a caller's standing change, at once (spec flux-apis, Scope and A.4)."""

import time

import pytest

from chalicelib import aws
from chalicelib.members.tables import EnvironmentRow, ManagementKeyRow
from tests.support.managing import Manager, colleague, manager, publishing, refused
from tests.support.system import System

DAY = 86_400
KEYS = "/permissions/management-api/api-keys/"


@pytest.mark.parametrize(("late_days", "let_in"), [(-1, True), (1, True), (29, True), (31, False)])
def test_a_lapsed_account_manages_through_its_grace(system: System, late_days: int, let_in: bool) -> None:
    me = manager(system, paid_until=int(time.time()) - late_days * DAY)

    for auth in (me.bearer, me.simple):
        answer = me.ask("GET", "/api/", auth=auth)
        if let_in:
            assert answer.status == 200
        else:
            refused(answer, 403, "permission_denied")


def test_a_suspended_account_is_let_in_again(system: System, me: Manager) -> None:
    assert me.ask("GET", "/api/").status == 200
    system.accounts.set_suspended(me.zelid, suspended=True)
    refused(me.ask("GET", "/api/"), 403, "permission_denied")
    system.accounts.set_suspended(me.zelid, suspended=False)
    assert me.ask("GET", "/api/").status == 200


def test_a_user_manages_all_environments_of_the_account_a_key_its_own(system: System, me: Manager) -> None:
    other = publishing(system).members.open(me.zelid, "Other").key
    at = f"/v1/{other}/api/"

    assert system.call("GET", at, headers={"authorization": me.bearer}).status == 200
    refused(system.call("GET", at, headers={"authorization": me.simple}), 404, "environment_not_found")


def test_a_revoked_key_stops_at_once(system: System, me: Manager) -> None:
    other = colleague(system, me.zelid, me.env)
    headers = {"authorization": other.simple}
    assert system.call("GET", f"/v1/{me.env}/api/", headers=headers).status == 200
    (key,) = [one["key"] for one in me.ask("GET", KEYS).json["results"] if one["public_key"] == other.public]

    gone = me.ask("DELETE", f"{KEYS}{key}/")

    assert (gone.status, gone.body) == (204, b"")
    refused(system.call("GET", f"/v1/{me.env}/api/", headers=headers), 401, "authentication_failed")
    refused(me.ask("DELETE", f"{KEYS}{key}/"), 404, "key_not_found")
    refused(me.ask("GET", f"{KEYS}{key}/"), 404, "key_not_found")
    assert me.ask("GET", "/api/", auth=me.simple).status == 200


def test_a_key_s_life(me: Manager) -> None:
    made = me.made(KEYS, description="For the site", role=None)
    assert made.keys() == {"key", "description", "public_key", "secret_key", "role", "environment", "created_at"}
    assert (made["description"], made["role"], made["environment"]) == ("For the site", None, me.env)
    simple = f"Simple {made['public_key']}:{made['secret_key']}"
    assert me.ask("GET", "/api/", auth=simple).status == 200

    shown = me.ask("GET", f"{KEYS}{made['key']}").json
    every = me.ask("GET", KEYS).json

    assert shown == {**made, "secret_key": "********"}
    assert (every["count"], every["results"][-1]) == (2, shown)
    assert made["secret_key"] not in str(me.system.contents())
    # A key may take itself away.
    assert me.ask("DELETE", f"{KEYS}{made['key']}", auth=simple).status == 204
    refused(me.ask("GET", "/api/", auth=simple), 401, "authentication_failed")
    assert me.ask("GET", KEYS).json["count"] == 1


@pytest.mark.parametrize(
    ("body", "where"),
    [({"description": "d" * 501}, "description"), ({"role": "r"}, "role"), ({"public_key": "p"}, "public_key")],
)
def test_validation_error_on_making_a_key(me: Manager, body: dict[str, str], where: str) -> None:
    detail = refused(me.ask("POST", KEYS, body), 422, "validation_error")

    assert [issue["loc"] for issue in detail] == [[where]]
    assert me.ask("GET", KEYS).json["count"] == 1


def test_an_environment_has_a_hundred_keys(me: Manager) -> None:
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=me.env), [EnvironmentRow.keys.set(100)])
    before = len(list(aws.scan(ManagementKeyRow)))

    refused(me.ask("POST", KEYS), 403, "permission_denied")

    assert len(list(aws.scan(ManagementKeyRow))) == before


def test_a_key_of_another_environment_is_not_found(system: System, me: Manager) -> None:
    (theirs,) = manager(system).ask("GET", KEYS).json["results"] or [None]

    refused(me.ask("GET", f"{KEYS}{theirs['key']}/"), 404, "key_not_found")
    refused(me.ask("DELETE", f"{KEYS}{theirs['key']}/"), 404, "key_not_found")


def test_things_of_another_environment_are_not_found(system: System, me: Manager) -> None:
    other = manager(system)
    api, folder = other.api(), other.folder()
    other.connect(api, folder)

    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, f"/api/{api}/"), 404, "api_not_found")
        refused(me.ask(method, f"/api/{api}/folders/{folder}/"), 404, "api_not_found")
        refused(me.ask(method, "/folders/tree/folder/", query={"key": folder}), 404, "folder_not_found")
    mine = me.api()
    refused(me.ask("POST", f"/api/{mine}/folders/", {"folder": folder}), 404, "folder_not_found")
    body = {"name": "n", "alias": "a", "parent": folder}
    refused(me.ask("POST", "/folders/tree/", body), 404, "folder_not_found")
    assert other.ask("GET", f"/api/{api}/folders/").json["count"] == 1


def test_the_order_is_api_folder_body(me: Manager) -> None:
    api = me.api()

    refused(me.ask("POST", "/api/nothing/folders/", b"{"), 404, "api_not_found")
    refused(me.ask("PUT", "/api/nothing/folders/nothing/", b"{"), 404, "api_not_found")
    refused(me.ask("PUT", f"/api/{api}/folders/nothing/", b"{"), 404, "folder_not_found")
    refused(me.ask("PUT", "/folders/tree/folder/", b"{", query={"key": "nothing"}), 404, "folder_not_found")
    refused(me.ask("PUT", f"/api/{api}/", b"{"), 400, "json_parse_error")
    refused(me.ask("POST", f"/api/{api}/folders/", b"{"), 400, "json_parse_error")
