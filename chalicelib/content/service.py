"""Folders: made, found by key or path, listed, changed, deleted (spec flux-apis, B.3 and B.4).

A folder's place never changes, and neither does its strictness: so what stands above it is kept in its row, and whether
an API has all that a strict folder needs is seen without walking.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.content.errors import (
    FolderAliasExistsError,
    FolderNotEmptyError,
    FolderNotFoundError,
    PlanLimitExceededError,
    StrictReferenceError,
)
from chalicelib.content.tables import AliasRow, ChildRow, FolderRow, place
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, Member, keys
from chalicelib.members.service import listed
from chalicelib.web.management import Rows, Window, issue

MOST_DEPTH = 16
"""Folders in one another: the path of the deepest is a URL."""
PLAN_FOLDERS = {"STARTER": 20, "STANDARD": 100, "ELITE": 500}
"""Most folders of an account by plan; PRO has no limit (spec flux-apis, Scope)."""


@dataclass(frozen=True, slots=True)
class NewFolder:
    """What a folder is to be; `parent` is a key, or a path with `.` or `/` between aliases."""

    name: str
    alias: str
    parent: str | None = None
    strict: bool = False


class Folders:
    """The folders of any environment; steps that take a transaction write nothing themselves."""

    @aws.retry_stale
    def create(self, member: Member, new: NewFolder) -> FolderRow:
        """Make a folder. At most two reads and one transaction.

        Raises:
            FolderNotFoundError: There is no such parent.
            FolderAliasExistsError: A sibling has the alias.
            StrictReferenceError: A strict folder at the root, or one that is not strict in a strict one.
            PlanLimitExceededError: The account has as many as its plan holds.
            InvalidDataError: It would be too deep.
        """
        environment = str(member.environment.key)
        above = self.find(environment, new.parent) if new.parent else None
        row = _row(environment, new, above)
        where = place(environment, row.parent)
        with aws.transaction() as tx:
            tx.create(row)
            tx.create(_child(row))
            taken = FolderAliasExistsError()
            tx.create(AliasRow(place=where, alias=row.alias, key=row.key), lambda _old: taken)
            _count(tx, member, row, 1)
            if above is not None:
                # Its alias stands in the new row.
                same = FolderRow.alias == above.alias
                tx.update(_bare(above), [FolderRow.children.set(FolderRow.children + 1)], same)
        return row

    def get(self, environment: str, key: str) -> FolderRow:
        """A folder by its key. One call.

        Raises:
            FolderNotFoundError: There is none.
        """
        return self.require(aws.get(FolderRow, environment, key))

    @staticmethod
    def require(row: Any) -> FolderRow:
        """A folder's row, which must be there.

        Raises:
            FolderNotFoundError: It is not.
        """
        if row is None:
            raise FolderNotFoundError
        found: FolderRow = row
        return found

    def find(self, environment: str, named: str) -> FolderRow:
        """A folder by its key or its path. One call by key, else one a level.

        Raises:
            FolderNotFoundError: There is none.
        """
        row = aws.get(FolderRow, environment, keys.plausible(named))
        return row if row is not None else self.by_path(environment, named)

    def by_path(self, environment: str, path: str) -> FolderRow:
        """A folder by its path: aliases with `.` or `/` between them. One call a level, and one more.

        Raises:
            FolderNotFoundError: There is none.
        """
        above: str | None = None
        aliases = [one for one in path.replace("/", ".").split(".") if one]
        if not 0 < len(aliases) <= MOST_DEPTH:
            raise FolderNotFoundError
        for alias in aliases:
            found = aws.get(AliasRow, place(environment, above), keys.plausible(alias))
            if found is None:
                raise FolderNotFoundError
            above = found.key
        return self.get(environment, str(above))

    @staticmethod
    def children(environment: str, parent: str | None, window: Window) -> Rows:
        """A part of the folders in one, in the order they were made. One call."""
        return listed(ChildRow, place(environment, parent), window)

    @aws.retry_stale
    def change(self, environment: str, key: str, name: str | None, alias: str | None) -> FolderRow:
        """Give a folder another name, or another alias. One read and one transaction.

        Raises:
            FolderNotFoundError: There is none.
            FolderAliasExistsError: A sibling has the alias.
            InvalidDataError: Other folders are below it, whose paths hold its alias.
        """
        row = self.get(environment, key)
        moved = alias is not None and alias != row.alias
        if moved and row.children:
            raise issue(["alias"], "a folder that has folders keeps its alias: their paths hold it")
        aliases = [*row.aliases[:-1], alias if alias is not None else row.alias]
        with aws.transaction() as tx:
            facts = {"name": name if name is not None else row.name, "alias": aliases[-1], "aliases": aliases}
            same = FolderRow.alias == row.alias
            if moved:
                same &= FolderRow.children == 0
            tx.update(_bare(row), [getattr(FolderRow, field).set(value) for field, value in facts.items()], same)
            child = ChildRow(place=place(environment, row.parent), key=row.key)
            tx.update(child, [getattr(ChildRow, field).set(value) for field, value in facts.items()])
            if moved:
                where, taken = place(environment, row.parent), FolderAliasExistsError()
                tx.delete(AliasRow(place=where, alias=row.alias))
                tx.create(AliasRow(place=where, alias=aliases[-1], key=row.key), lambda _old: taken)
        for field, value in facts.items():
            setattr(row, field, value)
        return row

    @aws.retry_stale
    def delete(self, member: Member, key: str) -> None:
        """Delete a folder. One read and one transaction.

        Raises:
            FolderNotFoundError: There is none.
            FolderNotEmptyError: Folders are in it.
            StrictReferenceError: An API has it.
        """
        environment = str(member.environment.key)
        row = self.get(environment, key)
        if row.children:
            raise FolderNotEmptyError
        if row.connected:
            raise StrictReferenceError("The folder is connected to an API: disconnect it first")
        where = place(environment, row.parent)
        with aws.transaction() as tx:
            free = (FolderRow.children == 0) & (FolderRow.connected == 0) & (FolderRow.alias == row.alias)
            tx.delete(_bare(row), free)
            tx.delete(ChildRow(place=where, key=row.key))
            tx.delete(AliasRow(place=where, alias=row.alias))
            _count(tx, member, row, -1)
            if row.parent is not None:
                above = FolderRow(environment=environment, key=row.parent)
                tx.update(above, [FolderRow.children.set(FolderRow.children - 1)])

    @staticmethod
    def connect(tx: aws.Transaction, rows: Sequence[tuple[str, str]], by: int) -> None:
        """Step: folders, given as (environment, key), are connected to `by` APIs more, or fewer."""
        for environment, key in rows:
            changed = [FolderRow.connected.set(FolderRow.connected + by)]
            tx.update(FolderRow(environment=environment, key=key), changed, refusal=lambda _old: FolderNotFoundError())


def plan_facts(entity: str, most: int | None, account: dict[str, Any] | None) -> dict[str, Any]:
    """What `plan_limit_exceeded` tells, from the account's row as it stood; `entity` names the count in it."""
    return {"entity": entity, "limit": most, "current": int(((account or {}).get(entity) or {"N": "0"})["N"])}


def _row(environment: str, new: NewFolder, above: FolderRow | None) -> FolderRow:
    """The row of a new folder."""
    if above is None and new.strict:
        raise StrictReferenceError("A folder at the root cannot be strict")
    if above is not None and above.strict and not new.strict:
        raise StrictReferenceError("A folder in a strict folder must be strict")
    ancestors = [*above.ancestors, above.key] if above is not None else []
    if len(ancestors) >= MOST_DEPTH:
        raise issue(["parent"], f"folders go {MOST_DEPTH} deep at most")
    required: list[str] = []
    if above is not None and new.strict:
        required = [*above.required, above.key]
    return FolderRow(
        environment=environment,
        key=keys.new(),
        name=new.name,
        alias=new.alias,
        strict=new.strict,
        ancestors=ancestors,
        aliases=[*(above.aliases if above is not None else []), new.alias],
        required=required,
        created=int(time.time()),
    )


def _child(row: FolderRow) -> ChildRow:
    return ChildRow(
        place=place(row.environment, row.parent),
        key=row.key,
        name=row.name,
        alias=row.alias,
        strict=row.strict,
        aliases=list(row.aliases),
        parent=row.parent,
        created=row.created,
    )


def _bare(row: FolderRow) -> FolderRow:
    return FolderRow(environment=row.environment, key=row.key)


def _count(tx: aws.Transaction, member: Member, row: FolderRow, by: int) -> None:
    """Step: a folder more, or one less, in its environment, and against the account's plan."""
    changes = [EnvironmentRow.folders.set(EnvironmentRow.folders + by)]
    if row.parent is None:
        changes.append(EnvironmentRow.roots.set(EnvironmentRow.roots + by))
    tx.update(EnvironmentRow(key=row.environment), changes)
    most = PLAN_FOLDERS.get(member.account.plan)
    room = AccountRow.folders.does_not_exist() | (AccountRow.folders < most) if by > 0 and most is not None else None
    tx.update(
        AccountRow(zelid=member.account.zelid),
        [AccountRow.folders.set((AccountRow.folders | 0) + by)],
        room,
        lambda old: PlanLimitExceededError(plan_facts("folders", most, old)),
    )
