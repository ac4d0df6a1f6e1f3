"""Who may read an API that wants a key, and what an API that wants none asks (spec flux-apis, A.4 and C.7)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tests.delivery.visiting import Site, refused
from tests.members.permitting import FLUX, holder, permission, role
from tests.support.managing import Manager, manager, secure
from tests.support.system import System

DAY = 86_400
UNKNOWN = f"Simple {'A' * 44}:nothing"


@pytest.fixture
def site(me: Manager) -> Site:
    """An API that wants a key, with one published resource."""
    made = Site.of(me, is_auth_required=True)
    made.post(made.folder("things"), {"title": "One"})
    return made


def only(*apis: str) -> dict[str, object]:
    return permission("flux-apis", "read", every=False, objects=apis)


def flux(me: Manager) -> Manager:
    """Whoever has a Flux key without a role, for `secure`."""
    made = me.made(f"{FLUX}/api-keys/")
    return replace(me, public=made["public_key"], secret=made["secret_key"])


@pytest.mark.parametrize("path", ["things", "things/k1", "things/_schema", "_router", "nowhere", "things/k/_files/Qm"])
def test_whoever_has_no_key_learns_nothing(site: Site, path: str) -> None:
    elsewhere = holder(manager(site.system), None, FLUX)[0]
    known = flux(site.me)
    wrong = [
        None,
        "",
        "nonsense",
        "Simple",
        "Simple a:b",
        UNKNOWN,
        f"Simple {known.public}:{known.public}",
        # One of the right form that nobody issued here: another environment's, and a management key.
        elsewhere,
        site.me.simple,
        site.me.bearer,
        "Bearer fxk_token",
        "Basic YTpi",
    ]
    for auth in wrong:
        refused(site.ask(path, auth=auth), 401, "authentication_required")
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        refused(site.ask(path, verb), 401, "authentication_required")


def test_queries_tell_nothing_either(site: Site) -> None:
    for query in ({"where__secret__eq": "x"}, {"limit": "x"}, {"next": "garbage"}, {"unknown": "x"}):
        refused(site.ask("things", query=query), 401, "authentication_required")
        refused(site.ask("things/k", query=query), 401, "authentication_required")
    bodies: tuple[object, ...] = (b"{", {"join": {}}, [])
    for body in bodies:
        refused(site.ask("things/_search", "POST", body=body), 401, "authentication_required")
    refused(site.ask("things/k/_thumbs/Qm", query={"size": "huge"}), 401, "authentication_required")


def test_secure_keys_sign_path_body_and_date(site: Site) -> None:
    who = flux(site.me)
    path, body = site.path("things/_search"), b'{"where":{"title__eq":"One"}}'

    def status(sent: bytes, headers: Mapping[str, str]) -> int:
        answer = site.system.call("POST", path, body=sent, headers=headers)
        if answer.status != 200:
            refused(answer, 401, "authentication_required")
        return answer.status

    assert status(body, secure(who, path, body)) == 200
    assert status(body, secure(who, f"{path}/", body)) == 401
    assert status(body, secure(who, site.path("things"), body)) == 401
    assert status(b"{}", secure(who, path, body)) == 401
    assert status(body, secure(who, path, body, date="2020-01-01T00:00:00Z")) == 401
    assert status(body, secure(who, path, body, date="Mon, 01 Jan 2024 00:00:00 GMT")) == 401
    assert status(body, {"authorization": secure(who, path, body)["authorization"]}) == 401
    slash = site.system.call("GET", f"{site.path('things')}/", headers=secure(who, f"{site.path('things')}/"))
    assert slash.status == 200


def test_every_way_to_read_with_a_key(site: Site) -> None:
    auth = site.key()
    (one,) = site.read("things", auth=auth)["results"]

    assert site.read(f"things/{one['_sys']['key']}", auth=auth) == one
    assert site.read("things/_search", method="POST", auth=auth)["results"] == [one]
    assert site.read("things/_schema", auth=auth)["alias"] == "things"
    assert site.read("_router", auth=auth)["api"] == site.prefix
    refused(site.ask("nowhere", auth=auth), 404, "route_not_found")


def test_what_roles_let_read(site: Site) -> None:
    me = site.me
    other = Site.of(me, prefix="other", is_auth_required=True)
    me.connect(other.api, me.ask("GET", f"/api/{site.api}/folders/").json["results"][0]["folder"], "get_many")
    cases = [
        (None, True, True),
        (role(me, permission("flux-apis", "read"), base=FLUX), True, True),
        (role(me, only(site.api, other.api), base=FLUX), True, True),
        (role(me, only(site.api), base=FLUX), True, False),
        (role(me, only(other.api), base=FLUX), False, True),
        (role(me, base=FLUX), False, False),
        (role(me, permission("flux-apis", "update"), base=FLUX), False, False),
    ]
    for held, first, second in cases:
        auth = site.key(held)
        for api, may in ((site, first), (other, second)):
            # The second time, the process knows the role.
            for _ in range(2):
                answer = api.ask("things", auth=auth)
                if may:
                    assert answer.status == 200
                else:
                    refused(answer, 403, "access_denied")
                    # Nor is such a key told what there is.
                    refused(api.ask("nowhere", auth=auth), 403, "access_denied")
                    refused(api.ask("things", "DELETE", auth=auth), 403, "access_denied")
                    refused(api.ask("things", auth=auth, query={"limit": "x"}), 403, "access_denied")


def test_what_changes_acts_at_once(site: Site) -> None:
    me = site.me
    first, second = role(me, only(site.api), base=FLUX), role(me, base=FLUX)
    auth, key = holder(me, first, FLUX)
    assert site.ask("things", auth=auth).status == 200

    an_object = {"content_type": "flux-apis", "object_key": site.api}
    assert me.ask("DELETE", f"{FLUX}/roles/{first}/permissions/objects/", an_object).status == 204
    refused(site.ask("things", auth=auth), 403, "access_denied")
    assert me.ask("POST", f"{FLUX}/roles/{first}/permissions/objects/", an_object).status == 201
    assert site.ask("things", auth=auth).status == 200
    assert me.ask("PUT", f"{FLUX}/api-keys/{key}/", {"role": second}).status == 200
    refused(site.ask("things", auth=auth), 403, "access_denied")
    assert me.ask("PUT", f"{FLUX}/api-keys/{key}/", {"role": None}).status == 200
    assert site.ask("things", auth=auth).status == 200
    assert me.ask("DELETE", f"{FLUX}/api-keys/{key}/").status == 204
    refused(site.ask("things", auth=auth), 401, "authentication_required")


def test_an_api_that_wants_no_key_ignores_what_is_presented(me: Manager) -> None:
    site = Site.of(me)
    key = site.post(site.folder("things"), {"title": "One"})
    denied = site.key(role(me, base=FLUX))

    for auth in (None, "", "nonsense", UNKNOWN, me.bearer, me.simple, denied):
        for path in ("things", f"things/{key}", "things/_schema", "_router"):
            assert site.ask(path, auth=auth).status == 200
        assert site.ask("things/_search", "POST", auth=auth).status == 200
        refused(site.ask("things", "DELETE", auth=auth), 405, "method_not_allowed")


@pytest.mark.parametrize("wanted", [False, True])
def test_writes_always_want_a_key_and_are_refused(me: Manager, wanted: bool) -> None:
    site = Site.of(me, is_auth_required=wanted)
    key = site.post(site.folder("things"), {"title": "One"})
    denied, allowed = site.key(role(me, base=FLUX)), site.key()
    before = me.system.contents()

    for path, verb in (("things/", "POST"), (f"things/{key}/", "PUT"), ("things/new", "PUT")):
        body = {"data": {"title": "Two"}}
        for auth in (None, "nonsense", UNKNOWN, me.bearer, me.simple):
            refused(site.ask(path, verb, auth=auth, body=body), 401, "authentication_required")
        refused(site.ask(path, verb, auth=denied, body=body), 403, "access_denied")
        refused(site.ask(path, verb, auth=allowed, body=body), 403, "collection_not_writable")
    assert me.system.contents() == before


def test_environments_that_are_not_there_or_out_of_service(system: System, me: Manager) -> None:
    site = Site.of(me, is_auth_required=True)
    site.post(site.folder("things"), {"title": "One"})
    auth = site.key()

    for env in ("nowhere0", "-", "x" * 300, me.env.upper(), f"{me.env}%00"):
        for prefix in (site.prefix, "nothing"):
            answer = system.call("GET", f"/flux/{env}/{prefix}/things", headers={"authorization": auth})
            refused(answer, 404, "environment_not_found")
    for prefix in ("nothing", "Site", "x" * 3000, "_router", "%20"):
        answer = system.call("GET", f"/flux/{me.env}/{prefix}/things", headers={"authorization": auth})
        refused(answer, 404, "route_not_found")
    assert site.ask("things", auth=auth).status == 200


def disable(me: Manager) -> None:
    projects = f"/organizations/{me.zelid}/projects/"
    headers = {"authorization": me.bearer}
    (project,) = me.system.call("GET", projects, headers=headers).json["results"]
    path = f"{projects}{project['key']}/environments/{me.env}/toggle/"
    assert me.system.call("POST", path, body={"is_enabled": False}, headers=headers).status == 200


def suspend(me: Manager) -> None:
    me.system.accounts.set_suspended(me.zelid, suspended=True)


def lapse(me: Manager) -> None:
    me.system.accounts.set_paid_until(me.zelid, int(time.time()) - 31 * DAY)


@pytest.mark.parametrize("end", [disable, suspend, lapse])
def test_what_is_out_of_service(me: Manager, end: Callable[[Manager], None]) -> None:
    site = Site.of(me)
    site.folder("things")
    assert site.ask("things").status == 200

    end(me)

    for path in ("things", "nowhere", "_router", "things/_schema"):
        refused(site.ask(path), 404, "environment_not_found")
    assert site.ask("things", "OPTIONS").status == 404


def test_a_lapsed_account_is_read_through_its_grace(me: Manager) -> None:
    site = Site.of(me)
    site.folder("things")

    me.system.accounts.set_paid_until(me.zelid, int(time.time()) - 29 * DAY)

    assert site.ask("things").status == 200
