"""Nobody gives what they do not have: a key with a role makes neither keys nor roles that may do more than it."""

from typing import Any

import pytest

from tests.members.permitting import FLUX, MANAGEMENT, holder, permission, role
from tests.support.managing import Manager, invalid, refused

PEOPLE = [permission(f"{kind}-{what}") for kind in ("management", "flux") for what in ("keys", "roles")]
BASES = pytest.mark.parametrize("base", [MANAGEMENT, FLUX])


@pytest.fixture
def steward(me: Manager) -> str:
    """The `Authorization` of one who manages keys and roles, and may read two APIs besides."""
    apis = permission("flux-apis", "read", every=False, objects=["one", "two"])
    return holder(me, role(me, *PEOPLE, apis))[0]


LESS = permission("flux-apis", "read", every=False, objects=["one"])
MORE = [
    permission("flux-apis", "read"),
    permission("flux-apis", "read", every=False, objects=["one", "three"]),
    permission("flux-apis", "read", "update", every=False, objects=["one"]),
]


@BASES
def test_giving_a_role(me: Manager, steward: str, base: str) -> None:
    _, key = holder(me, None, base)
    keys, less = f"{base}/api-keys/", role(me, LESS, base=base)

    assert me.ask("POST", keys, {"role": less}, auth=steward).status == 201
    for held in (None, *(role(me, each, base=base) for each in MORE)):
        refused(me.ask("POST", keys, {"role": held}, auth=steward), 403, "permission_denied")
        refused(me.ask("PUT", f"{keys}{key}/", {"role": held}, auth=steward), 403, "permission_denied")
    refused(me.ask("POST", keys, {}, auth=steward), 403, "permission_denied")
    invalid(me.ask("POST", keys, {"role": "nothing"}, auth=steward), "role")
    assert me.ask("PUT", f"{keys}{key}/", {"description": "d"}, auth=steward).json["role"] is None
    assert me.ask("PUT", f"{keys}{key}/", {"role": less}, auth=steward).json["role"] == less


def test_full_access_is_not_given(me: Manager, steward: str) -> None:
    full, empty = role(me, full_access=True), role(me)
    roles = f"{MANAGEMENT}/roles/"

    refused(me.ask("POST", f"{MANAGEMENT}/api-keys/", {"role": full}, auth=steward), 403, "permission_denied")
    refused(me.ask("POST", roles, {"name": "n", "full_access": True}, auth=steward), 403, "permission_denied")
    refused(me.ask("PUT", f"{roles}{empty}/", {"full_access": True}, auth=steward), 403, "permission_denied")
    assert me.ask("POST", roles, {"name": "n"}, auth=steward).status == 201
    assert me.ask("GET", f"{roles}{empty}/").json["full_access"] is False


@BASES
@pytest.mark.parametrize("more", MORE)
def test_permitting(me: Manager, steward: str, base: str, more: dict[str, Any]) -> None:
    held = role(me, base=base)
    at = f"{base}/roles/{held}/permissions/"

    assert me.ask("POST", at, LESS, auth=steward).status == 201
    assert me.ask("POST", f"{at}batch/", [LESS], auth=steward).status == 200
    refused(me.ask("POST", at, more, auth=steward), 403, "permission_denied")
    refused(me.ask("POST", f"{at}batch/", [more], auth=steward), 403, "permission_denied")
    assert me.ask("GET", at).json == [LESS]


@BASES
def test_adding_an_object(me: Manager, steward: str, base: str) -> None:
    at = f"{base}/roles/{role(me, LESS, base=base)}/permissions/objects/"
    two, three = ({"content_type": "flux-apis", "object_key": each} for each in ("two", "three"))

    assert me.ask("POST", at, two, auth=steward).status == 201
    refused(me.ask("POST", at, three, auth=steward), 403, "permission_denied")
    # Nor by an action more for objects that stand there.
    assert me.ask("POST", at, three).status == 201
    same = {"content_type": "flux-apis", "actions": ["read"]}
    refused(me.ask("POST", at.replace("objects/", ""), same, auth=steward), 403, "permission_denied")


def test_who_has_all_of_it_may_give_it(me: Manager) -> None:
    giver = holder(me, role(me, *PEOPLE, permission("resources")))[0]
    # Two names of the same.
    wanted = role(me, permission("collection-items"))

    assert me.ask("POST", f"{MANAGEMENT}/api-keys/", {"role": wanted}, auth=giver).status == 201
    for auth in (me.bearer, me.simple, holder(me, role(me, full_access=True))[0]):
        assert me.ask("POST", f"{MANAGEMENT}/api-keys/", {}, auth=auth).status == 201
        assert me.ask("POST", f"{MANAGEMENT}/roles/", {"name": "n", "full_access": True}, auth=auth).status == 201
