"""Lists: of an account, newest first, and of what stands in a folder, by name."""

import json
from bisect import bisect_right
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import Blobs
from chalicelib.drive import manifests, names, tables
from chalicelib.drive.finding import Finder, Found
from chalicelib.drive.mediatypes import FOLDER_TYPE, media_type
from chalicelib.drive.tables import EntryRow
from chalicelib.metadata import ids

MOST_LISTED = 10_000
"""Entries of a list without paging arguments, and how far a jump to a page may go."""
MOST_LIST_BYTES = 4_000_000
"""Bytes of such a list, roughly: base64 and all, an answer of Lambda holds 4.4 million."""
_LINE_BYTES = 200
"""What a line of a list takes beside its name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of a list is wanted.

    Attributes:
        size: Most entries; None for all that an answer holds.
        after: Position from an earlier part.
        skip: Entries to leave out before it; at most `MOST_LISTED`.
    """

    size: int | None = None
    after: str | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list; `timestamp` in milliseconds since the epoch, `position` where it stands."""

    cid: str
    name: str
    size: int
    mimetype: str
    timestamp: int
    folder: bool
    position: str

    @property
    def weight(self) -> int:
        """About how many bytes of JSON it takes; a quote or a backslash takes two."""
        return _LINE_BYTES + len(self.mimetype) + len(json.dumps(self.name, ensure_ascii=False).encode())


Part = tuple[list[Listed], str | None]
"""Lines, and the position of the next one's (None at the end)."""


class Lister:
    """Lists of one process. No list calls S3; a key generation that is not at hand costs one call of KMS."""

    def __init__(self, blobs: Blobs, finder: Finder) -> None:
        self._blobs = blobs
        self._finder = finder

    def account(self, zelid: str, place: Place) -> Part:
        """A part of an account's list. One call with a size, one per MiB of rows without; a jump adds as many."""
        after = place.after
        if place.skip:
            after, more = aws.position_after(EntryRow, zelid, place.skip)
            if not more:
                return [], None
        lines, following = self._page(zelid, place.size, after)
        if place.size is not None:
            return lines, following
        kept: list[Listed] = []
        weight = 0
        while True:
            for line in lines:
                weight += line.weight
                if kept and (len(kept) == MOST_LISTED or weight > MOST_LIST_BYTES):
                    return kept, kept[-1].position
                kept.append(line)
            if following is None:
                return kept, None
            lines, following = self._page(zelid, None, following)

    def folder(self, found: Found, place: Place) -> Part:
        """A part of what stands directly in a folder. One call."""
        lines = self._children(found)
        start = bisect_right([line.position.encode() for line in lines], place.after.encode()) if place.after else 0
        kept: list[Listed] = []
        weight = 0
        for line in lines[start + place.skip :]:
            weight += line.weight
            if kept and (len(kept) == (place.size or MOST_LISTED) or weight > MOST_LIST_BYTES):
                return kept, kept[-1].position
            kept.append(line)
        return kept, None

    def _children(self, found: Found) -> list[Listed]:
        moment = min(ids.moment(order) for order in found.pin.names.values())
        return [
            Listed(
                cid=child.cid,
                name=name,
                size=child.size,
                mimetype=FOLDER_TYPE if child.folder else media_type(None, name),
                timestamp=moment,
                folder=child.folder,
                position=name,
            )
            for name, child in manifests.children(self._finder.below(found), "")
        ]

    def _page(self, zelid: str, size: int | None, after: str | None) -> Part:
        rows, following = tables.page_of_entries(zelid, size, after)
        deks: dict[str, bytes] = {}
        return [self._listed(row, deks) for row in rows], following

    def _listed(self, row: EntryRow, deks: dict[str, bytes]) -> Listed:
        if row.dek_enc not in deks:
            deks[row.dek_enc] = self._blobs.dek(row.dek_enc)
        return Listed(
            cid=row.cid,
            name=names.open_name(deks[row.dek_enc], row.blob, row.name_enc),
            size=int(row.size),
            mimetype=row.mimetype,
            timestamp=int(row.timestamp),
            folder=bool(row.folder),
            position=row.order,
        )
