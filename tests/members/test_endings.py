"""A deleted environment's keys and roles go, however many and whatever interrupts (chalicelib.members.spaces)."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.members import spaces
from chalicelib.members.errors import KeyMissingError
from chalicelib.members.flux import explain
from chalicelib.members.populations import POPULATIONS
from chalicelib.members.tables import EndedEnvironmentRow
from tests.members.permitting import FLUX, MANAGEMENT, holder, permission, role
from tests.support.books import services_of
from tests.support.faults import Crash, Faults, crash_after, crash_before
from tests.support.managing import Manager, refused
from tests.support.system import Answer


@pytest.fixture(autouse=True)
def _few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "_TOGETHER", 2)


def peopled(me: Manager) -> list[str]:
    """`Authorization` of management keys, of an environment that has three of each, and roles."""
    found = [me.simple]
    for base in (MANAGEMENT, FLUX):
        held = role(me, permission("flux-apis"), base=base)
        found += [holder(me, held, base)[0] for _ in range(2 if base == MANAGEMENT else 3)]
    return found[:3]


def left(env: str) -> int:
    """Rows of an environment's keys and roles."""
    models = [model for each in POPULATIONS for model in (each.presented, each.listed, each.roles)]
    return sum(row.environment == env for model in models for row in aws.scan(model))


def end(me: Manager) -> Answer:
    headers = {"authorization": me.bearer}
    organization = f"/organizations/{me.zelid}/projects/"
    (project,) = me.system.call("GET", organization, headers=headers).json["results"]
    return me.system.call("DELETE", f"{organization}{project['key']}/environments/{me.env}/", headers=headers)


def unfinished(env: str) -> int:
    return sum(row.environment == env for row in aws.scan(EndedEnvironmentRow))


def test_all_of_it_goes(me: Manager) -> None:
    auths, (_, flux) = peopled(me), holder(me, None, FLUX)
    assert left(me.env) == 16
    assert explain(me.env, flux).every

    assert end(me).status == 204

    assert (left(me.env), unfinished(me.env)) == (0, 0)
    for auth in auths:
        refused(me.ask("GET", "/api/", auth=auth), 401, "authentication_failed")
    refused(me.ask("GET", "/api/"), 404, "environment_not_found")
    with pytest.raises(KeyMissingError):
        explain(me.env, flux)


@pytest.mark.parametrize("fault", [crash_before, crash_after])
@pytest.mark.parametrize("after", range(4))
def test_what_was_cut_off_is_finished_by_the_janitor(me: Manager, fault: Any, after: int) -> None:
    auths = peopled(me)
    faults = Faults(me.system.aws)
    faults.add("TransactWriteItems", fault, skip=after)
    with pytest.raises(Crash):
        end(me)
    faults.clear()
    if (after, fault) == (0, crash_before):
        assert (left(me.env), unfinished(me.env)) == (14, 0)
        assert me.ask("GET", "/api/", auth=auths[0]).status == 200
        return
    # No key works after the first step, whatever is left.
    for auth in auths:
        assert me.ask("GET", "/api/", auth=auth).status in (401, 404)
    assert unfinished(me.env) == 1

    janitor = services_of(me.system).janitor()
    assert janitor.run(dry=True).closed == 1
    assert unfinished(me.env) == 1
    assert janitor.run().closed == 1

    assert (left(me.env), unfinished(me.env)) == (0, 0)
    assert janitor.run().closed == 0
