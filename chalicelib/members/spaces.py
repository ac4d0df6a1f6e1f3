"""Projects and environments of an account, which is the one organisation it sees (spec flux-apis, B.9 and Scope).

A project's row names its environments in the order they were made; the account's row counts both. All of it changes in
transactions under conditions: whoever comes second finds the row changed, or gone.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from chalicelib.members import keys
from chalicelib.members.errors import (
    EnvironmentNotEmptyError,
    EnvironmentNotFoundError,
    ProjectNotEmptyError,
    ProjectNotFoundError,
    TooManyEnvironmentsError,
    TooManyProjectsError,
)
from chalicelib.members.populations import POPULATIONS
from chalicelib.members.tables import EndedEnvironmentRow, EnvironmentRow, ProjectRow

MOST_PROJECTS = 20
"""Of an account."""
MOST_ENVIRONMENTS = 100
"""Of an account."""
STANDARD = "Default"
"""Name of the project that operators' environments go to."""
_TOGETHER = 45
"""Keys that go in one transaction: each has two rows."""


def projects(account: str) -> list[ProjectRow]:
    """The projects of an account, in the order they were made. One call."""
    return aws.page(ProjectRow, account).rows


def environments(found: Sequence[ProjectRow]) -> list[list[EnvironmentRow]]:
    """The environments of each project, in the order they were made. One call, none if there is none."""
    refs = [[aws.Ref(EnvironmentRow, key) for key in project.environments] for project in found]
    every = [ref for each in refs for ref in each]
    rows = dict(zip(every, aws.batch_get(*every) if every else (), strict=True))
    # One that was deleted a moment ago is missing.
    return [[row for ref in each if (row := rows[ref]) is not None] for each in refs]


def require_project(row: Any) -> ProjectRow:
    """A project's row, which must be there.

    Raises:
        ProjectNotFoundError: It is not.
    """
    if row is None:
        raise ProjectNotFoundError
    found: ProjectRow = row
    return found


def require_environment(project: ProjectRow, row: Any) -> EnvironmentRow:
    """An environment's row, which must be there, and in this project.

    Raises:
        EnvironmentNotFoundError: It is not.
    """
    if row is None or (row.account, row.project) != (project.account, project.key):
        raise EnvironmentNotFoundError
    found: EnvironmentRow = row
    return found


@aws.retry_stale
def open_environment(account: str, name: str) -> EnvironmentRow:
    """Make an environment in the account's standard project, and that as well if there is none. Two calls.

    Raises:
        LookupError: There is no such account.
        TooManyEnvironmentsError: The account has 100.
        TooManyProjectsError: The account has 20, and none of them is the standard one.
    """
    owner = aws.get(AccountRow, account)
    if owner is None:
        raise LookupError("no such account")
    if owner.project is not None:
        return create_environment(owner, ProjectRow(account=account, key=owner.project), name, stale=True)
    project = _project(account, STANDARD)
    row = _environment(project, name)
    project.environments = [row.key]
    with aws.transaction() as tx:
        tx.create(row)
        tx.create(project)
        room = _room(AccountRow.projects, MOST_PROJECTS) & _room(AccountRow.environments, MOST_ENVIRONMENTS)
        actions = [*_count("projects", 1), *_count("environments", 1), AccountRow.project.set(project.key)]
        tx.update(AccountRow(zelid=account), actions, room & AccountRow.project.does_not_exist(), _no_standard)
    return row


def create_project(account: str, name: str) -> ProjectRow:
    """Make a project. One transaction.

    Raises:
        TooManyProjectsError: The account has 20.
    """
    row = _project(account, name)
    with aws.transaction() as tx:
        tx.create(row)
        room = _room(AccountRow.projects, MOST_PROJECTS)
        tx.update(AccountRow(zelid=account), _count("projects", 1), room, lambda _old: TooManyProjectsError())
    return row


def rename_project(row: ProjectRow, name: str) -> ProjectRow:
    """Give a project another name. One transaction.

    Raises:
        ProjectNotFoundError: It is gone.
    """
    with aws.transaction() as tx:
        tx.update(_bare(row), [ProjectRow.name.set(name)], refusal=lambda _old: ProjectNotFoundError())
    row.name = name
    return row


def delete_project(owner: AccountRow, row: ProjectRow) -> None:
    """Delete a project without environments. One transaction.

    Args:
        owner: The account, as it was just read.
        row: The project.

    Raises:
        ProjectNotFoundError: It is gone.
        ProjectNotEmptyError: Environments are in it.
        StaleError: It became the account's standard project, or is no more.
    """
    standard = owner.project == row.key
    same = AccountRow.project == row.key
    another = AccountRow.project.does_not_exist() | (AccountRow.project != row.key)
    actions = [*_count("projects", -1), *([AccountRow.project.remove()] if standard else [])]
    with aws.transaction() as tx:
        # An empty list is equal to an empty list alone.
        empty = ProjectRow.environments == []
        tx.delete(_bare(row), empty, lambda old: ProjectNotEmptyError() if old is not None else ProjectNotFoundError())
        tx.update(AccountRow(zelid=row.account), actions, same if standard else another)


def create_environment(
    owner: AccountRow, project: ProjectRow, name: str, *, enabled: bool = True, stale: bool = False
) -> EnvironmentRow:
    """Make an environment in a project. One transaction.

    Raises:
        ProjectNotFoundError: The project is gone; or StaleError, with `stale`.
        TooManyEnvironmentsError: The account has 100.
    """
    row = _environment(project, name)
    row.enabled = enabled
    with aws.transaction() as tx:
        tx.create(row)
        more = [ProjectRow.environments.set(ProjectRow.environments.append([row.key]))]
        tx.update(_bare(project), more, refusal=lambda _old: aws.StaleError() if stale else ProjectNotFoundError())
        room, full = _room(AccountRow.environments, MOST_ENVIRONMENTS), TooManyEnvironmentsError()
        tx.update(AccountRow(zelid=owner.zelid), _count("environments", 1), room, lambda _old: full)
    return row


def change_environment(row: EnvironmentRow, facts: Mapping[str, Any]) -> EnvironmentRow:
    """Change `name` or `enabled` of an environment. One transaction, none if nothing is said.

    Raises:
        EnvironmentNotFoundError: It is gone.
    """
    if not facts:
        return row
    actions = [getattr(EnvironmentRow, name).set(value) for name, value in facts.items()]
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=row.key), actions, refusal=lambda _old: EnvironmentNotFoundError())
    for name, value in facts.items():
        setattr(row, name, value)
    return row


def delete_environment(project: ProjectRow, row: EnvironmentRow) -> None:
    """Delete an environment without APIs and folders, and then its keys and roles: none works after the first step.

    Raises:
        EnvironmentNotFoundError: It is gone already.
        EnvironmentNotEmptyError: APIs or folders are in it.
        StaleError: The project's environments changed since it was read.
    """
    ended = EndedEnvironmentRow(environment=row.key, created=int(time.time()))
    standing = list(project.environments)
    with aws.transaction() as tx:
        empty = (EnvironmentRow.apis == 0) & (EnvironmentRow.folders == 0)
        tx.delete(EnvironmentRow(key=row.key), empty, _not_empty)
        left = [ProjectRow.environments.set([key for key in standing if key != row.key])]
        tx.update(_bare(project), left, ProjectRow.environments == standing)
        tx.update(AccountRow(zelid=row.account), _count("environments", -1))
        tx.create(ended)
    finish(ended)


def finish(ended: EndedEnvironmentRow) -> None:
    """Let the keys and roles of a deleted environment go; doing it again changes nothing. One transaction per 45."""
    for population in POPULATIONS:
        while keys_left := aws.page(population.listed, ended.environment, limit=_TOGETHER).rows:
            with aws.transaction() as tx:
                for key in keys_left:
                    tx.discard(population.listed(environment=key.environment, key=key.key))
                    tx.discard(population.presented(public=key.public))
        while roles_left := aws.page(population.roles, ended.environment, limit=_TOGETHER).rows:
            with aws.transaction() as tx:
                for role in roles_left:
                    tx.discard(population.roles(environment=role.environment, key=role.key))
    with aws.transaction() as tx:
        tx.discard(EndedEnvironmentRow(environment=ended.environment))


def _project(account: str, name: str) -> ProjectRow:
    return ProjectRow(account=account, key=keys.new(), name=name, environments=[], created=int(time.time()))


def _environment(project: ProjectRow, name: str) -> EnvironmentRow:
    created = int(time.time())
    return EnvironmentRow(key=keys.short(), account=project.account, project=project.key, name=name, created=created)


def _bare(row: ProjectRow) -> ProjectRow:
    return ProjectRow(account=row.account, key=row.key)


def _count(name: str, by: int) -> list[Any]:
    attribute = getattr(AccountRow, name)
    return [attribute.set((attribute | 0) + by)]


def _room(attribute: Any, most: int) -> Any:
    return attribute.does_not_exist() | (attribute < most)


def _no_standard(old: dict[str, Any] | None) -> Exception:
    """Why an environment and the standard project could not be made, from the account's row as it stood."""
    if old is None:
        return LookupError("no such account")
    if "project" in old:
        return aws.StaleError()
    full = int(old.get("environments", {"N": "0"})["N"]) >= MOST_ENVIRONMENTS
    return TooManyEnvironmentsError() if full else TooManyProjectsError()


def _not_empty(old: dict[str, Any] | None) -> Exception:
    return EnvironmentNotEmptyError() if old is not None else EnvironmentNotFoundError()
