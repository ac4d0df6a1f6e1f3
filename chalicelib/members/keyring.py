"""Keys of an environment, of either population: made, listed, given a role, taken away (spec flux-apis, B.8).

Each has two rows, one that a call finds by its public key and one that lists show, and its role counts it.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.members import keys, pairs, roles
from chalicelib.members.errors import EnvironmentNotFoundError, KeyMissingError, PermissionDeniedError
from chalicelib.members.permissions import Grants
from chalicelib.members.populations import Population
from chalicelib.members.tables import EnvironmentRow, ListedKeyRow
from chalicelib.web.management import issue

MOST_KEYS = 100
"""Keys of one population of an environment."""


class Given(NamedTuple):
    """A role to be given to a key: its key, None for none; and the version it was judged at, None if it was not."""

    role: str | None
    version: int | None = None


def judged(population: Population, environment: str, role: str | None, giver: Grants) -> Given:
    """A role that somebody gives to a key: it must not permit what they are not permitted themselves.

    No call if the giver is unrestricted, else one.

    Raises:
        PermissionDeniedError: It permits more, or everything, as no role does.
        InvalidDataError: There is no such role.
    """
    if giver.unrestricted:
        return Given(role)
    if role is None:
        raise PermissionDeniedError("A key without a role may do everything, which you may not")
    row = aws.get(population.roles, environment, role)
    if row is None:
        raise _no_role()
    if row.full_access or not all(giver.cover(each) for each in roles.permissions(row)):
        raise PermissionDeniedError("The role permits more than you may do")
    return Given(role, int(row.version))


def issue_key(
    population: Population, environment: str, description: str | None, given: Given
) -> tuple[ListedKeyRow, str]:
    """Make a key; the secret is never shown again. One transaction.

    Raises:
        PermissionDeniedError: The environment has 100 of the population.
        EnvironmentNotFoundError: It is gone.
        InvalidDataError: There is no such role.
        StaleError: The role changed since it was judged.
    """
    public, secret = pairs.new()
    row = population.listed(
        environment=environment,
        key=keys.new(),
        public=public,
        description=description,
        role=given.role,
        created=int(time.time()),
    )
    full = PermissionDeniedError("The environment has as many keys as it may")
    with aws.transaction() as tx:
        tx.create(row)
        tx.create(population.presented(public=public, environment=environment, role=given.role))
        tx.update(
            EnvironmentRow(key=environment),
            [population.key_count.set(population.key_count + 1)],
            population.key_count < MOST_KEYS,
            lambda old: full if old is not None else EnvironmentNotFoundError(),
        )
        _take_role(tx, population, environment, given)
    return row, secret


def require(row: Any) -> ListedKeyRow:
    """A key's row, which must be there.

    Raises:
        KeyMissingError: It is not.
    """
    if row is None:
        raise KeyMissingError
    found: ListedKeyRow = row
    return found


def change(
    population: Population, row: ListedKeyRow, facts: Mapping[str, str | None], given: Given | None
) -> ListedKeyRow:
    """Change a key that was just read; a role acts at once. One transaction, none if nothing is said.

    Args:
        population: Whose key it is.
        row: The key.
        facts: A new `description`, or None to take it away; empty to leave it.
        given: A new role; None to leave it.

    Raises:
        KeyMissingError: It is gone.
        InvalidDataError: There is no such role.
        StaleError: Its role changed since it was read, or the new one since it was judged.
    """
    role = row.role if given is None else given.role
    facts = facts if given is None else {**facts, "role": given.role}
    if not facts:
        return row
    model = type(row)
    bare = model(environment=row.environment, key=row.key)
    with aws.transaction() as tx:
        actions = [_set(getattr(model, name), value) for name, value in facts.items()]
        tx.update(bare, actions, _is(model.role, row.role), _gone)
        if given is not None and role != row.role:
            presented = population.presented
            tx.update(presented(public=row.public), [_set(presented.role, role)])
            _give_role_back(tx, population, row)
            _take_role(tx, population, row.environment, given)
    for name, value in facts.items():
        setattr(row, name, value)
    return row


def revoke(population: Population, row: ListedKeyRow) -> None:
    """Take a key away that was just read; it stops working at once. One transaction.

    Raises:
        KeyMissingError: It is gone.
        StaleError: Its role changed since it was read.
    """
    model = type(row)
    with aws.transaction() as tx:
        tx.delete(model(environment=row.environment, key=row.key), _is(model.role, row.role), _gone)
        tx.delete(population.presented(public=row.public))
        tx.update(EnvironmentRow(key=row.environment), [population.key_count.set(population.key_count - 1)])
        _give_role_back(tx, population, row)


def _take_role(tx: aws.Transaction, population: Population, environment: str, given: Given) -> None:
    """Step: a key more has a role, as it was judged."""
    if given.role is None:
        return
    model, (_, version) = population.roles, given
    same = model.version == version if version is not None else None
    more = [model.keys.set(model.keys + 1)]
    role = model(environment=environment, key=given.role)
    tx.update(role, more, same, lambda old: aws.StaleError() if old is not None else _no_role())


def _give_role_back(tx: aws.Transaction, population: Population, row: ListedKeyRow) -> None:
    """Step: a key has its role no more."""
    if row.role is not None:
        model = population.roles
        tx.update(model(environment=row.environment, key=row.role), [model.keys.set(model.keys - 1)])


def _set(attribute: UnicodeAttribute, value: str | None) -> Action:
    return attribute.set(value) if value is not None else attribute.remove()


def _is(attribute: UnicodeAttribute, value: str | None) -> Condition:
    return attribute == value if value is not None else attribute.does_not_exist()


def _gone(old: dict[str, Any] | None) -> Exception:
    return KeyMissingError() if old is None else aws.StaleError()


def _no_role() -> Exception:
    return issue(["role"], "no such role in this environment")
