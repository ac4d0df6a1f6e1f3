"""Nobody finds or changes what is another's, on any route, nor learns whether it exists (spec flux-apis, Scope).

The route table is gone through as it is: a route that `tests.members.everywhere` does not know how to call fails here.
"""

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.members import pairs
from tests.members.everywhere import Names, Route, drive_user, routes
from tests.members.permitting import FLUX, holder
from tests.support.managing import Manager, manager, secure, shared_moto
from tests.support.system import Answer, System, User

SCHEMES = ("jwt", "simple", "secure")


@dataclass(frozen=True)
class Tenants:
    """Two who know nothing of each other, with something of everything each."""

    system: System
    publisher: Manager
    owner: Names
    stranger: Names
    who: Manager
    drive: User

    def ask(self, route: Route, names: Names, scheme: str = "jwt") -> Answer:
        """The stranger asks for what `names` says."""
        path, body = names.fill(route), names.body(route)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": self.who.simple if scheme == "simple" else self.who.bearer}
        if route.under("/api/v0") and not route.under("/api/v0/keys"):
            headers = self.drive.auth
        elif scheme == "secure":
            headers = secure(self.who, path, raw)
        return self.system.call(route.method, path, query=names.query(route), body=raw, headers=headers)

    def owned(self) -> list[Any]:
        """All rows and objects that mention something of the owner."""
        rows = [row for each in self.system.contents().values() for row in each]
        return sorted((row for row in rows if mentions(str(row), self.owner)), key=repr)


@pytest.fixture(scope="module")
def tenants() -> Iterator[Tenants]:
    with shared_moto() as system:
        owner, stranger = manager(system), manager(system)
        yield Tenants(system, owner, Names.of(owner), Names.of(stranger), stranger, drive_user(stranger))


@pytest.fixture(autouse=True)
def _its_aws(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.clients, "_current", tenants.system.aws)


def mentions(text: str, names: Names) -> bool:
    return any(each in text for each in astuple(names))


def seen(answer: Answer, names: Names) -> tuple[int, str, dict[str, str]]:
    """What an answer says, but for the names that it was asked with."""
    text = answer.body.decode(errors="replace")
    for each in astuple(names):
        text = text.replace(each, "NAME")
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return answer.status, text, headers


VARYING = {"x-request-id", "ratelimit", "content-length"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_the_owner_s_environment_nothing_is_found(tenants: Tenants, scheme: str) -> None:
    before, nobody, asked = tenants.owned(), Names.nobody(), 0

    for route in routes(tenants.system):
        if not route.under("/v1/{env}"):
            continue
        found, missing = tenants.ask(route, tenants.owner, scheme), tenants.ask(route, nobody, scheme)
        assert (found.status, found.json["error_code"]) == (404, "environment_not_found"), route
        assert seen(found, tenants.owner) == seen(missing, nobody), route
        asked += 1

    assert asked > 80
    assert tenants.owned() == before


@pytest.mark.parametrize("scheme", SCHEMES)
def test_in_the_owner_s_organisation_nothing_is_found(tenants: Tenants, scheme: str) -> None:
    before, nobody = tenants.owned(), Names.nobody()
    expected = (404, "organization_not_found") if scheme == "jwt" else (401, "authentication_failed")

    for route in routes(tenants.system):
        if not route.under("/organizations/"):
            continue
        found, missing = tenants.ask(route, tenants.owner, scheme), tenants.ask(route, nobody, scheme)
        assert (found.status, found.json["error_code"]) == expected, route
        assert seen(found, tenants.owner) == seen(missing, nobody), route

    assert tenants.owned() == before


def test_from_one_s_own_place_nothing_of_another_s_is_reached(tenants: Tenants) -> None:
    """With one name of the owner's at a time, and all others one's own."""
    before, nobody, asked = tenants.owned(), Names.nobody(), 0

    for route in routes(tenants.system):
        for name in foreign(route):
            theirs = replace(tenants.stranger, **{name: getattr(tenants.owner, name)})
            nothing = replace(tenants.stranger, **{name: getattr(nobody, name)})
            found, missing = tenants.ask(route, theirs), tenants.ask(route, nothing)
            assert 400 <= found.status < 500, (route, name, found.body)
            assert seen(found, theirs) == seen(missing, nothing), (route, name)
            asked += 1

    assert asked > 150
    assert tenants.owned() == before


def foreign(route: Route) -> list[str]:
    """Fields of `Names` that a route names something with, beside the place it is in."""
    flux = "/flux-api/" in route.path
    found = [f"flux_{name}" if flux and name in ("role", "key") else name for name in route.named]
    if route.under("/v1/{env}/folders/tree/folder") or route.under("/v1/{env}/collections/tree/collection"):
        found.append("folder")
    if route.path in ("/api/v0/cat", "/api/v0/get", "/api/v0/ls", "/api/v0/thumb", "/api/v0/rm"):
        found.append("hash")
    if route.under("/api/v0/upload/"):
        found.append("upload")
    # An environment is a name of its own where it is managed; elsewhere it is the place.
    return ["env" if name == "environment" else name for name in found if name not in ("env", "organization")]


def test_lists_show_one_s_own_alone(tenants: Tenants) -> None:
    shown = 0
    for route in routes(tenants.system):
        if route.method == "GET" and (answer := tenants.ask(route, tenants.stranger)).status == 200:
            assert not mentions(answer.body.decode(), tenants.owner), route
            shown += mentions(answer.body.decode(), tenants.stranger)

    assert shown > 40


def test_what_names_speak_of_is_there(tenants: Tenants) -> None:
    """Each route that reads answers its owner: or that strangers find nothing would prove nothing."""
    for route in routes(tenants.system):
        if route.method == "GET" and route.path not in ABSENT:
            assert tenants.ask(route, tenants.stranger).status == 200, route


ABSENT = {"/api/v0/thumb", "/api/v0/ls"}
"""What tests do not make: pictures are drawn by a worker; and what is in a file."""


def test_another_s_flux_key_reads_nothing(tenants: Tenants) -> None:
    publisher, env = tenants.publisher, tenants.owner.env
    api = publisher.api("guarded", is_auth_required=True)
    publisher.connect(api, tenants.owner.folder, "get_one", "get_many")
    own, theirs, nobodys = holder(publisher, None, FLUX)[0], holder(tenants.who, None, FLUX)[0], pairs.new()
    before, resource = tenants.owned(), tenants.owner.resource

    for path in ("theirs", f"theirs/{resource}", "theirs/_schema", "_router"):
        at = f"/flux/{env}/guarded/{path}"
        own_answer, found, unknown = (
            tenants.system.call("GET", at, headers={"authorization": auth})
            for auth in (own, theirs, "Simple {}:{}".format(*nobodys))
        )
        assert own_answer.status == 200, (path, own_answer.body)
        assert (found.status, found.json["error_code"]) == (401, "authentication_required"), path
        assert seen(found, tenants.owner) == seen(unknown, tenants.owner), path
        # Nor does the one that reads here read what is another's.
        elsewhere = tenants.system.call("GET", at.replace(env, tenants.stranger.env), headers={"authorization": own})
        assert elsewhere.status == 404, path
    assert tenants.owned() == before


@pytest.mark.parametrize(
    "route", [Route("GET", "/v1/{env}/news/{paper}"), Route("POST", "/v1/{env}/news"), Route("PATCH", "/v1/{env}")]
)
def test_a_route_that_is_not_known_fails(route: Route) -> None:
    with pytest.raises(AssertionError, match="everywhere"):
        Names.nobody().fill(route) and Names.nobody().body(route)
