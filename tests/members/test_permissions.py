"""What a key may do is what its role permits, at once, on every route (spec flux-apis, A.4 and B.8)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.members.permitting import ACTIONS, FLUX, MANAGEMENT, OBJECT_TYPES, TYPES, holder, permission, permitted, role
from tests.support.managing import Manager, refused
from tests.support.system import Answer


@dataclass(frozen=True)
class Things:
    """Something of each kind; of what is deleted, something that may be."""

    api: str
    folder: str
    role: str
    flux_role: str
    key: str
    flux_key: str

    @classmethod
    def of(cls, me: Manager) -> "Things":
        roles = role(me), role(me, base=FLUX)
        return cls(me.api(), me.folder(), *roles, holder(me, None)[1], holder(me, None, FLUX)[1])


Call = tuple[str, str, Any]
"""Method, path and body."""

API_CALLS: list[tuple[str, bool, Callable[[Things], Call]]] = [
    ("read", False, lambda _: ("GET", "/api/", b"")),
    ("create", False, lambda _: ("POST", "/api/", {"name": "n", "prefix": "new"})),
    ("read", True, lambda its: ("GET", f"/api/{its.api}/", b"")),
    ("update", True, lambda its: ("PUT", f"/api/{its.api}/", {"name": "m"})),
    ("delete", True, lambda its: ("DELETE", f"/api/{its.api}/", b"")),
    ("read", True, lambda its: ("GET", f"/api/{its.api}/folders/", b"")),
    ("update", True, lambda its: ("POST", f"/api/{its.api}/folders/", {"folder": its.folder})),
    ("read", True, lambda its: ("GET", f"/api/{its.api}/collections/{its.folder}/", b"")),
    ("update", True, lambda its: ("PUT", f"/api/{its.api}/folders/{its.folder}/", {})),
    ("update", True, lambda its: ("DELETE", f"/api/{its.api}/folders/{its.folder}/", b"")),
]
FOLDER_CALLS: list[tuple[str, bool, Callable[[Things], Call]]] = [
    ("read", False, lambda _: ("GET", "/folders/tree/", b"")),
    ("read", False, lambda its: ("GET", f"/folders/tree/?key={its.folder}", b"")),
    ("create", False, lambda _: ("POST", "/collections/tree/", {"name": "n", "alias": "new"})),
    ("read", True, lambda its: ("GET", f"/folders/tree/folder/?key={its.folder}", b"")),
    ("update", True, lambda its: ("PUT", f"/folders/tree/folder/?key={its.folder}", {"name": "m"})),
    ("delete", True, lambda its: ("DELETE", f"/collections/tree/collection/?key={its.folder}", b"")),
]


def people(base: str) -> list[tuple[str, str, Callable[[Things], Call]]]:
    """Calls to keys and roles of a population: the content type, the action, and the call."""
    kind = "management" if base == MANAGEMENT else "flux"
    keys, roles = f"{base}/api-keys/", f"{base}/roles/"

    def key(its: Things) -> str:
        return f"{keys}{its.key if base == MANAGEMENT else its.flux_key}/"

    def held(its: Things) -> str:
        return its.role if base == MANAGEMENT else its.flux_role

    def under(its: Things, rest: str = "") -> str:
        return f"{roles}{held(its)}/{rest}"

    return [
        (f"{kind}-keys", "read", lambda _: ("GET", keys, b"")),
        (f"{kind}-keys", "read", lambda its: ("GET", key(its), b"")),
        (f"{kind}-keys", "create", lambda its: ("POST", keys, {"role": held(its)})),
        (f"{kind}-keys", "update", lambda its: ("PUT", key(its), {"role": held(its)})),
        (f"{kind}-keys", "delete", lambda its: ("DELETE", key(its), b"")),
        (f"{kind}-roles", "read", lambda _: ("GET", roles, b"")),
        (f"{kind}-roles", "read", lambda its: ("GET", under(its), b"")),
        (f"{kind}-roles", "create", lambda _: ("POST", roles, {"name": "n"})),
        (f"{kind}-roles", "update", lambda its: ("PUT", under(its), {"name": "m"})),
        (f"{kind}-roles", "delete", lambda its: ("DELETE", under(its), b"")),
        (f"{kind}-roles", "read", lambda its: ("GET", under(its, "permissions/"), b"")),
        (f"{kind}-roles", "read", lambda its: ("GET", under(its, "permissions/objects/"), b"")),
        (f"{kind}-roles", "update", lambda its: ("POST", under(its, "permissions/batch/"), [])),
        (f"{kind}-roles", "update", lambda its: ("POST", under(its, "permissions/"), {})),
        (f"{kind}-roles", "update", lambda its: ("DELETE", under(its, "permissions/"), b"")),
        (f"{kind}-roles", "update", lambda its: ("POST", under(its, "permissions/objects/"), {})),
        (f"{kind}-roles", "update", lambda its: ("DELETE", under(its, "permissions/objects/"), {})),
    ]


@dataclass(frozen=True)
class Case:
    """A call and what it needs: of `one` object, or of all."""

    content_type: str
    action: str
    one: bool
    make: Callable[[Things], Call]


MATRIX = [
    *(Case("flux-apis", *rest) for rest in API_CALLS),
    *(Case("collection-structure", *rest) for rest in FOLDER_CALLS),
    *(Case(kind, action, False, make) for base in (MANAGEMENT, FLUX) for kind, action, make in people(base)),  # noqa: FBT003 - a table
]
CASES = pytest.mark.parametrize("case", MATRIX)
OF_OBJECTS = pytest.mark.parametrize("case", [case for case in MATRIX if case.content_type in OBJECT_TYPES])


def ask(me: Manager, call: Call, auth: str) -> Answer:
    method, target, body = call
    path, _, query = target.partition("?")
    return me.ask(method, path, body, query=dict(each.split("=") for each in query.split("&") if each), auth=auth)


@CASES
def test_a_call_takes_its_permission_and_no_other(me: Manager, case: Case) -> None:
    its = Things.of(me)
    others = [permission(each) for each in TYPES if each != case.content_type]
    rest = permission(case.content_type, *(each for each in ACTIONS if each != case.action))

    refused(ask(me, case.make(its), permitted(me, *others, rest)), 403, "permission_denied")
    assert ask(me, case.make(its), permitted(me, permission(case.content_type, case.action))).status != 403


@OF_OBJECTS
def test_for_some_objects_alone(me: Manager, case: Case) -> None:
    its = Things.of(me)
    mine = its.api if case.content_type == "flux-apis" else its.folder

    other = permitted(me, permission(case.content_type, case.action, every=False, objects=["another"]))
    refused(ask(me, case.make(its), other), 403, "permission_denied")
    answer = ask(
        me, case.make(its), permitted(me, permission(case.content_type, case.action, every=False, objects=[mine]))
    )
    # Lists and new ones take a permission for all.
    assert (answer.status != 403) is case.one


@CASES
def test_full_access_permits_all(me: Manager, case: Case) -> None:
    full = holder(me, role(me, full_access=True))[0]

    assert ask(me, case.make(Things.of(me)), full).status != 403


def test_a_folder_by_its_path(me: Manager) -> None:
    key, path = me.folder("mine"), {"path": "mine"}
    me.folder("other")
    other, unknown = {"path": "other"}, {"path": "nothing"}
    at = "/folders/tree/folder/"
    mine = permitted(me, permission("collection-structure", every=False, objects=[key]))
    none = permitted(me, permission("collection-structure", every=False))

    assert me.ask("GET", at, query=path, auth=mine).json["key"] == key
    for query in (other, unknown):
        for method in ("GET", "PUT", "DELETE"):
            # Which others there are is not told.
            refused(me.ask(method, at, query=query, auth=mine), 403, "permission_denied")
    refused(me.ask("GET", at, query=path, auth=none), 403, "permission_denied")
    assert me.ask("DELETE", at, query=path, auth=mine).status == 204
    assert me.ask("GET", at, query=other).status == 200


def test_a_role_acts_at_once(me: Manager) -> None:
    api = me.api()
    held, narrow = role(me, permission("flux-apis", "read")), role(me, permission("flux-apis", every=False))
    auth, key = holder(me, held)
    objects = f"{MANAGEMENT}/roles/{narrow}/permissions/objects/"
    an_api = {"content_type": "flux-apis", "object_key": api}

    def may(method: str = "GET") -> bool:
        return me.ask(method, f"/api/{api}/", {} if method == "PUT" else b"", auth=auth).status == 200

    assert (may(), may("PUT")) == (True, False)
    me.ask("POST", f"{MANAGEMENT}/roles/{held}/permissions/batch/", [permission("flux-apis", "update")])
    assert (may(), may("PUT")) == (False, True)
    assert me.ask("PUT", f"{MANAGEMENT}/api-keys/{key}/", {"role": narrow}).status == 200
    assert (may(), may("PUT")) == (False, False)
    assert me.ask("POST", objects, an_api).status == 201
    assert (may(), may("PUT")) == (True, True)
    assert me.ask("DELETE", objects, an_api).status == 204
    assert (may(), may("PUT")) == (False, False)
    assert me.ask("PUT", f"{MANAGEMENT}/roles/{narrow}/", {"full_access": True}).status == 200
    assert (may(), may("PUT")) == (True, True)
    assert me.ask("PUT", f"{MANAGEMENT}/roles/{narrow}/", {"full_access": False}).status == 200
    assert not may()
    assert me.ask("PUT", f"{MANAGEMENT}/api-keys/{key}/", {"role": None}).status == 200
    assert (may(), may("PUT")) == (True, True)


def test_a_denial_changes_nothing_and_tells_nothing(me: Manager) -> None:
    auth = permitted(me)
    api = me.api()
    before = me.system.contents()

    answers = [me.ask("DELETE", f"/api/{each}/", auth=auth) for each in (api, "nothing")]

    assert {(each.status, each.body) for each in answers} == {(403, answers[0].body)}
    assert me.system.contents() == before
