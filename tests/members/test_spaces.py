"""Organisations, projects and environments: an account's own, over HTTP, for its users (spec flux-apis, B.9)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from tests.support.managing import Manager, colleague, invalid, publishing, refused, secure
from tests.support.system import Answer, System


@pytest.fixture
def ask(me: Manager) -> Callable[..., Answer]:
    """Calls a path under the caller's organisation."""

    def asked(method: str, path: str = "", body: Any = b"", **more: Any) -> Answer:
        headers = {"authorization": more.pop("auth", me.bearer)}
        return me.system.call(method, f"/organizations/{me.zelid}{path}", body=body, headers=headers, **more)

    return asked


Ask = Callable[..., Answer]


def made(answer: Answer) -> dict[str, Any]:
    assert answer.status == 201, answer.body
    found: dict[str, Any] = answer.json
    return found


def test_the_organisation_is_the_account(me: Manager, ask: Ask) -> None:
    every = me.system.call("GET", "/organizations/", headers={"authorization": me.bearer}).json

    (own,) = every
    assert (own["key"], own["owner"]["email"], own["is_blocked"]) == (me.zelid, me.email, False)
    assert ask("GET", "/").json == own


def test_a_project_s_life(me: Manager, ask: Ask) -> None:
    (standard,) = ask("GET", "/projects/").json["results"]
    assert (standard["name"], [each["key"] for each in standard["environments"]]) == ("Default", [me.env])

    one = made(ask("POST", "/projects/", {"name": "One", "region": "eu"}))
    at = f"/projects/{one['key']}/"

    assert (one["name"], one["organization"], one["environments"]) == ("One", me.zelid, [])
    assert ask("GET", at).json == one
    page = ask("GET", "/projects/").json
    assert (page["count"], page["results"]) == (2, [standard, one])
    assert ask("PUT", at, {"name": "Two"}).json == {**one, "name": "Two"} == ask("GET", at).json
    assert ask("PUT", at, {}).json["name"] == "Two"
    assert ask("DELETE", at).status == 204
    for method in ("GET", "PUT", "DELETE"):
        refused(ask(method, at), 404, "project_not_found")
    assert ask("GET", "/projects/").json["results"] == [standard]


def test_an_environment_s_life(me: Manager, ask: Ask) -> None:
    project = made(ask("POST", "/projects/", {"name": "One"}))["key"]
    under = f"/projects/{project}/environments/"
    keys = [made(ask("POST", under, {"name": str(n)}))["key"] for n in range(3)]
    at = f"{under}{keys[0]}/"

    shown = ask("GET", at).json
    host = me.system.aws.settings.public_url.split("/")[2]
    assert (shown["name"], shown["project"], shown["host"], shown["is_enabled"]) == ("0", project, host, True)
    # A bare array, in the order they were made.
    assert [each["key"] for each in ask("GET", under).json] == keys
    assert ask("GET", f"/projects/{project}/").json["environments"] == ask("GET", under).json
    assert ask("PUT", at, {"name": "new", "is_production": True}).json == {**shown, "name": "new"}
    for enabled in (False, True):
        assert ask("POST", f"{at}toggle/", {"is_enabled": enabled}).json["is_enabled"] is enabled
        assert ask("GET", at).json["is_enabled"] is enabled
        # It is managed all the same.
        assert me.system.call("GET", f"/v1/{keys[0]}/api/", headers={"authorization": me.bearer}).status == 200
    assert ask("DELETE", f"{under}{keys[1]}/").status == 204
    assert [each["key"] for each in ask("GET", under).json] == [keys[0], keys[2]]
    for method in ("GET", "PUT", "DELETE"):
        refused(ask(method, f"{under}{keys[1]}/"), 404, "environment_not_found")
    refused(ask("POST", f"{under}{keys[1]}/toggle/", {"is_enabled": True}), 404, "environment_not_found")


def test_an_environment_may_begin_disabled(ask: Ask) -> None:
    (project,) = ask("GET", "/projects/").json["results"]
    under = f"/projects/{project['key']}/environments/"

    assert made(ask("POST", under, {"name": "n", "is_enabled": False}))["is_enabled"] is False


def test_what_is_not_empty_stays(me: Manager, ask: Ask) -> None:
    (project,) = ask("GET", "/projects/").json["results"]
    at = f"/projects/{project['key']}/"
    api = me.api()

    refused(ask("DELETE", at), 422, "project_not_empty")
    refused(ask("DELETE", f"{at}environments/{me.env}/"), 422, "environment_not_empty")
    assert me.ask("DELETE", f"/api/{api}/").status == 204
    me.folder()
    refused(ask("DELETE", f"{at}environments/{me.env}/"), 422, "environment_not_empty")
    assert me.ask("GET", "/api/", auth=me.simple).status == 200


def test_operators_environments_go_to_a_standard_project(me: Manager, ask: Ask) -> None:
    (project,) = ask("GET", "/projects/").json["results"]
    at = f"/projects/{project['key']}/"
    members = publishing(me.system).members

    second = members.open(me.zelid, "Second").key
    assert [each["key"] for each in ask("GET", f"{at}environments/").json] == [me.env, second]
    for env in (me.env, second):
        assert ask("DELETE", f"{at}environments/{env}/").status == 204
    # It may be deleted, and comes again with the next.
    assert ask("DELETE", at).status == 204
    third = members.open(me.zelid, "Third").key
    (again,) = ask("GET", "/projects/").json["results"]
    assert (again["key"] != project["key"], [each["key"] for each in again["environments"]]) == (True, [third])
    with pytest.raises(LookupError):
        members.open("nobody", "n")


def test_a_project_of_one_environment_does_not_have_another(me: Manager, ask: Ask) -> None:
    other = made(ask("POST", "/projects/", {"name": "Other"}))["key"]

    for method in ("GET", "PUT", "DELETE"):
        refused(ask(method, f"/projects/{other}/environments/{me.env}/"), 404, "environment_not_found")
        refused(ask(method, f"/projects/nothing/environments/{me.env}/"), 404, "project_not_found")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("", {}, "name"),
        ("", {"name": "n" * 256}, "name"),
        ("", {"name": "n", "key": "k"}, "key"),
        ("environments/", {}, "name"),
        ("environments/", {"name": ""}, "name"),
        ("environments/", {"name": "n", "key": "k"}, "key"),
        ("environments/{env}/toggle/", {}, "is_enabled"),
        ("environments/{env}/toggle/", {"is_enabled": 1}, "is_enabled"),
    ],
)
def test_validation_error(me: Manager, ask: Ask, path: str, body: dict[str, Any], where: str) -> None:
    (project,) = ask("GET", "/projects/").json["results"]
    under = f"/projects/{project['key']}/{path.replace('{env}', me.env)}" if path else "/projects/"

    invalid(ask("POST", under, body), where)


def test_bounds(me: Manager, ask: Ask) -> None:
    (project,) = ask("GET", "/projects/").json["results"]
    with aws.transaction() as tx:
        full = [AccountRow.projects.set(20), AccountRow.environments.set(100)]
        tx.update(AccountRow(zelid=me.zelid), full)

    refused(ask("POST", "/projects/", {"name": "n"}), 422, "too_many_projects")
    refused(ask("POST", f"/projects/{project['key']}/environments/", {"name": "n"}), 422, "too_many_environments")


def test_users_alone(me: Manager, ask: Ask) -> None:
    signed = secure(me, f"/organizations/{me.zelid}/projects/")

    refused(ask("GET", "/projects/", auth=me.simple), 401, "authentication_failed")
    refused(me.system.call("GET", f"/organizations/{me.zelid}/projects/", headers=signed), 401, "authentication_failed")
    refused(me.system.call("GET", "/organizations/", headers=signed), 401, "authentication_failed")
    me.system.accounts.set_suspended(me.zelid, suspended=True)
    refused(ask("GET", "/projects/"), 403, "permission_denied")


def test_a_colleague_sees_the_same(system: System, me: Manager, ask: Ask) -> None:
    other = colleague(system, me.zelid, me.env)

    assert ask("GET", "/projects/", auth=other.bearer).json == ask("GET", "/projects/").json
