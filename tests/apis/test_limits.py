"""Most APIs of an environment, and most APIs and folders of an account (seed 002; spec flux-apis, Scope)."""

from typing import Any

import pytest

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, Members
from tests.support.managing import Manager, colleague, manager, publishing, refused
from tests.support.system import System

PLANS = [("STARTER", 3, 20), ("STANDARD", 10, 100), ("ELITE", 50, 500)]


def pretend(me: Manager, *, apis: int = 0, folders: int = 0) -> None:
    """Let the account have so many, without making them."""
    with aws.transaction() as tx:
        tx.update(AccountRow(zelid=me.zelid), [AccountRow.apis.set(apis), AccountRow.folders.set(folders)])


@pytest.mark.parametrize(("plan", "most", "_folders"), PLANS)
def test_plan_limit_exceeded_by_apis(system: System, plan: str, most: int, _folders: int) -> None:
    me = manager(system, plan)
    pretend(me, apis=most - 1)
    key = me.api("last")

    answer = me.ask("POST", "/api/", {"name": "n", "prefix": "more"})

    assert refused(answer, 422, "plan_limit_exceeded") == {"entity": "apis", "limit": most, "current": most}
    assert me.ask("GET", "/api/").json["count"] == 1
    assert me.ask("DELETE", f"/api/{key}/").status == 204
    assert me.api("more")


@pytest.mark.parametrize(("plan", "_apis", "most"), PLANS)
def test_plan_limit_exceeded_by_folders(system: System, plan: str, _apis: int, most: int) -> None:
    me = manager(system, plan)
    pretend(me, folders=most - 1)
    parent = me.folder("last")

    for where in (None, parent):
        answer = me.ask("POST", "/folders/tree/", {"name": "n", "alias": "more", "parent": where})
        assert refused(answer, 422, "plan_limit_exceeded") == {"entity": "folders", "limit": most, "current": most}

    assert me.ask("DELETE", "/folders/tree/folder/", query={"key": parent}).status == 204
    assert me.folder("more")


def test_the_limit_is_the_account_s_over_all_environments(system: System) -> None:
    me = manager(system, "STARTER")
    other = colleague(system, me.zelid, publishing(system).members.open(me.zelid, "Other").key)
    keys = [me.api("a"), other.api("a"), me.api("b")]

    refused(other.ask("POST", "/api/", {"name": "n", "prefix": "b"}), 422, "plan_limit_exceeded")

    assert len(keys) == 3
    assert [who.ask("GET", "/api/").json["count"] for who in (me, other)] == [2, 1]


def test_after_a_smaller_plan_the_answer_tells_how_many_there_are(system: System) -> None:
    me = manager(system, "STARTER")
    pretend(me, apis=7)

    answer = me.ask("POST", "/api/", {"name": "n", "prefix": "more"})

    assert refused(answer, 422, "plan_limit_exceeded") == {"entity": "apis", "limit": 3, "current": 7}


def test_too_many_apis(me: Manager) -> None:
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=me.env), [EnvironmentRow.apis.set(99)])
    key = me.api("hundredth")

    assert refused(me.ask("POST", "/api/", {"name": "n", "prefix": "more"}), 422, "too_many_apis") is None

    assert me.ask("DELETE", f"/api/{key}/").status == 204
    assert me.api("more")


def test_pro_has_no_limit_but_the_environment_s(me: Manager) -> None:
    pretend(me, apis=5_000, folders=5_000)

    assert me.api()
    assert me.folder()


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/", {"name": "n", "prefix": "more"}), ("/folders/tree/", {"name": "n", "alias": "more"})],
)
def test_a_smaller_plan_between_admission_and_commit_counts(
    system: System, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, str]
) -> None:
    me = manager(system, "PRO")
    pretend(me, apis=3, folders=20)
    admit, admitted = Members.admit, []

    def downgrade(self: Members, *args: Any) -> Any:
        found = admit(self, *args)
        if not admitted:
            with aws.transaction() as tx:
                tx.update(AccountRow(zelid=me.zelid), [AccountRow.plan.set("STARTER")])
        admitted.append(found)
        return found

    monkeypatch.setattr(Members, "admit", downgrade)

    refused(me.ask("POST", path, body), 422, "plan_limit_exceeded")

    assert len(admitted) == 2
