"""Roles: what the keys that have them may do (spec flux-apis, B.8).

A role is one row with all it permits. It changes under its version, so that of two changes at once none is lost, and
who may only give what they have themselves is judged on what they change.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib import aws
from chalicelib.members import keys
from chalicelib.members.errors import (
    EnvironmentNotFoundError,
    PermissionNotFoundError,
    RoleInUseError,
    RoleNotFoundError,
    TooManyRolesError,
)
from chalicelib.members.permissions import ContentType, Grants, Permission
from chalicelib.members.populations import Population
from chalicelib.members.tables import EnvironmentRow, RoleRow
from chalicelib.web.management import issue

MOST_ROLES = 100
"""Roles of one population of an environment."""
MOST_OBJECTS = 1_000
"""Objects that a role names, over all content types: its row is read with each call of a key that has it."""

Permissions = Sequence[Permission]


def grants(row: RoleRow | None) -> Grants:
    """What a role permits; nothing, if it is gone."""
    if row is None:
        return Grants()
    return Grants(unrestricted=True) if row.full_access else Grants.of(permissions(row))


def permissions(row: RoleRow) -> list[Permission]:
    """The permissions of a role."""
    return [Permission.of(kept) for kept in row.kept()]


def require(row: Any) -> RoleRow:
    """A role's row, which must be there.

    Raises:
        RoleNotFoundError: It is not.
    """
    if row is None:
        raise RoleNotFoundError
    found: RoleRow = row
    return found


def create(population: Population, environment: str, facts: Mapping[str, Any]) -> RoleRow:
    """Make a role that permits nothing yet. One transaction.

    Args:
        population: Whose role it is.
        environment: Key of the environment.
        facts: Values of `name`, `description` and `full_access`.

    Raises:
        TooManyRolesError: The environment has 100 of the population.
        EnvironmentNotFoundError: It is gone.
    """
    row = population.roles(environment=environment, key=keys.new(), created=int(time.time()), **facts)
    with aws.transaction() as tx:
        tx.create(row)
        tx.update(
            EnvironmentRow(key=environment),
            [population.role_count.set(population.role_count + 1)],
            population.role_count < MOST_ROLES,
            lambda old: TooManyRolesError() if old is not None else EnvironmentNotFoundError(),
        )
    return row


def change(row: RoleRow, facts: Mapping[str, Any]) -> RoleRow:
    """Change attributes of a role that was just read. One transaction, none if nothing is said.

    Raises:
        RoleNotFoundError: It is gone.
    """
    model = type(row)
    # Whether it has full access is part of what it permits.
    actions = [model.version.set(model.version + 1)]
    for name, value in facts.items():
        attribute = getattr(model, name)
        actions.append(attribute.set(value) if value is not None else attribute.remove())
        setattr(row, name, value)
    if facts:
        with aws.transaction() as tx:
            tx.update(_bare(row), actions, refusal=lambda _old: RoleNotFoundError())
    return row


def delete(population: Population, row: RoleRow) -> None:
    """Delete a role that no key has. One transaction.

    Raises:
        RoleNotFoundError: It is gone.
        RoleInUseError: A key has it.
    """
    with aws.transaction() as tx:
        unused = type(row).keys == 0
        tx.delete(_bare(row), unused, lambda old: RoleInUseError() if old is not None else RoleNotFoundError())
        fewer = [population.role_count.set(population.role_count - 1)]
        tx.update(EnvironmentRow(key=row.environment), fewer)


def permit(row: RoleRow, wanted: Permissions) -> None:
    """Let these be all that a role permits. One transaction.

    Raises:
        InvalidDataError: They name more than 1,000 objects.
        RoleNotFoundError: It is gone.
        StaleError: What it permits changed since it was read.
    """
    if sum(len(each.objects) for each in wanted) > MOST_OBJECTS:
        raise issue(["objects"], f"a role names {MOST_OBJECTS} objects at most")
    model = type(row)
    actions = [
        model.permissions.set([each.kept() for each in wanted]),
        model.version.set(model.version + 1),
    ]
    with aws.transaction() as tx:
        tx.update(
            _bare(row),
            actions,
            model.version == row.version,
            lambda old: aws.StaleError() if old is not None else RoleNotFoundError(),
        )


def put(standing: Permissions, wanted: Permission, *, limits: bool, objects: bool) -> tuple[Permissions, Permission]:
    """The permissions with one in place of that for its content type, and that one as it is then.

    Args:
        standing: Those there are.
        wanted: The new one.
        limits: Whether it says if it is for all objects; else that stays as it is.
        objects: Whether it says which objects it is for; else those stay.
    """
    old = find(standing, wanted.content_type)
    new = wanted
    if old is not None and not limits:
        new = replace(new, all_objects=old.all_objects)
    if old is not None and not objects:
        new = replace(new, objects=old.objects)
    return [*(each for each in standing if each is not old), new], new


def put_object(standing: Permissions, content_type: ContentType, key: str) -> tuple[Permissions, Permission]:
    """The permissions with an object more, and the one that it is added to; once is enough.

    Raises:
        PermissionNotFoundError: There is none for the content type.
    """
    old = find(standing, content_type)
    if old is None:
        raise PermissionNotFoundError
    new = replace(old, objects=tuple(dict.fromkeys([*old.objects, key])))
    return [new if each is old else each for each in standing], replace(new, objects=(key,))


def without_object(standing: Permissions, content_type: ContentType, key: str) -> Permissions:
    """The permissions with an object less.

    Raises:
        PermissionNotFoundError: There is none for the content type, or not for this object.
    """
    old = find(standing, content_type)
    if old is None or key not in old.objects:
        raise PermissionNotFoundError
    new = replace(old, objects=tuple(each for each in old.objects if each != key))
    return [new if each is old else each for each in standing]


def find(standing: Permissions, content_type: str) -> Permission | None:
    """The permission for a content type, if there is one."""
    return next((each for each in standing if each.content_type == content_type), None)


def without(standing: Permissions, content_type: str) -> Permissions:
    """The permissions but the one for a content type.

    Raises:
        PermissionNotFoundError: There is none.
    """
    if find(standing, content_type) is None:
        raise PermissionNotFoundError
    return [each for each in standing if each.content_type != content_type]


def _bare(row: RoleRow) -> RoleRow:
    return type(row)(environment=row.environment, key=row.key)
