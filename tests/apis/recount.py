"""What management counts, counted anew from the rows."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib import aws
from chalicelib.apis.tables import ApiRow, ConnectionRow, EndedApiRow, PrefixRow
from chalicelib.content.tables import AliasRow, ChildRow, FolderRow, place
from chalicelib.identity.tables import AccountRow
from chalicelib.members.tables import EnvironmentKeyRow, EnvironmentRow, ManagementKeyRow

SHOWN = ("name", "alias", "strict", "aliases", "parent", "created")
"""What a folder's row and its row among its siblings both say."""


def miscounts() -> list[str]:
    """What does not add up, in words; nothing if all does. Whether deleted APIs were tidied up after is not judged."""
    environments = {row.key: row for row in aws.scan(EnvironmentRow)}
    apis, folders = list(aws.scan(ApiRow)), list(aws.scan(FolderRow))
    connections = list(aws.scan(ConnectionRow))
    return [
        *_of_environments(environments, apis, folders),
        *_of_folders(folders, connections),
        *_of_connections(apis, connections),
        *_of_keys(environments),
    ]


def unfinished() -> int:
    """How many deleted APIs still have their connections."""
    return len(list(aws.scan(EndedApiRow)))


def _differ(what: str, said: Mapping[Any, Any], counted: Mapping[Any, Any]) -> list[str]:
    names = sorted({*said, *counted}, key=str)
    pairs = [(name, said.get(name, 0), counted.get(name, 0)) for name in names]
    return [f"{what} of {name}: {by_row} by its row, {there} there" for name, by_row, there in pairs if by_row != there]


def _of_environments(environments: dict[str, Any], apis: list[ApiRow], folders: list[FolderRow]) -> list[str]:
    of_apis, of_folders = Counter(row.environment for row in apis), Counter(row.environment for row in folders)
    roots = Counter(row.environment for row in folders if row.parent is None)
    found = []
    for name, counted in (("apis", of_apis), ("folders", of_folders), ("roots", roots)):
        found += _differ(name, {key: int(getattr(row, name)) for key, row in environments.items()}, counted)
    accounts = list(aws.scan(AccountRow))
    for name, counted in (("apis", of_apis), ("folders", of_folders)):
        by_account: Counter[str] = Counter()
        for key, count in counted.items():
            by_account[environments[key].account] += count
        found += _differ(f"all {name}", {row.zelid: int(getattr(row, name) or 0) for row in accounts}, by_account)
    prefixes = {(row.environment, row.prefix): row.key for row in aws.scan(PrefixRow)}
    return found + _differ("prefix", prefixes, {(row.environment, row.prefix): row.key for row in apis})


def _of_folders(folders: list[FolderRow], connections: list[ConnectionRow]) -> list[str]:
    said = {row.key: row for row in folders}
    children = Counter(row.parent for row in folders if row.parent is not None)
    shown = {row.key: (row.place, *(getattr(row, name) for name in SHOWN)) for row in aws.scan(ChildRow)}
    wanted = {row.key: (place(row.environment, row.parent), *(getattr(row, name) for name in SHOWN)) for row in folders}
    aliases = {(row.place, row.alias): row.key for row in aws.scan(AliasRow)}
    return [
        *_differ("children", {key: int(row.children) for key, row in said.items()}, children),
        *_differ(
            "connected",
            {key: int(row.connected) for key, row in said.items()},
            Counter(row.folder for row in connections),
        ),
        *_differ("among its siblings", shown, wanted),
        *_differ("alias", aliases, {(place(row.environment, row.parent), row.alias): row.key for row in folders}),
    ]


def _of_connections(apis: list[ApiRow], connections: list[ConnectionRow]) -> list[str]:
    alive = {row.key: int(row.connections) for row in apis}
    ended = {row.api for row in aws.scan(EndedApiRow)}
    there = {(row.api, row.folder): int(row.needed) for row in connections if row.api in alive}
    needed = Counter((row.api, above) for row in connections if row.api in alive for above in row.required)
    orphans = [
        f"connection of no API: {row.api}" for row in connections if row.api not in alive and row.api not in ended
    ]
    return [
        *orphans,
        *_differ("connections", alive, Counter(api for api, _ in there)),
        # An ancestor that is missing is needed and not there.
        *_differ("needed", there, needed),
    ]


def _of_keys(environments: dict[str, Any]) -> list[str]:
    listed = {row.public: row.environment for row in aws.scan(EnvironmentKeyRow)}
    found = _differ("key", {row.public: row.environment for row in aws.scan(ManagementKeyRow)}, listed)
    return found + _differ("keys", {key: int(row.keys) for key, row in environments.items()}, Counter(listed.values()))
