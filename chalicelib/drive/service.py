"""The drive's calls: put, list, read, remove, status (seed 001)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs
from chalicelib.drive import names, tables
from chalicelib.drive.errors import FileNotFoundInAccountError
from chalicelib.drive.pins import Pins
from chalicelib.drive.putting import Incoming, Putter, Stored
from chalicelib.drive.tables import EntryRow, PinRow
from chalicelib.identity import Account, Credential, Identity, Scope

MOST_LISTED = 10_000
"""Entries of a list without paging arguments."""
MOST_LIST_BYTES = 4_000_000
"""Bytes of such a list, roughly: base64 and all, an answer of Lambda holds 4.4 million."""
_LINE_BYTES = 200
"""What a line of a list takes beside its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of an account, ready to be read.

    Attributes:
        cid: Its address.
        size: Its bytes.
        mimetype: Media type of its first name.
    """

    cid: str
    size: int
    mimetype: str
    pin: PinRow
    blob: BlobRow


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of an account's list; `timestamp` in milliseconds since the epoch."""

    cid: str
    name: str
    size: int
    mimetype: str
    timestamp: int
    order: str

    @property
    def weight(self) -> int:
        """About how many bytes of JSON it takes; a quote or a backslash takes two."""
        return _LINE_BYTES + len(self.mimetype) + len(json.dumps(self.name, ensure_ascii=False).encode())


class Drive:
    """The drive of one process. Each call begins with a credential, judged on rows read together with its own."""

    def __init__(self, blobs: Blobs, pins: Pins, identity: Identity, max_file_bytes: int) -> None:
        self._blobs = blobs
        self._identity = identity
        self._pins = pins
        self._putter = Putter(blobs, pins, identity, max_file_bytes)

    def enter(self, credential: Credential, scope: Scope | None) -> Account:
        """Let a caller in. One call. Raises what `Identity.admit` does."""
        return self._identity.admit(credential, aws.batch_get(*self._identity.reads(credential)), scope)

    def put(self, account: Account, files: Sequence[Incoming]) -> list[Stored]:
        """Store files; see `Putter.put`."""
        return self._putter.put(account.zelid, files)

    def find(self, credential: Credential, cid: str, scope: Scope = "read") -> Found:
        """Let a caller in and find a file of theirs. One call.

        Raises:
            FileNotFoundInAccountError: The account has not pinned it.
            Refusal: See `Identity.admit`.
        """
        *rows, pin, blob = aws.batch_get(*self._identity.reads(credential), *self._pins.refs(credential.zelid, cid))
        self._identity.admit(credential, rows, scope)
        if pin is None:
            raise FileNotFoundInAccountError
        return Found(cid, int(pin.size), pin.mimetype, pin, blob)

    def read(self, found: Found) -> bytes:
        """The content of a file. One S3 call per 8 MiB."""
        return self._blobs.read(found.blob)

    def name(self, found: Found) -> str:
        """The first name of a file."""
        return names.open_name(self._blobs.dek(found.blob.dek_enc), found.pin.blob, found.pin.name_enc)

    @aws.retry_stale
    def remove(self, credential: Credential, cid: str) -> None:
        """Remove a file with all its names. One read and one transaction.

        Raises:
            FileNotFoundInAccountError: The account has not pinned it.
            Refusal: See `Identity.admit`.
        """
        found = self.find(credential, cid, "delete")
        with aws.transaction() as tx:
            self._pins.remove(tx, found.pin, found.blob)

    def listing(self, account: Account, size: int | None, after: str | None) -> tuple[list[Listed], str | None]:
        """A part of the account's list, newest first, and the position of the next one (None at the end).

        Args:
            account: Whose list.
            size: Most entries, in one call; None for all that an answer holds, one call per MiB of rows.
            after: Position from an earlier part.
        """
        lines, following = self._page(account, size, after)
        if size is not None:
            return lines, following
        weight = 0
        kept: list[Listed] = []
        while True:
            for line in lines:
                weight += line.weight
                if kept and (len(kept) == MOST_LISTED or weight > MOST_LIST_BYTES):
                    return kept, kept[-1].order
                kept.append(line)
            if following is None:
                return kept, None
            lines, following = self._page(account, None, following)

    def _page(self, account: Account, size: int | None, after: str | None) -> tuple[list[Listed], str | None]:
        rows, following = tables.page_of_entries(account.zelid, size, after)
        deks: dict[str, bytes] = {}
        return [self._listed(row, deks) for row in rows], following

    def _listed(self, row: EntryRow, deks: dict[str, bytes]) -> Listed:
        if row.dek_enc not in deks:
            deks[row.dek_enc] = self._blobs.dek(row.dek_enc)
        name = names.open_name(deks[row.dek_enc], row.blob, row.name_enc)
        return Listed(row.cid, name, int(row.size), row.mimetype, int(row.timestamp), row.order)
