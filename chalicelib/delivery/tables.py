"""What an API publishes, read together, and remembered by each process for as long as a setting says.

Delivery has no rows of its own: these are those of members, apis, content and models.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.apis.tables import ApiRow, ConnectionRow, PrefixRow
from chalicelib.content import FolderRow
from chalicelib.delivery import paths
from chalicelib.delivery.errors import RouteNotFoundError
from chalicelib.delivery.paths import Segment, Tree
from chalicelib.identity import Identity
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, keys
from chalicelib.members.errors import EnvironmentNotFoundError
from chalicelib.models import Schema, Versions
from chalicelib.models.tables import scope

_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as an API has it; `schema` is None while no version is published."""

    row: FolderRow
    connection: ConnectionRow
    template: tuple[Segment, ...]
    schema: Schema | None

    @property
    def scope(self) -> str:
        """The tenant's part of the keys of all that belongs to it."""
        return scope(self.row.environment, self.row.key)

    @property
    def many(self) -> bool:
        """Whether it may be listed and searched."""
        return "get_many" in self.connection.methods

    @property
    def one(self) -> bool:
        """Whether its resources may be read one by one; without that, lists show no content."""
        return "get_one" in self.connection.methods


@dataclass(frozen=True, slots=True)
class Table:
    """An API with its folders, by their keys, and the paths that lead to them."""

    environment: EnvironmentRow
    account: AccountRow
    api: ApiRow
    folders: Mapping[str, Folder]
    tree: Tree


class Tables:
    """The tables of one process; one is read anew once it is older than `seconds`."""

    def __init__(self, versions: Versions, identity: Identity, seconds: float) -> None:
        self._versions = versions
        self._identity = identity
        self._seconds = seconds
        self._kept: OrderedDict[tuple[str, str], tuple[float, Table]] = OrderedDict()

    def get(self, environment: str, prefix: str) -> Table:
        """What is published under a prefix. No call if that is remembered, else five, and more for many folders.

        Raises:
            EnvironmentNotFoundError: Unknown, disabled, or its account is suspended or has lapsed.
            RouteNotFoundError: No API has the prefix.
        """
        found = self._kept.get((environment, prefix))
        if found is not None and time.monotonic() - found[0] < self._seconds:
            return found[1]
        now = time.monotonic()
        table = self.read(environment, prefix)
        if self._seconds:
            self._kept[environment, prefix] = (now, table)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return table

    def read(self, environment: str, prefix: str) -> Table:
        """The same, read now."""
        space, named = aws.batch_get(
            aws.Ref(EnvironmentRow, keys.plausible(environment)),
            aws.Ref(PrefixRow, keys.plausible(environment), keys.plausible(prefix)),
        )
        if space is None:
            raise EnvironmentNotFoundError
        wanted = [aws.Ref(ApiRow, environment, named.key)] if named is not None else []
        account, *rest = aws.batch_get(aws.Ref(AccountRow, space.account), *wanted)
        if account is None or account.suspended or self._identity.is_over(account) or space.enabled is False:
            raise EnvironmentNotFoundError
        if not rest or rest[0] is None:
            raise RouteNotFoundError
        return self._with_folders(space, account, rest[0])

    def _with_folders(self, space: EnvironmentRow, account: AccountRow, api: ApiRow) -> Table:
        connections: list[ConnectionRow] = []
        start: Mapping[str, Any] | None = None
        while True:
            some, start = aws.page(ConnectionRow, api.key, start=start)
            connections += some
            if start is None:
                break
        rows = aws.batch_get(*(aws.Ref(FolderRow, space.key, one.folder) for one in connections)) if connections else []
        self._versions.load(row for row in rows if row is not None)
        folders: dict[str, Folder] = {}
        tree = Tree()
        for connection, row in zip(connections, rows, strict=True):
            if row is not None:
                schema = self._versions.current(row) if row.published is not None else None
                folders[row.key] = Folder(row, connection, paths.template(row), schema)
                tree.add(folders[row.key].template, row.key)
        return Table(space, account, api, folders, tree)
