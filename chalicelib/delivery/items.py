"""What is shown of a resource: its system fields, and its document as far as it is to be seen (spec flux-apis, C.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.blobs import Blobs
from chalicelib.delivery import paths
from chalicelib.delivery.queries import Shown
from chalicelib.delivery.tables import Folder, Table
from chalicelib.drive import names
from chalicelib.drive.thumbs import MOST_BYTES, TYPES
from chalicelib.models import Schema
from chalicelib.models.fields import Field
from chalicelib.resources.tables import PublishedRow
from chalicelib.web.management import moment

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Items:
    """Shows resources, with absolute links that begin with `base_url`."""

    blobs: Blobs
    base_url: str

    def url(self, table: Table, folder: Folder, owners: Sequence[tuple[str, str]]) -> str:
        """Where a folder is read, below these owners."""
        way = paths.text(folder.template, {key: quote(owner, safe="") for key, owner in owners})
        return f"{self.base_url.rstrip('/')}/flux/{table.environment.key}/{table.api.prefix}/{way}"

    def name(self, kept: Mapping[str, Any]) -> str:
        """The name of a file, from what a published resource keeps of it."""
        return names.open_name(self.blobs.dek(kept["dek_enc"]), kept["blob"], kept["name_enc"])

    def document(self, folder: Folder, row: PublishedRow, document: Document, url: str) -> dict[str, Any]:
        """A document without its private fields, and its files as what they are and where they are read.

        Args:
            folder: What it is in.
            row: What it is of.
            document: As it was published.
            url: Where its folder is read.
        """
        if folder.schema is None:
            return {}
        return _shown(folder.schema, None, document, _Files(self, row, f"{url}/{row.key}"))


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one resource, at `url`."""

    items: Items
    row: PublishedRow
    url: str

    def show(self, cid: str) -> dict[str, Any] | None:
        """What a file is and where it is read; None for one that was not published with it."""
        kept = (self.row.files or {}).get(cid)
        if kept is None:
            return None
        drawn = kept["mimetype"] in TYPES and kept["size"] < MOST_BYTES
        return {
            "hash": cid,
            "name": self.items.name(kept),
            "size": kept["size"],
            "mimetype": kept["mimetype"],
            "url": f"{self.url}/_files/{cid}",
            "thumb_url": f"{self.url}/_thumbs/{cid}" if drawn else None,
        }


def system(row: PublishedRow, folder: Folder) -> dict[str, Any]:
    """The system fields of a resource."""
    return {
        "key": row.key,
        "created_at": moment(row.created),
        "updated_at": moment(row.published),
        "folder": folder.row.key,
    }


def narrow(item: dict[str, Any], folder: Folder, shown: Shown) -> dict[str, Any]:
    """An item with the fields that are asked for alone, and its texts cut off where that is asked for."""
    data = item["data"]
    if shown.fields is not None:
        item["data"] = data = _only(data, shown.fields)
    if shown.truncate is not None and folder.schema is not None:
        cut: list[dict[str, Any]] = []
        item["data"] = _truncated(folder.schema, None, data, shown.truncate, cut)
        item["_sys"]["truncated"] = cut
    return item


def _fields(schema: Schema, parent: str | None) -> dict[str, Field]:
    return {one.key: one for one in schema.fields if one.parent == parent and not one.private}


def _shown(schema: Schema, parent: str | None, document: Document, files: _Files) -> dict[str, Any]:
    known = _fields(schema, parent)

    def show(field: Field, value: Any) -> Any:
        if isinstance(value, list):
            return [show(field, one) for one in value]
        if isinstance(value, Mapping):
            return _shown(schema, field.path, value, files)
        return files.show(value) if field.type == "file" and isinstance(value, str) else value

    # What an earlier version of the schema had, and this one has not, is not known to be public.
    return {key: show(known[key], value) for key, value in document.items() if key in known}


def _only(data: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """The parts of a document that lie on the paths that are wanted."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        below = [path.partition(".")[2] for path in wanted if path.partition(".")[0] == key]
        if not below:
            continue
        if "" in below:
            found[key] = value
        elif isinstance(value, Mapping):
            found[key] = _only(value, below)
        elif isinstance(value, list):
            found[key] = [_only(one, below) for one in value if isinstance(one, Mapping)]
    return found


def _truncated(
    schema: Schema, parent: str | None, data: Document, most: int, cut: list[dict[str, Any]]
) -> dict[str, Any]:
    known = _fields(schema, parent)

    def shorten(field: Field, value: Any) -> Any:
        if isinstance(value, list):
            return [shorten(field, one) for one in value]
        if field.type in {"object", "array"} and isinstance(value, Mapping):
            return _truncated(schema, field.path, value, most, cut)
        if field.type in {"string", "text"} and isinstance(value, str) and len(value) > most:
            cut.append({"field": field.path, "locale": None, "original_length": len(value)})
            return value[:most]
        return value

    return {key: shorten(known[key], value) if key in known else value for key, value in data.items()}
