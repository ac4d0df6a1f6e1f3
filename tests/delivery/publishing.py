"""Publishes past management: the rows of published resources and of their index, as publishing leaves them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.models import Schema
from chalicelib.models.fields import Field
from chalicelib.models.tables import scope
from chalicelib.resources import documents, indexing
from chalicelib.resources.indexing import Publication
from chalicelib.resources.tables import IndexRow, PublishedRow, place
from tests.delivery.visiting import Site

MOMENT = 1_700_000_000
_TOGETHER = 25


def schema(fields: Iterable[Mapping[str, Any]]) -> Schema:
    """A schema of fields as `tests.support.managing.field` makes them."""
    return Schema("v", tuple(Field(**{"name": one["key"], **one}) for one in fields))


@dataclass(frozen=True)
class Shelf:
    """Where resources of a schema are published: `folder` is the folder's scope."""

    folder: str
    schema: Schema
    owner: str | None = None

    @classmethod
    def of(cls, site: Site, folder: str, fields: Iterable[Mapping[str, Any]]) -> "Shelf":
        """The one of a site's folder."""
        return cls(scope(site.me.env, folder), schema(fields))

    @property
    def place(self) -> str:
        return place(self.folder, self.owner)

    def rows(
        self, key: str, document: Mapping[str, Any], *, revision: str = "r1", moment: int = MOMENT, **more: Any
    ) -> list[aws.Table]:
        """The row of a published resource, and its index rows; `more` are attributes of the former."""
        packed, _ = documents.pack(document)
        index = self.index(key, document, revision, moment)
        for row in index:
            row.size = len(packed)
        facts = {"version": self.schema.version, "created": moment, "published": moment, **more}
        return [PublishedRow(place=self.place, key=key, revision=revision, body=packed, **facts), *index]

    def index(
        self, key: str, document: Mapping[str, Any], revision: str = "r1", moment: int = MOMENT
    ) -> list[IndexRow]:
        """The index rows alone."""
        return indexing.rows(self.schema, document, Publication(self.folder, self.owner, key, revision, moment))

    def put(self, documents_by_key: Mapping[str, Mapping[str, Any]], **more: Any) -> None:
        """Publish documents under keys."""
        write([row for key, document in documents_by_key.items() for row in self.rows(key, document, **more)])


def write(rows: Sequence[aws.Table]) -> None:
    """Write rows, 25 a call; of those with one key, the last one stays."""
    last = list({(type(row), repr(row.row_key())): row for row in rows}.values())
    for start in range(0, len(last), _TOGETHER):
        requests: dict[str, list[Any]] = {}
        for row in last[start : start + _TOGETHER]:
            requests.setdefault(type(row).physical_name(), []).append({"PutRequest": {"Item": row.serialize()}})
        left: dict[str, Any] = requests
        while left:
            left = aws.current().dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
