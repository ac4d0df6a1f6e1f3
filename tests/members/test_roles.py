"""Roles and their permissions, of both populations: made, shown, changed, taken away (spec flux-apis, B.8)."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.members.tables import EnvironmentRow, ManagementRoleRow
from tests.members.permitting import ACTIONS, FLUX, MANAGEMENT, TYPES, holder, permission, role
from tests.support.managing import Manager, invalid, refused

BASES = pytest.mark.parametrize("base", [MANAGEMENT, FLUX])
API = permission("flux-apis", "read", every=False)


@BASES
def test_a_role_s_life(me: Manager, base: str) -> None:
    made = me.made(f"{base}/roles/", name="Readers", description="They read")
    at = f"{base}/roles/{made['key']}/"

    fields = {"key", "name", "description", "environment", "created_at"}
    assert made.keys() == (fields | {"full_access"} if base == MANAGEMENT else fields)
    assert (made["name"], made["description"], made["environment"]) == ("Readers", "They read", me.env)
    assert me.ask("GET", at).json == made
    assert me.ask("GET", f"{base}/roles/").json == {"count": 1, "next": None, "previous": None, "results": [made]}
    changed = me.ask("PUT", at, {"name": "R", "description": None}).json
    assert changed == {**made, "name": "R", "description": None}
    assert me.ask("PUT", at, {}).json == me.ask("GET", at).json == changed
    gone = me.ask("DELETE", at)
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, at), 404, "role_not_found")
    assert me.ask("GET", f"{base}/roles/").json["count"] == 0


def test_full_access_is_management_s_alone(me: Manager) -> None:
    assert me.made(f"{MANAGEMENT}/roles/", name="n", full_access=True)["full_access"] is True
    invalid(me.ask("POST", f"{FLUX}/roles/", {"name": "n", "full_access": True}), "full_access")


@BASES
@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 256}, "name"),
        ({"name": "n", "description": "d" * 501}, "description"),
        ({"name": "n", "permissions": []}, "permissions"),
    ],
)
def test_validation_error_of_roles(me: Manager, base: str, body: dict[str, Any], where: str) -> None:
    invalid(me.ask("POST", f"{base}/roles/", body), where)
    assert me.ask("GET", f"{base}/roles/").json["count"] == 0


@BASES
def test_too_many_roles(me: Manager, base: str) -> None:
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=me.env), [EnvironmentRow.roles.set(100), EnvironmentRow.flux_roles.set(100)])

    refused(me.ask("POST", f"{base}/roles/", {"name": "n"}), 422, "too_many_roles")


@BASES
def test_role_in_use(me: Manager, base: str) -> None:
    held = role(me, base=base)
    _, first = holder(me, held, base)
    _, second = holder(me, held, base)
    at = f"{base}/roles/{held}/"

    refused(me.ask("DELETE", at), 422, "role_in_use")
    assert me.ask("PUT", f"{base}/api-keys/{first}/", {"role": None}).json["role"] is None
    refused(me.ask("DELETE", at), 422, "role_in_use")
    assert me.ask("DELETE", f"{base}/api-keys/{second}/").status == 204
    assert me.ask("DELETE", at).status == 204


def test_permissions(me: Manager) -> None:
    at = f"{MANAGEMENT}/roles/{role(me)}/permissions/"
    assert me.ask("GET", at).json == []

    made = me.ask("POST", at, {"content_type": "flux-apis", "actions": ["update", "read", "read"], "all_objects": True})
    other = me.ask("POST", at, {"content_type": "environment", "actions": ["read"], "all_objects": True})

    assert (made.status, made.json) == (201, permission("flux-apis", "read", "update"))
    # Such have no objects.
    assert (other.status, other.json) == (201, permission("environment", "read"))
    assert me.ask("GET", at).json == [made.json, other.json]
    again = me.ask("POST", at, {"content_type": "flux-apis", "actions": ["delete"]})
    assert (again.status, again.json) == (200, permission("flux-apis", "delete"))
    assert me.ask("GET", at).json == [other.json, again.json]
    assert me.ask("DELETE", at, query={"content_type": "flux-apis"}).status == 204
    assert me.ask("GET", at).json == [other.json]
    refused(me.ask("DELETE", at, query={"content_type": "flux-apis"}), 404, "permission_not_found")
    invalid(me.ask("DELETE", at), "content_type")


def test_nobody_is_let_into_everything_by_an_omission(me: Manager) -> None:
    at = f"{MANAGEMENT}/roles/{role(me)}/permissions/"

    assert me.ask("POST", at, {"content_type": "schemas", "actions": ["read"]}).json["all_objects"] is False


def test_a_batch_replaces_all(me: Manager) -> None:
    key = role(me, permission("flux-apis"), permission("schemas"))
    at = f"{MANAGEMENT}/roles/{key}/permissions/"
    wanted = [permission(each) for each in TYPES]

    for body in (wanted, wanted[:1], []):
        answer = me.ask("POST", f"{at}batch/", body)
        assert (answer.status, answer.json) == (200, body)
        assert me.ask("GET", at).json == body


@BASES
def test_objects(me: Manager, base: str) -> None:
    key = role(me, API, base=base)
    at = f"{base}/roles/{key}/permissions/objects/"
    shown = [{"content_type": "flux-apis", "object_key": each} for each in ("one", "two")]

    first = me.ask("POST", at, shown[0])
    second = me.ask("POST", at, {"content_type": "flux-apis", "object": "two"})

    assert [(each.status, each.json) for each in (first, second)] == [(201, shown[0]), (201, shown[1])]
    assert me.ask("POST", at, shown[0]).status == 201
    assert me.ask("GET", at).json == me.ask("GET", at, query={"content_type": "flux-apis"}).json == shown
    assert me.ask("GET", at, query={"content_type": "schemas"}).json == []
    assert me.ask("GET", at.replace("objects/", "")).json[0]["objects"] == ["one", "two"]
    # What a change leaves open stays.
    kept = me.ask("POST", at.replace("objects/", ""), {"content_type": "flux-apis", "actions": ["read", "update"]})
    assert kept.json == permission("flux-apis", "read", "update", every=False, objects=["one", "two"])
    assert me.ask("DELETE", at, shown[0]).status == 204
    refused(me.ask("DELETE", at, shown[0]), 404, "permission_not_found")
    assert me.ask("GET", at).json == shown[1:]


def test_an_object_belongs_to_a_permission(me: Manager) -> None:
    at = f"{MANAGEMENT}/roles/{role(me)}/permissions/objects/"

    refused(me.ask("POST", at, {"content_type": "flux-apis", "object_key": "k"}), 404, "permission_not_found")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("", {"content_type": "folders", "actions": ["read"]}, ["content_type"]),
        ("", {"content_type": "flux-apis", "actions": []}, ["actions"]),
        ("", {"content_type": "flux-apis", "actions": ["write"]}, ["actions", 0]),
        ("", {"content_type": "environment", "actions": ["read"], "objects": ["k"]}, []),
        ("", {"content_type": "flux-apis", "actions": ["read"], "objects": ["*"]}, ["objects", 0]),
        ("batch/", {"content_type": "flux-apis", "actions": ["read"]}, []),
        ("batch/", [API, API], []),
        ("objects/", {"content_type": "flux-apis"}, []),
        ("objects/", {"content_type": "flux-apis", "object_key": "k", "object": "k"}, []),
        ("objects/", {"content_type": "locales", "object_key": "k"}, []),
        ("objects/", {"content_type": "flux-apis", "object_key": "k" * 65}, ["object_key"]),
    ],
)
def test_validation_error_of_permissions(me: Manager, path: str, body: Any, where: list[Any]) -> None:
    key = role(me, API)

    invalid(me.ask("POST", f"{MANAGEMENT}/roles/{key}/permissions/{path}", body), *where)

    assert me.ask("GET", f"{MANAGEMENT}/roles/{key}/permissions/").json == [API]


@pytest.mark.parametrize("content_type", [each for each in TYPES if each != "flux-apis"])
def test_a_flux_role_speaks_of_apis_alone(me: Manager, content_type: str) -> None:
    at = f"{FLUX}/roles/{role(me, base=FLUX)}/permissions/"

    invalid(me.ask("POST", at, {"content_type": content_type, "actions": ["read"]}), "content_type")
    invalid(me.ask("POST", f"{at}batch/", [permission(content_type)]), 0, "content_type")


def test_a_role_names_a_thousand_objects(me: Manager) -> None:
    most = permission("flux-apis", every=False, objects=[f"{n:064}" for n in range(1_000)])
    at = f"{MANAGEMENT}/roles/{role(me, most, permission('schemas', every=False))}/permissions/"

    invalid(me.ask("POST", f"{at}objects/", {"content_type": "schemas", "object_key": "one-more"}), "objects")
    assert len(me.ask("GET", f"{at}objects/").json) == 1_000
    (row,) = [row for row in aws.scan(ManagementRoleRow) if row.environment == me.env]
    assert len(str(row.serialize())) < 100_000


def test_pages_of_many_large_roles_end_early_and_go_on(me: Manager) -> None:
    large = permission("flux-apis", *ACTIONS, every=False, objects=[f"{n:064}" for n in range(1_000)])
    keys = [role(me, large) for _ in range(20)]
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = me.ask("GET", f"{MANAGEMENT}/roles/", query=query).json
        assert page["count"] == 20
        seen += [each["key"] for each in page["results"]]
        if page["next"] is None:
            break
        query = dict(each.split("=") for each in page["next"].partition("?")[2].split("&"))
    assert seen == keys


def test_roles_of_one_population_are_unknown_to_the_other(me: Manager) -> None:
    for base, other in ((MANAGEMENT, FLUX), (FLUX, MANAGEMENT)):
        held = role(me, base=base)
        refused(me.ask("GET", f"{other}/roles/{held}/"), 404, "role_not_found")
        invalid(me.ask("POST", f"{other}/api-keys/", {"role": held}), "role")
