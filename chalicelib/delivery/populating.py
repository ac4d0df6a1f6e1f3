"""Puts resources in the place of the references to them, as far as the caller may read those (spec flux-apis, C.3).

A reference is followed only where its folder is connected to the same API with `get_one`; elsewhere, and where nothing
is published under the key, the key stays.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws
from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.items import Items, system
from chalicelib.delivery.tables import Folder, Table
from chalicelib.members import keys
from chalicelib.models import Schema
from chalicelib.models.fields import Field, hidden
from chalicelib.resources import documents
from chalicelib.resources.tables import PublishedRow

MOST_LEVELS = 3
MOST_BYTES = 4 * 2**20
"""Bytes of documents that one answer may be populated with."""
MOST_REFERENCES = 1_000
"""Different references that one answer may follow."""


@dataclass(slots=True)
class Hops:
    """References to be followed from documents of one folder: by path, what is to be followed in what they lead to."""

    paths: dict[str, "Hops"] = field(default_factory=dict)


@dataclass(slots=True)
class Populating:
    """Populates the items of one answer; `references` may still be followed, and `room` bytes of documents read."""

    items: Items
    table: Table
    references: int = MOST_REFERENCES
    room: int = MOST_BYTES

    def hops(self, folder: Folder, wanted: Sequence[str]) -> Hops:
        """What `populate` asks for, starting from a folder.

        Raises:
            InvalidQueryError: A path does not lead from reference to reference, or over more than three.
        """
        found = Hops()
        for path in wanted:
            self._hop(folder.schema, path.split("."), found, path)
        return found

    def _hop(self, schema: Schema | None, keys: Sequence[str], found: Hops, path: str, level: int = 1) -> None:
        if level > MOST_LEVELS:
            raise InvalidQueryError(f"populate: {path} goes over more than {MOST_LEVELS} references")
        for end in range(1, len(keys) + 1):
            one = schema.by_path.get(".".join(keys[:end])) if schema is not None else None
            if schema is None or one is None or one.type != "reference" or hidden(schema.fields, one):
                continue
            below = found.paths.setdefault(one.path, Hops())
            target = self._target(one)
            if end < len(keys) and target is not None:
                self._hop(target.schema, keys[end:], below, path, level + 1)
            return
        raise InvalidQueryError(f"populate: {path} is no reference")

    def _target(self, one: Field) -> Folder | None:
        folder = self.table.folders.get(str(one.meta.get("folder")))
        # A resource of a strict folder is read below its owner, which a reference does not say.
        return folder if folder is not None and folder.one and not folder.row.strict else None

    def fill(self, folder: Folder, items: Sequence[dict[str, Any]], hops: Hops) -> None:
        """Replace references in the `data` of items, level by level. One call a level and folder, per 25 resources.

        Raises:
            InvalidQueryError: It would take too much.
        """
        if sum(self._grow(folder, items, hops)) > MOST_BYTES:
            raise InvalidQueryError(_TOO_MUCH)

    def _grow(self, folder: Folder, items: Sequence[dict[str, Any]], hops: Hops) -> list[int]:
        """The same; gives by how many bytes each item has grown: what stands in several places counts in each."""
        grown = [0 for _ in items]
        for path, below in hops.paths.items():
            one = folder.schema.by_path[path] if folder.schema is not None else None
            target = self._target(one) if one is not None else None
            if target is None:
                continue
            places = [(at, place) for at, item in enumerate(items) for place in _places(item["data"], path.split("."))]
            read = self._read(target, {place.value for _, place in places})
            sizes = dict(zip(read, self._grow(target, [item for item, _ in read.values()], below), strict=True))
            for at, place in places:
                if (found := read.get(place.value)) is not None:
                    grown[at] += found[1] + sizes[place.value]
                    place.set(found[0])
            if max(grown, default=0) > MOST_BYTES:
                raise InvalidQueryError(_TOO_MUCH)
        return grown

    def _read(self, target: Folder, values: set[str]) -> dict[str, tuple[dict[str, Any], int]]:
        """Resources by their keys, and how long their documents are."""
        wanted = sorted(key for key in values if keys.plausible(key) == key)
        self.references -= len(wanted)
        found: dict[str, tuple[dict[str, Any], int]] = {}
        url = self.items.url(self.table, target, ())
        if self.references < 0:
            raise InvalidQueryError(_TOO_MUCH)
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            for row in aws.batch_get(*(aws.Ref(PublishedRow, target.scope, key) for key in some)):
                if row is None:
                    continue
                text = documents.text(row.body)
                self.room -= len(text)
                if self.room < 0:
                    raise InvalidQueryError(_TOO_MUCH)
                document = self.items.document(target, row, json.loads(text), url)
                found[row.key] = {"_sys": system(row, target), "data": document}, len(text)
        return found


_TOGETHER = 25
"""Documents of one call: they may be long."""
_TOO_MUCH = "populate: too much for one answer: ask for fewer resources"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a reference stands: in an object under a key, or in a list under an index."""

    inside: Any
    at: Any

    @property
    def value(self) -> str:
        return str(self.inside[self.at])

    def set(self, item: Mapping[str, Any]) -> None:
        self.inside[self.at] = item


def _places(inside: Any, keys: Sequence[str]) -> Iterator[_Place]:
    if isinstance(inside, list):
        for one in inside:
            yield from _places(one, keys)
        return
    if not isinstance(inside, dict) or keys[0] not in inside:
        return
    value = inside[keys[0]]
    if len(keys) > 1:
        yield from _places(value, keys[1:])
    elif isinstance(value, list):
        yield from (_Place(value, at) for at, one in enumerate(value) if isinstance(one, str))
    elif isinstance(value, str):
        yield _Place(inside, keys[0])
