"""Flux keys: a population of their own, which delivery asks what they may read (chalicelib.members.flux)."""

from collections.abc import Mapping

import pytest

from chalicelib import aws
from chalicelib.members.errors import KeyMissingError
from chalicelib.members.flux import FluxCallers, Reader, UnknownCallerError, explain
from chalicelib.web.http import Call
from tests.members.permitting import FLUX, MANAGEMENT, holder, permission, role
from tests.support.calls import Calls
from tests.support.managing import Manager, manager, publishing, refused, secure
from tests.support.system import System

KEYS = f"{FLUX}/api-keys/"


@pytest.fixture
def callers(system: System) -> FluxCallers:
    return publishing(system).callers


def calling(headers: Mapping[str, str], path: str = "/flux/env/blog", body: bytes = b"") -> Call:
    return Call("GET", "/flux/{env}/{proxy+}", path, {}, {}, headers, body, "203.0.113.9", "r")


def reads(callers: FluxCallers, env: str, headers: Mapping[str, str]) -> Reader | None:
    """What a caller may read, asked as delivery does."""
    presented = callers.present(calling(headers))
    if presented is None:
        return None
    refs = callers.refs(env, presented)
    return callers.judge(env, presented, refs, aws.batch_get(*refs))


def only(*apis: str, actions: tuple[str, ...] = ("read",)) -> dict[str, object]:
    return permission("flux-apis", *actions, every=False, objects=apis)


def test_a_flux_key_s_life(me: Manager) -> None:
    held = role(me, base=FLUX)
    made = me.made(KEYS, description="For the site", role=held)
    at = f"{KEYS}{made['key']}/"

    assert (made["description"], made["role"], made["environment"]) == ("For the site", held, me.env)
    assert (made["bearer_token_prefix"], made["bearer_token_issued_at"]) == (None, None)
    assert me.ask("GET", at).json == {**made, "secret_key": "********"}
    assert [each["key"] for each in me.ask("GET", KEYS).json["results"]] == [made["key"]]
    assert made["secret_key"] not in str(me.system.contents())
    changed = me.ask("PUT", at, {"description": None, "role": None}).json
    assert changed == {**made, "secret_key": "********", "description": None, "role": None}
    assert me.ask("GET", at).json == changed
    assert me.ask("DELETE", at).status == 204
    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, at), 404, "key_not_found")
    assert me.ask("GET", KEYS).json["count"] == 0


def test_bearer_tokens_are_not_built(me: Manager) -> None:
    key = holder(me, None, FLUX)[1]

    for method in ("POST", "DELETE"):
        refused(me.ask(method, f"{KEYS}{key}/bearer-token/"), 404, "not_found")


def test_neither_population_works_on_the_other_api(me: Manager, callers: FluxCallers) -> None:
    flux, key = holder(me, None, FLUX)

    refused(me.ask("GET", "/api/", auth=flux), 401, "authentication_failed")
    with pytest.raises(UnknownCallerError):
        reads(callers, me.env, {"authorization": me.simple})
    refused(me.ask("GET", f"{MANAGEMENT}/api-keys/{key}/"), 404, "key_not_found")
    assert reads(callers, me.env, {"authorization": flux}) == Reader(every=True)


def test_what_roles_let_read(me: Manager, callers: FluxCallers) -> None:
    everything, nothing = Reader(every=True), Reader(every=False)
    cases = [
        (None, everything),
        (role(me, permission("flux-apis", "read"), base=FLUX), everything),
        (role(me, only("a", "b"), base=FLUX), Reader(every=False, apis=frozenset({"a", "b"}))),
        (role(me, base=FLUX), nothing),
        (role(me, only(), base=FLUX), nothing),
        (role(me, permission("flux-apis", "update"), base=FLUX), nothing),
        (role(me, only("a", actions=("update",)), base=FLUX), nothing),
    ]
    for held, expected in cases:
        auth, key = holder(me, held, FLUX)
        # The first time, and when the process knows which role it has.
        assert [reads(callers, me.env, {"authorization": auth}) for _ in range(2)] == [expected, expected]
        assert explain(me.env, key) == expected
    assert (everything.may_read("a"), nothing.may_read("a")) == (True, False)
    assert (cases[2][1].may_read("a"), cases[2][1].may_read("c")) == (True, False)


def test_what_changes_acts_at_once(me: Manager, callers: FluxCallers) -> None:
    first, second = role(me, only("a"), base=FLUX), role(me, only("b"), base=FLUX)
    auth, key = holder(me, first, FLUX)
    headers = {"authorization": auth}
    assert reads(callers, me.env, headers) == Reader(every=False, apis=frozenset("a"))

    an_object = {"content_type": "flux-apis", "object_key": "a"}
    assert me.ask("DELETE", f"{FLUX}/roles/{first}/permissions/objects/", an_object).status == 204
    assert reads(callers, me.env, headers) == Reader(every=False)
    assert me.ask("PUT", f"{KEYS}{key}/", {"role": second}).status == 200
    assert reads(callers, me.env, headers) == Reader(every=False, apis=frozenset("b"))
    assert me.ask("DELETE", f"{KEYS}{key}/").status == 204
    with pytest.raises(UnknownCallerError):
        reads(callers, me.env, headers)
    with pytest.raises(KeyMissingError):
        explain(me.env, key)


def test_a_warm_caller_costs_nothing_of_their_own(me: Manager, callers: FluxCallers) -> None:
    headers = {"authorization": holder(me, role(me, only("a"), base=FLUX), FLUX)[0]}
    calls = Calls(me.system.aws)

    costs = []
    for _ in range(3):
        calls.clear()
        reads(callers, me.env, headers)
        costs.append(calls.by_operation())

    assert costs == [{"BatchGetItem": 2}, {"BatchGetItem": 1}, {"BatchGetItem": 1}]


def test_secure(me: Manager, callers: FluxCallers) -> None:
    made = me.made(KEYS)
    who = Manager(me.system, me.zelid, me.email, me.env, made["public_key"], made["secret_key"], "", "")

    assert reads(callers, me.env, secure(who, "/flux/env/blog")) == Reader(every=True)
    for headers in (secure(who, "/flux/env/other"), secure(who, "/flux/env/blog", at=1)):
        with pytest.raises(UnknownCallerError, match="signature"):
            reads(callers, me.env, headers)


def test_no_credential_is_not_a_wrong_one(me: Manager, callers: FluxCallers) -> None:
    assert reads(callers, me.env, {}) is reads(callers, me.env, {"authorization": " "}) is None
    for wrong in ("Simple", "Simple a:b", me.bearer, "Bearer fxk_token", f"Simple {me.public}:{me.public}", "nonsense"):
        with pytest.raises(UnknownCallerError):
            reads(callers, me.env, {"authorization": wrong})


def test_a_key_of_another_environment_is_unknown(system: System, me: Manager, callers: FluxCallers) -> None:
    auth, key = holder(manager(system), None, FLUX)

    with pytest.raises(UnknownCallerError):
        reads(callers, me.env, {"authorization": auth})
    with pytest.raises(KeyMissingError):
        explain(me.env, key)
