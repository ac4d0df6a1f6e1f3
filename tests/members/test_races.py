"""Many at once: no change of a role is lost, bounds hold, what is deleted is gone, and all that is counted adds up."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.apis.tables import ApiRow
from chalicelib.content.tables import FolderRow
from chalicelib.identity.tables import AccountRow
from chalicelib.members.populations import POPULATIONS
from chalicelib.members.tables import EndedEnvironmentRow, EnvironmentRow, ProjectRow
from tests.drive.failing import patience
from tests.members.permitting import FLUX, MANAGEMENT, holder, permission, role
from tests.support.managing import Manager, manager, publishing
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once

TIMES = 8


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def me(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Someone whose calls do not give up soon: a slow machine is not what is tested. Afterwards all adds up."""
    monkeypatch.setattr("chalicelib.aws.clients._current", over_ministack.aws)
    patience(monkeypatch, 30)
    yield manager(over_ministack)
    assert miscounts() == []


def miscounts() -> list[str]:
    """What is not as it is counted: keys of roles and environments, environments of projects and accounts."""
    environments = {row.key: row for row in aws.scan(EnvironmentRow)}
    projects, found = list(aws.scan(ProjectRow)), []
    for each in POPULATIONS:
        keys, presented = list(aws.scan(each.listed)), list(aws.scan(each.presented))
        by_role = Counter((row.environment, row.role) for row in keys)
        roles = list(aws.scan(each.roles))
        found += [f"role {row.key}" for row in roles if row.keys != by_role.pop((row.environment, row.key), 0)]
        found += [f"a role that is gone {key}" for key in by_role if key[1] is not None]
        pairs = Counter((row.public, row.environment, row.role) for row in presented)
        found += [str(pairs)] if pairs != Counter((row.public, row.environment, row.role) for row in keys) else []
        for rows, attribute in ((keys, each.key_count), (roles, each.role_count)):
            counted = Counter(row.environment for row in rows)
            found += [f"of nowhere {key}" for key in counted if key not in environments]
            found += [key for key, row in environments.items() if getattr(row, attribute.attr_name) != counted[key]]
    places = Counter((row.account, row.project, row.key) for row in environments.values())
    named = Counter((row.account, row.key, key) for row in projects for key in row.environments)
    found += [str(places - named), str(named - places)] if places != named else []
    for row in aws.scan(AccountRow):
        mine = [project for project in projects if project.account == row.zelid]
        counted_here = (len(mine), sum(len(project.environments) for project in mine))
        found += [row.zelid] if (row.projects or 0, row.environments or 0) != counted_here else []
    return [*found, *(f"unfinished {row.environment}" for row in aws.scan(EndedEnvironmentRow))]


def outcomes(works: Sequence[Callable[[], Answer]]) -> Counter[str]:
    """How often each outcome came of doing all at once: a status, or an error code."""
    answers = at_once(works)
    return Counter(answer.json["error_code"] if answer.status >= 400 else str(answer.status) for answer in answers)


def organization(me: Manager, method: str, path: str, body: Any = b"") -> Answer:
    headers = {"authorization": me.bearer}
    return me.system.call(method, f"/organizations/{me.zelid}{path}", body=body, headers=headers)


def project(me: Manager) -> str:
    """The key of a new project."""
    return str(organization(me, "POST", "/projects/", {"name": "n"}).json["key"])


def test_no_object_is_lost(me: Manager) -> None:
    at = f"{MANAGEMENT}/roles/{role(me, permission('flux-apis', every=False))}/permissions/objects/"
    bodies = [{"content_type": "flux-apis", "object_key": str(n)} for n in range(TIMES)]

    assert outcomes([partial(me.ask, "POST", at, body) for body in bodies]) == {"201": TIMES}
    assert sorted(each["object_key"] for each in me.ask("GET", at).json) == [str(n) for n in range(TIMES)]
    assert outcomes([partial(me.ask, "DELETE", at, body) for body in bodies]) == {"204": TIMES}
    assert me.ask("GET", at).json == []


@pytest.mark.parametrize("base", [MANAGEMENT, FLUX])
def test_a_role_is_deleted_or_given(me: Manager, base: str) -> None:
    held = role(me, base=base)
    give = [partial(me.ask, "POST", f"{base}/api-keys/", {"role": held}) for _ in range(TIMES // 2)]
    take = [partial(me.ask, "DELETE", f"{base}/roles/{held}/") for _ in range(TIMES // 2)]

    found = outcomes([*give, *take])

    if me.ask("GET", f"{base}/roles/{held}/").status == 404:
        assert found == {"204": 1, "role_not_found": TIMES // 2 - 1, "validation_error": TIMES // 2}
    else:
        assert found["201"] + found["validation_error"] == TIMES // 2
        assert found["role_in_use"] == TIMES // 2


def test_a_key_is_given_eight_roles_and_taken_away(me: Manager) -> None:
    keys = f"{MANAGEMENT}/api-keys/"
    _, key = holder(me, None)
    roles = [role(me) for _ in range(TIMES)]

    assert outcomes([partial(me.ask, "PUT", f"{keys}{key}/", {"role": each}) for each in roles]) == {"200": TIMES}
    assert me.ask("GET", f"{keys}{key}/").json["role"] in roles
    works = [partial(me.ask, "PUT", f"{keys}{key}/", {"role": each}) for each in roles[1:]]
    found = outcomes([*works, partial(me.ask, "DELETE", f"{keys}{key}/")])
    assert found["204"] == 1
    assert found["200"] + found["key_not_found"] == TIMES - 1


def test_a_key_that_gives_its_role_away_gives_what_the_role_was(me: Manager) -> None:
    """While the role that is given comes to permit more, it is judged anew."""
    steward = holder(me, role(me, permission("management-keys"), permission("flux-apis", "read")))[0]
    given = role(me, permission("flux-apis", "read"))
    more = partial(me.ask, "POST", f"{MANAGEMENT}/roles/{given}/permissions/batch/", [permission("schemas")])
    give = [partial(me.ask, "POST", f"{MANAGEMENT}/api-keys/", {"role": given}, auth=steward) for _ in range(TIMES - 1)]

    found = outcomes([*give, more])

    assert found["200"] == 1
    assert found["201"] + found["permission_denied"] == TIMES - 1
    assert me.ask("POST", f"{MANAGEMENT}/api-keys/", {"role": given}, auth=steward).status == 403


def test_bounds_hold(me: Manager) -> None:
    at = f"/projects/{project(me)}/environments/"
    with aws.transaction() as tx:
        few = [AccountRow.environments.set(97), AccountRow.projects.set(18)]
        tx.update(AccountRow(zelid=me.zelid), few)

    works = [partial(organization, me, "POST", at, {"name": str(n)}) for n in range(TIMES)]
    assert outcomes(works) == {"201": 3, "too_many_environments": TIMES - 3}
    works = [partial(organization, me, "POST", "/projects/", {"name": str(n)}) for n in range(TIMES)]
    assert outcomes(works) == {"201": 2, "too_many_projects": TIMES - 2}

    with aws.transaction() as tx:
        right = [AccountRow.environments.set(4), AccountRow.projects.set(4)]
        tx.update(AccountRow(zelid=me.zelid), right)


@pytest.mark.usefixtures("me")
def test_one_standard_project_for_all(over_ministack: System) -> None:
    fresh = over_ministack.user("PRO", gigabytes=1).zelid
    opened = at_once([partial(publishing(over_ministack).members.open, fresh, str(n)) for n in range(TIMES)])

    (row,) = aws.page(ProjectRow, fresh).rows
    assert sorted(row.environments) == sorted(each.key for each in opened)


def test_a_project_is_deleted_or_filled(me: Manager) -> None:
    at = f"/projects/{project(me)}/"
    fill = [partial(organization, me, "POST", f"{at}environments/", {"name": "n"}) for _ in range(TIMES // 2)]

    found = outcomes([*fill, *[partial(organization, me, "DELETE", at)] * (TIMES // 2)])

    if organization(me, "GET", at).status == 404:
        assert found == {"204": 1, "project_not_found": TIMES - 1}
    else:
        assert found["201"] + found["project_not_empty"] == TIMES


def test_all_environments_of_a_project_at_once(me: Manager) -> None:
    at = f"/projects/{project(me)}/environments/"
    keys = [organization(me, "POST", at, {"name": "n"}).json["key"] for _ in range(4)]

    works = [partial(organization, me, "DELETE", f"{at}{key}/") for key in keys * 2]

    assert outcomes(works) == {"204": 4, "environment_not_found": 4}
    assert organization(me, "GET", at).json == []


def test_an_environment_is_deleted_or_lived_in(me: Manager) -> None:
    at = f"/projects/{project(me)}/environments/"
    for _ in range(3):
        key = organization(me, "POST", at, {"name": "n"}).json["key"]
        other = Manager(me.system, me.zelid, me.email, key, "", "", me.access, "")
        live = [
            partial(other.ask, "POST", "/api/", {"name": "n", "prefix": "p"}),
            partial(other.ask, "POST", "/folders/tree/", {"name": "n", "alias": "a"}),
            *(partial(other.ask, "POST", f"{base}/api-keys/", {}) for base in (MANAGEMENT, FLUX)),
            *(partial(other.ask, "POST", f"{base}/roles/", {"name": "n"}) for base in (MANAGEMENT, FLUX)),
        ]

        found = outcomes([*live, partial(organization, me, "DELETE", f"{at}{key}/")])

        assert set(found) <= {"201", "204", "environment_not_found", "environment_not_empty"}
        inside = {row.environment for row in aws.scan(ApiRow)} | {row.environment for row in aws.scan(FolderRow)}
        assert (key in inside) is (found["204"] == 0)
