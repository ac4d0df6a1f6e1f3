"""What resources say about each other, counted anew from the rows; and how what a crash left is finished."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

from chalicelib import aws
from chalicelib.content import FolderRow
from chalicelib.content.tables import EndedFolderRow
from chalicelib.members import EnvironmentRow
from chalicelib.models import VersionRow, schema
from chalicelib.models.tables import ReindexRow, scope
from chalicelib.resources import documents, indexing
from chalicelib.resources.indexing import Publication
from chalicelib.resources.tables import (
    DocumentRow,
    ExternalIdRow,
    IndexRow,
    OwnedRow,
    PublishedRow,
    RemainsRow,
    ResourceRow,
    RevisionRow,
    UseRow,
    place,
    within,
)
from chalicelib.workers import published
from tests.support.books import faults_in, services_of
from tests.support.system import System
from tests.uploads.sending import work

UNDER_WAY: tuple[type[aws.Table], ...] = (RemainsRow, ReindexRow, EndedFolderRow)
"""Tables that are empty where nothing is under way."""


def settle(system: System) -> None:
    """All that was cut off is finished: what is under way counts as that, however young."""
    with mock.patch.object(published, "CUT_OFF_SECONDS", 0):
        # What is left of resources first, then folders, whose schema it needed.
        for _ in range(2):
            services_of(system).janitor(0).run(lost_seconds=0)
            work(system)


def recount(system: System) -> list[str]:
    """What does not add up where nothing is under way, in words; nothing if all does."""
    said = [f"{finding.kind} {finding.subject}: {finding.says}" for finding in faults_in(system)]
    return [*said, *left(), *miscounts(), *misindexed()]


def left() -> list[str]:
    """What is under way, or should be over."""
    return [f"{type(row).__name__} {row.row_key()}" for model in UNDER_WAY for row in aws.scan(model)]


def miscounts() -> list[str]:
    """Rows of resources, revisions and schemas that do not agree with one another; true at any moment."""
    resources = {within(row.folder, row.key): row for row in aws.scan(ResourceRow)}
    revisions = {within(row.resource, row.key): row for row in aws.scan(RevisionRow)}
    gone = {row.resource for row in aws.scan(RemainsRow) if row.revision == RemainsRow.ALL}
    return [
        *_of_folders(resources),
        *_of_resources(resources, revisions, gone),
        *_of_revisions(resources, revisions, gone),
        *_of_publications(resources, revisions),
        *_of_uses(),
    ]


def misindexed() -> list[str]:
    """Index rows that should not be there, or are not; each by the schema version its resource was indexed under."""
    wanted: dict[tuple[str, str], Any] = {}
    found = []
    current = {scope(row.environment, row.key): row.published for row in aws.scan(FolderRow)}
    for row in aws.scan(PublishedRow):
        environment, folder, *_ = row.place.split("/")
        where = scope(environment, folder)
        if row.also is not None or row.version != current.get(where):
            found.append(f"{row.place} {row.key} is indexed under {row.version} and {row.also}")
        for index_row in expected(row, where):
            wanted[index_row.field, index_row.value] = len(row.body)
    there = {(row.field, row.value): row.size for row in aws.scan(IndexRow)}
    return found + _differ("index row", there, wanted)


def expected(row: PublishedRow, where: str) -> list[IndexRow]:
    """The index rows that a published resource of a folder must have."""
    version = aws.get(VersionRow, where, row.version)
    if version is None:
        raise AssertionError(f"the version {row.version} of {where} is lost")
    owner = row.place.removeprefix(where).lstrip("/") or None
    of = Publication(where, owner, row.key, row.revision, int(row.published))
    return indexing.rows(schema.read(version.key, version.fields), documents.unpack(row.body), of)


def _differ(what: str, said: Mapping[Any, Any], counted: Mapping[Any, Any]) -> list[str]:
    names = sorted({*said, *counted}, key=str)
    pairs = [(name, said.get(name), counted.get(name)) for name in names]
    return [f"{what} {name}: {by_row} by its row, {there} there" for name, by_row, there in pairs if by_row != there]


def _of_folders(resources: Mapping[str, ResourceRow]) -> Iterator[str]:
    folders = {scope(row.environment, row.key): row for row in aws.scan(FolderRow)}
    ended = {scope(row.environment, row.folder) for row in aws.scan(EndedFolderRow)}
    versions = list(aws.scan(VersionRow))
    yield from (f"version of no folder: {row.folder}" for row in versions if row.folder not in {*folders, *ended})
    alive = [row for row in versions if row.folder in folders]
    drafts = Counter(row.folder for row in alive if row.number is None)
    held = Counter(row.folder for row in resources.values())
    for name, counted in (("resources", held), ("versions", Counter(r.folder for r in alive)), ("drafts", drafts)):
        yield from _differ(
            name, {where: int(getattr(row, name)) for where, row in folders.items()}, _all(folders, counted)
        )
    for where, row in folders.items():
        live = [one for one in alive if one.folder == where and one.number is not None]
        current = [one.key for one in live if one.archived is None]
        if current != ([row.published] if row.published else []):
            yield f"{where}: {current} published, {row.published} by its row"
        if sorted(int(one.number or 0) for one in live) != list(range(1, int(row.numbers) + 1)):
            yield f"{where}: numbers of versions do not follow"


def _all(names: Mapping[str, Any], counted: Mapping[str, int]) -> dict[str, int]:
    return {**dict.fromkeys(names, 0), **counted}


def _of_resources(
    resources: Mapping[str, ResourceRow], revisions: Mapping[str, RevisionRow], gone: set[str]
) -> Iterator[str]:
    counted = Counter(row.resource for row in revisions.values() if row.resource not in gone)
    said = {name: int(row.revisions) for name, row in resources.items()}
    yield from _differ("revisions", said, _all(resources, counted))
    external = {(row.folder, row.external_id): row.key for row in resources.values() if row.external_id}
    yield from _differ("external id", {(r.folder, r.external_id): r.key for r in aws.scan(ExternalIdRow)}, external)
    owned = {
        (within(f"{row.folder.partition('/')[0]}/{row.above}", row.owner), name)
        for name, row in resources.items()
        if row.owner
    }
    known = {(row.owner, row.child) for row in aws.scan(OwnedRow)}
    yield from (f"owned {one}" for one in owned ^ known if one[0] not in gone)


def _of_revisions(
    resources: Mapping[str, ResourceRow], revisions: Mapping[str, RevisionRow], gone: set[str]
) -> Iterator[str]:
    bodies = {within(row.folder, row.revision) for row in aws.scan(DocumentRow)}
    yield from (f"revision or document alone: {name}" for name in bodies ^ revisions.keys())
    for name, row in revisions.items():
        owner = resources.get(row.resource)
        if owner is None:
            if row.resource not in gone:
                yield f"revision of no resource: {name}"
        elif (row.status == "published") != (owner.current == row.key):
            yield f"{name} is {row.status}, and {owner.current} is the current one"


def _of_publications(resources: Mapping[str, ResourceRow], revisions: Mapping[str, RevisionRow]) -> Iterator[str]:
    said = {(place(row.folder, row.owner), row.key): row.current for row in resources.values() if row.current}
    rows = list(aws.scan(PublishedRow))
    yield from _differ("publication", {(row.place, row.key): row.revision for row in rows}, said)
    for row in rows:
        where = "/".join(row.place.split("/")[:2])
        kept = aws.get(DocumentRow, where, within(row.key, row.revision))
        revision = revisions.get(within(within(where, row.key), row.revision))
        if kept is None or kept.body != row.body:
            yield f"{row.key} shows another document than its revision has"
        if revision is None or revision.published != row.published:
            yield f"{row.key} was published at another moment than its revision"


def _of_uses() -> Iterator[str]:
    """Also while something is under way: what is left keeps its files."""
    accounts = {row.key: row.account for row in aws.scan(EnvironmentRow)}
    counted: Counter[tuple[str, str]] = Counter()
    for row in aws.scan(PublishedRow):
        counted.update((accounts[row.place.partition("/")[0]], cid) for cid in row.files or ())
    for rest in aws.scan(RemainsRow):
        counted.update((rest.account, cid) for cid in rest.files)
    yield from _differ("uses of", {(row.account, row.cid): int(row.uses) for row in aws.scan(UseRow)}, counted)
