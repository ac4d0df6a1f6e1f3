"""Folders: made, found by key or path, listed, changed, deleted (spec flux-apis, B.3 and B.4).

A folder's place never changes, and neither does its strictness: so what stands above it is kept in its row, and whether
an API has all that a strict folder needs is seen without walking.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.content.errors import (
    FolderAliasExistsError,
    FolderNotEmptyError,
    FolderNotFoundError,
    StrictReferenceError,
)
from chalicelib.content.plans import use_plan
from chalicelib.content.tables import AliasRow, ChildRow, EndedFolderRow, FolderRow, place
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, Member, keys
from chalicelib.members.errors import EnvironmentNotFoundError
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

    def create(self, member: Member, new: NewFolder) -> FolderRow:
        """Make a folder. At most two reads and one transaction.

        Raises:
            FolderNotFoundError: There is no such parent.
            FolderAliasExistsError: A sibling has the alias.
            StrictReferenceError: A strict folder at the root, or one that is not strict in a strict one.
            PlanLimitExceededError: The account has as many as its plan holds.
            InvalidDataError: It would be too deep.
            StaleError: The parent, or the account's plan, changed since it was read.
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
    def ref(environment: str, key: str) -> aws.Ref:
        """The row of a folder, to be read with others."""
        return aws.Ref(FolderRow, environment, key)

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
            FolderNotEmptyError: Folders or resources are in it.
            StrictReferenceError: An API has it.
        """
        environment = str(member.environment.key)
        row = self.get(environment, key)
        if row.children or row.resources:
            raise FolderNotEmptyError
        if row.connected:
            raise StrictReferenceError("The folder is connected to an API: disconnect it first")
        where = place(environment, row.parent)
        with aws.transaction() as tx:
            free = (FolderRow.children == 0) & (FolderRow.connected == 0) & (FolderRow.alias == row.alias)
            tx.delete(_bare(row), free & (FolderRow.resources.does_not_exist() | (FolderRow.resources == 0)))
            tx.create(EndedFolderRow(folder=row.key, environment=environment, created=int(time.time())))
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

    @staticmethod
    def draft(
        tx: aws.Transaction,
        row: FolderRow,
        by: int,
        room: Condition | None = None,
        refusal: Callable[[], Exception] = aws.StaleError,
    ) -> None:
        """Step: `by` drafts of a schema more, or fewer, if there is `room`."""
        changed = [_more(FolderRow.versions, by), _more(FolderRow.drafts, by)]
        tx.update(_bare(row), changed, room, lambda old: refusal() if old is not None else FolderNotFoundError())

    @staticmethod
    def publish(tx: aws.Transaction, row: FolderRow, version: str) -> None:
        """Step: a draft becomes the version that resources must fit; stale if another did since the row was read."""
        changed = [
            FolderRow.published.set(version),
            _more(FolderRow.numbers, 1),
            _more(FolderRow.drafts, -1),
        ]
        before = FolderRow.published
        same = before.does_not_exist() if row.published is None else before == row.published
        tx.update(_bare(row), changed, same)

    @staticmethod
    def count(tx: aws.Transaction, row: FolderRow, by: int) -> None:
        """Step: `by` resources more, or fewer, and new ones fit the version that is published still."""
        same = FolderRow.published == row.published if by > 0 else None
        tx.update(_bare(row), [_more(FolderRow.resources, by)], same)

    @staticmethod
    def confirm(tx: aws.Transaction, row: FolderRow) -> None:
        """Step: the version that is published is the one that was read."""
        tx.check(_bare(row), FolderRow.published == row.published)


def _more(count: NumberAttribute, by: int) -> Action:
    """The change of a count that rows of earlier releases have not."""
    return count.set((count | 0) + by)


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
    tx.update(EnvironmentRow(key=row.environment), changes, refusal=lambda _old: EnvironmentNotFoundError())
    changed = [AccountRow.folders.set((AccountRow.folders | 0) + by)]
    if by > 0:
        use_plan(tx, member, changed, AccountRow.folders, PLAN_FOLDERS)
    else:
        tx.update(AccountRow(zelid=member.account.zelid), changed)
