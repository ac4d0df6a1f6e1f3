"""No route of an environment forgets to ask what the caller may do (spec flux-apis, A.4 and B.8)."""

from collections.abc import Iterator

import pytest

from chalicelib import aws
from tests.members.everywhere import Names, Route, routes
from tests.members.permitting import OBJECT_TYPES, TYPES, holder, permission, permitted, role
from tests.support.managing import Manager, manager, refused, shared_moto
from tests.support.system import Answer


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Manager, Names]]:
    with shared_moto() as system:
        me = manager(system)
        yield me, Names.of(me)


@pytest.fixture(autouse=True)
def _its_aws(place: tuple[Manager, Names], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.clients, "_current", place[0].system.aws)


def every(me: Manager) -> list[Route]:
    return [route for route in routes(me.system) if route.under("/v1/{env}")]


def ask(me: Manager, names: Names, route: Route, auth: str) -> Answer:
    path, body, query = names.fill(route), names.body(route), names.query(route)
    return me.system.call(route.method, path, query=query, body=body, headers={"authorization": auth})


def test_a_role_that_permits_nothing_is_refused_everywhere(place: tuple[Manager, Names]) -> None:
    me, names = place
    auth, before = permitted(me), me.system.contents()

    for route in every(me):
        refused(ask(me, names, route, auth), 403, "permission_denied")

    assert me.system.contents() == before


def test_a_role_for_other_objects_is_refused_everywhere(place: tuple[Manager, Names]) -> None:
    me, names = place
    others = [permission(each, every=False, objects=["another"]) for each in OBJECT_TYPES]
    auth = permitted(me, *others)

    for route in every(me):
        if "/permissions/" not in route.path:
            refused(ask(me, names, route, auth), 403, "permission_denied")


def test_a_role_that_permits_all_is_refused_nowhere(place: tuple[Manager, Names]) -> None:
    me, names = place
    auth, _ = holder(me, role(me, *(permission(each) for each in TYPES)))

    for route in every(me):
        assert ask(me, names, route, auth).status not in (401, 403), route
