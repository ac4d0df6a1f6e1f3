"""What warm calls to keys, roles, projects and environments cost, in round trips to AWS (docs: Budgets)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws
from tests.members.permitting import ACTIONS, FLUX, MANAGEMENT, holder, permission, role
from tests.support.calls import Calls
from tests.support.managing import Manager, manager, secure
from tests.support.ministack import Ministack

READ = {"BatchGetItem": 1}
"""Who calls, with their role, and the rows of the operation along with them."""
LIST = {**READ, "Query": 1}
WRITE = {**READ, "TransactWriteItems": 1}
BASES = pytest.mark.parametrize("base", [MANAGEMENT, FLUX])
Cost = Callable[..., dict[str, int]]


@pytest.fixture(scope="module")
def warm(ministack: Ministack) -> Manager:
    made = manager(ministack.system())
    assert made.ask("GET", "/api/").status == 200
    return made


@pytest.fixture
def me(warm: Manager, monkeypatch: pytest.MonkeyPatch) -> Manager:
    monkeypatch.setattr(aws.clients, "_current", warm.system.aws)
    return warm


@pytest.fixture
def cost(me: Manager) -> Cost:
    """The calls to AWS of a call that must succeed."""
    calls = Calls(me.system.aws)

    def asked(method: str, path: str, body: Any = b"", auth: str | None = None, **query: str) -> dict[str, int]:
        calls.clear()
        if path.startswith("/organizations"):
            headers = {"authorization": me.bearer}
            answer = me.system.call(method, path, body=body, headers=headers, query=query)
        else:
            answer = me.ask(method, path, body, auth=auth, query=query)
        assert answer.status < 300, answer.body
        return calls.by_operation()

    return asked


def test_a_role_costs_nothing_once_it_is_known(me: Manager, cost: Cost) -> None:
    held, other = role(me, permission("flux-apis")), role(me, permission("flux-apis"))
    auth, key = holder(me, held)
    api = me.api()

    assert cost("GET", f"/api/{api}/", auth=auth) == {"BatchGetItem": 2}
    assert cost("GET", f"/api/{api}/", auth=auth) == READ
    assert cost("GET", "/api/", auth=auth) == LIST
    assert cost("PUT", f"/api/{api}/", {"name": "m"}, auth=auth) == WRITE
    # Another role is read when the key's row names it, and known from then on.
    assert me.ask("PUT", f"{MANAGEMENT}/api-keys/{key}/", {"role": other}).status == 200
    assert cost("GET", f"/api/{api}/", auth=auth) == {"BatchGetItem": 2}
    assert cost("GET", f"/api/{api}/", auth=auth) == READ
    assert me.ask("PUT", f"{MANAGEMENT}/api-keys/{key}/", {"role": None}).status == 200
    assert [cost("GET", f"/api/{api}/", auth=auth) for _ in range(2)] == [READ, READ]


def test_a_large_role_costs_the_same(me: Manager, cost: Cost) -> None:
    objects = [f"{n:064}" for n in range(999)]
    auth, _ = holder(me, role(me, permission("flux-apis", *ACTIONS, every=False, objects=[*objects, me.api()])))
    api = me.api()
    at = f"{MANAGEMENT}/roles/"
    keys = me.ask("GET", at).json["results"]
    assert cost("POST", f"{at}{keys[-1]['key']}/permissions/batch/", [permission("flux-apis")]) == WRITE

    assert cost("GET", f"/api/{api}/", auth=auth) == {"BatchGetItem": 2}
    assert cost("GET", f"/api/{api}/", auth=auth) == READ


@BASES
def test_keys(me: Manager, cost: Cost, base: str) -> None:
    held, keys = role(me, base=base), f"{base}/api-keys/"
    at = f"{keys}{holder(me, None, base)[1]}/"

    assert cost("GET", keys) == LIST
    assert cost("GET", at) == READ
    assert cost("POST", keys, {"role": held}) == WRITE
    assert cost("PUT", at, {"role": held, "description": "d"}) == WRITE
    assert cost("PUT", at, {}) == READ
    assert cost("DELETE", at) == WRITE


@BASES
def test_who_gives_a_role_with_one_has_it_judged_by_one_read(me: Manager, cost: Cost, base: str) -> None:
    steward, _ = holder(me, role(me, permission("management-keys"), permission("flux-keys")))
    assert me.ask("GET", f"{base}/api-keys/", auth=steward).status == 200

    held = role(me, base=base)
    assert cost("POST", f"{base}/api-keys/", {"role": held}, auth=steward) == {**WRITE, "GetItem": 1}


@BASES
def test_roles(me: Manager, cost: Cost, base: str) -> None:
    roles = f"{base}/roles/"
    at = f"{roles}{role(me, permission('flux-apis', every=False), base=base)}/"
    an_object = {"content_type": "flux-apis", "object_key": "k"}

    assert cost("GET", roles) == LIST
    assert cost("POST", roles, {"name": "n"}) == WRITE
    for path in ("", "permissions/", "permissions/objects/"):
        assert cost("GET", at + path) == READ
    assert cost("PUT", at, {"name": "m"}) == WRITE
    assert cost("POST", f"{at}permissions/objects/", an_object) == WRITE
    assert cost("DELETE", f"{at}permissions/objects/", an_object) == WRITE
    assert cost("POST", f"{at}permissions/", {"content_type": "flux-apis", "actions": ["read"]}) == WRITE
    assert cost("DELETE", f"{at}permissions/", content_type="flux-apis") == WRITE
    assert cost("POST", f"{at}permissions/batch/", []) == WRITE
    assert cost("DELETE", at) == WRITE


def test_projects_and_environments(me: Manager, cost: Cost) -> None:
    own = f"/organizations/{me.zelid}"
    headers = {"authorization": me.bearer}
    assert cost("GET", "/organizations/") == cost("GET", f"{own}/") == READ
    assert cost("POST", f"{own}/projects/", {"name": "n"}) == WRITE
    # Projects, and then all their environments.
    assert cost("GET", f"{own}/projects/") == {"BatchGetItem": 2, "Query": 1}
    project = me.system.call("GET", f"{own}/projects/", headers=headers).json["results"][-1]["key"]
    at = f"{own}/projects/{project}/"
    assert cost("POST", f"{at}environments/", {"name": "n"}) == WRITE
    assert cost("GET", at) == cost("GET", f"{at}environments/") == {"BatchGetItem": 2}
    (environment,) = me.system.call("GET", f"{at}environments/", headers=headers).json
    one = f"{at}environments/{environment['key']}/"
    assert cost("GET", one) == READ
    assert cost("PUT", one, {"name": "m"}) == cost("POST", f"{one}toggle/", {"is_enabled": False}) == WRITE
    # Then its keys and roles, of which there are none, and the row that says they are to go.
    assert cost("DELETE", one) == {**READ, "Query": 4, "TransactWriteItems": 2}
    assert cost("DELETE", at) == WRITE


def test_each_scheme_costs_the_same(me: Manager) -> None:
    calls = Calls(me.system.aws)
    path = f"/v1/{me.env}{MANAGEMENT}/roles/"
    for headers in ({"authorization": me.bearer}, {"authorization": me.simple}, secure(me, path)):
        calls.clear()
        assert me.system.call("GET", path, headers=headers).status == 200
        assert calls.by_operation() == LIST
