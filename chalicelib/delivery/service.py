"""What an API gives: lists, searches, single resources, and their files (spec flux-apis, C)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs
from chalicelib.delivery import queries, searching
from chalicelib.delivery.items import Items, narrow, system
from chalicelib.delivery.populating import Populating
from chalicelib.delivery.queries import Query
from chalicelib.delivery.searching import Found, Match
from chalicelib.delivery.tables import Folder, Tables
from chalicelib.delivery.visits import Visit
from chalicelib.drive.copies import Copies, CopyLink
from chalicelib.drive.errors import NoThumbnailError
from chalicelib.drive.finding import Address
from chalicelib.drive.thumbs import Thumbs
from chalicelib.members import keys
from chalicelib.members.flux import FluxCallers
from chalicelib.models import Schema
from chalicelib.models.fields import hidden, values
from chalicelib.resources import PublishedRow, documents
from chalicelib.resources.errors import ResourceNotFoundError
from chalicelib.web.serving import Content

EMPTY = Schema("", ())
"""Of a folder that has no published schema version, and so nothing that is published."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the bytes of files are."""

    blobs: Blobs
    thumbs: Thumbs
    copies: Copies


@dataclass(frozen=True, slots=True)
class File:
    """A file of a resource: its name, its content, and the blob that this is read from."""

    name: str
    content: Content
    blob: BlobRow


class Delivery:
    """The public side of one process."""

    def __init__(self, tables: Tables, callers: FluxCallers, stores: Stores, base_url: str) -> None:
        self.tables = tables
        self.callers = callers
        self._stores = stores
        self._items = Items(stores.blobs, base_url)

    def url(self, visit: Visit) -> str:
        """Where the folder that is visited is read."""
        return self._items.url(visit.table, _folder(visit), visit.target.owners)

    @staticmethod
    def find(visit: Visit, query: Query, position: str | None) -> Found:
        """A page of what a query finds; whoever calls was let in. Two calls where one index gives all that it shows."""
        folder = _folder(visit)
        return searching.find(query, visit.place, position, whole=not folder.one)

    def shown(self, visit: Visit, matches: Sequence[Match], query: Query) -> list[dict[str, Any]]:
        """Resources as a list shows them: without content, if they cannot be read one by one."""
        folder = _folder(visit)
        if not folder.one:
            return [{"_sys": system(one.row, folder)} for one in matches]
        return self._whole(visit, [(one.row, one.document) for one in matches], query.shown)

    def one(self, visit: Visit, shown: queries.Shown) -> dict[str, Any]:
        """Let the caller in, and show one resource. One call.

        Raises:
            ResourceNotFoundError: None is published under this key.
            Refusal: See `Visit.admit`.
        """
        row = self._published(visit)[0]
        return self._whole(visit, [(row, json.loads(documents.text(row.body)))], shown)[0]

    def _published(self, visit: Visit, *more: aws.Ref) -> list[Any]:
        wanted = aws.Ref(PublishedRow, visit.place, keys.plausible(visit.target.key))
        row, *rest = visit.admit(wanted, *more)
        if row is None:
            raise ResourceNotFoundError
        return [row, *rest]

    def _whole(
        self, visit: Visit, rows: Sequence[tuple[PublishedRow, dict[str, Any]]], shown: queries.Shown
    ) -> list[dict[str, Any]]:
        folder, url = _folder(visit), self.url(visit)
        populating = Populating(self._items, visit.table)
        hops = populating.hops(folder, shown.populate)
        items = [
            {"_sys": system(row, folder), "data": self._items.document(folder, row, document, url)}
            for row, document in rows
        ]
        items = [narrow(item, folder, shown) for item in items]
        populating.fill(folder, items, hops)
        return items

    def file(self, visit: Visit) -> File:
        """Let the caller in, and open a file of a resource. One call; reading it takes one S3 call per 8 MiB.

        Raises:
            ResourceNotFoundError: None is published under this key, or it has no such file.
            Refusal: See `Visit.admit`.
        """
        cid = visit.target.cid
        row, blob = self._published(visit, aws.Ref(BlobRow, keys.plausible(cid)))
        kept = (row.files or {}).get(cid)
        if kept is None or blob is None or not self._is_public(visit, row, cid):
            raise ResourceNotFoundError
        name = self._items.name(kept)
        blobs = self._stores.blobs
        content = Content(cid, int(kept["size"]), kept["mimetype"], lambda start, stop: blobs.read(blob, start, stop))
        return File(name, content, blob)

    def _is_public(self, visit: Visit, row: PublishedRow, cid: str) -> bool:
        """Whether a file stands in a field that is shown."""
        schema = _folder(visit).schema or EMPTY
        found = values(schema.fields, json.loads(documents.text(row.body)))
        return any(one.type == "file" and value == cid and not hidden(schema.fields, one) for one, _, value in found)

    def copy(self, file: File, disposition: str) -> CopyLink:
        """Where a copy of a large file is read. One call.

        Raises:
            CopyNotReadyError: It is being made.
        """
        return self._stores.copies.link(Address(file.content.tag), file.blob, file.content, disposition)

    def thumb(self, visit: Visit, size: str) -> Content:
        """Let the caller in, and give a thumbnail of a file of a resource, as JPEG. Two calls, one of them S3.

        Raises:
            NoThumbnailError: There is none, not yet or never.
            Refusal: See `file`.
        """
        file = self.file(visit)
        picture = self._stores.thumbs.read(file.blob, size)
        if picture is None:
            raise NoThumbnailError
        tag = f"{file.content.tag}.{size}"
        return Content(tag, len(picture), "image/jpeg", lambda start, stop: picture[start:stop])


def _folder(visit: Visit) -> Folder:
    if visit.target.folder is None:
        raise ValueError("the API itself is no folder")
    return visit.target.folder
