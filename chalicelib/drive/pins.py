"""The steps that add names to an account's list and take them away, each with all that hangs on it.

A name is an entry and a record; the first name of a content is also its pin and a reference to its blob. They come and
go in one transaction, so that list, totals, references and quota always say the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, Fresh
from chalicelib.drive import names
from chalicelib.drive.errors import TooManyNamesError
from chalicelib.drive.tables import EntryRow, ManifestRow, PinRow
from chalicelib.identity import Identity
from chalicelib.metadata import Metadata, ids
from chalicelib.metadata.service import NewRecord

OWNER = "drive"
"""What the drive's records are held by."""
MOST_NAMES = 40
"""Names one account may hold one content under: all of them must go in one transaction."""
THUMBS_MADE = "made"
"""What a blob's row says once its thumbnails stand beside it."""


@dataclass(slots=True)
class Content:
    """One content of a put: what is known of it, and the names that are new.

    Attributes:
        cid: Its address.
        size: Its bytes.
        pin: The account's pin, if it has one.
        held: The content as it stands or was just written; None while it is neither.
        new: Media type by name, for each name that the account does not hold yet.
        again: Orders of the names that are put again, if a batch may have placed them.
        folder: Whether it is a folder.
        pages: A folder's manifest, if it was just written.
    """

    cid: str
    size: int
    pin: PinRow | None
    held: BlobRow | Fresh | None
    new: dict[str, str] = field(default_factory=dict)
    again: Sequence[str] = ()
    folder: bool = False
    pages: Sequence[ManifestRow] = ()

    @property
    def cost(self) -> int:
        """Bytes the account will use more."""
        return self.size * len(self.new)

    @property
    def has_thumbs(self) -> bool:
        """Whether its thumbnails are made."""
        return isinstance(self.held, BlobRow) and self.held.thumbs == THUMBS_MADE


def unchanged(pin: PinRow) -> Condition:
    """That a pin is still as it was read. One that went and came back is told by the transaction that made it."""
    condition: Condition = (PinRow.revision == pin.revision) & (PinRow.tx == pin.tx)
    return condition


class Pins:
    """Steps over the rows of pins and entries, and of the domains below."""

    def __init__(self, blobs: Blobs, metadata: Metadata, identity: Identity) -> None:
        self._blobs = blobs
        self._metadata = metadata
        self._identity = identity

    def dek(self, held: BlobRow | Fresh) -> bytes:
        """The DEK of a content in the clear."""
        return held.dek if isinstance(held, Fresh) else self._blobs.dek(held.dek_enc)

    def leave_out_known(self, content: Content) -> None:
        """Take from the new names of a content those that the account holds it under already; see also `keep`.

        Raises:
            TooManyNamesError: The account would hold it under more than 40 names.
        """
        known = content.pin.names if content.pin is not None else {}
        if known:
            if content.held is None:
                raise RuntimeError("a pin whose blob has no row")
            dek = self.dek(content.held)
            digests = {name: names.digest(dek, name) for name in content.new}
            if content.pin is not None and content.pin.batched:
                content.again = [known[digest] for digest in digests.values() if digest in known]
            content.new = {name: kind for name, kind in content.new.items() if digests[name] not in known}
        if len(known) + len(content.new) > MOST_NAMES:
            raise TooManyNamesError

    def add(self, tx: aws.Transaction, zelid: str, contents: Sequence[Content], batch: str | None = None) -> None:
        """Step: add the new names of `contents`, all of which are held by now. Quota is the caller's."""
        lines = [line for content in contents for line in self._lines(zelid, content, batch)]
        flagged = {content.cid for content in contents if content.has_thumbs}
        new = [_record(row, thumbs=row.cid in flagged) for _, row in lines]
        records = self._metadata.add(tx, zelid, new, held_by=OWNER)
        named: dict[str, dict[str, EntryRow]] = {}
        for (digest, row), record in zip(lines, records, strict=True):
            row.order, row.timestamp = record.order, ids.moment(record.order)
            tx.create(row)
            named.setdefault(row.cid, {})[digest] = row
        for content in contents:
            self._pin(tx, zelid, content, named[content.cid], batched=batch is not None)

    def _lines(self, zelid: str, content: Content, batch: str | None) -> list[tuple[str, EntryRow]]:
        held = content.held
        if held is None:
            raise ValueError("content must be held before it is named")
        dek = self.dek(held)
        return [
            (
                names.digest(dek, name),
                EntryRow(
                    account=zelid,
                    cid=content.cid,
                    blob=held.blob,
                    name_enc=names.seal_name(dek, held.blob, name),
                    dek_enc=held.dek_enc,
                    size=content.size,
                    mimetype=mimetype,
                    folder=content.folder or None,
                    batch=batch,
                ),
            )
            for name, mimetype in content.new.items()
        ]

    def _pin(
        self, tx: aws.Transaction, zelid: str, content: Content, entries: dict[str, EntryRow], *, batched: bool
    ) -> None:
        orders = {digest: row.order for digest, row in entries.items()}
        pin = content.pin
        if pin is not None:
            actions = [PinRow.names.set({**pin.names, **orders}), PinRow.revision.set(pin.revision + 1)]
            if batched:
                actions.append(PinRow.batched.set(True))
            tx.update(PinRow(account=zelid, cid=pin.cid), actions, unchanged(pin))
            if isinstance(content.held, BlobRow):
                self._blobs.confirm(tx, content.held)
            return
        first = next(iter(entries.values()))
        tx.create(
            PinRow(
                account=zelid,
                cid=content.cid,
                blob=first.blob,
                size=content.size,
                name_enc=first.name_enc,
                mimetype=first.mimetype,
                folder=first.folder,
                batched=batched or None,
                names=orders,
            )
        )
        if content.held is not None:
            self._blobs.hold(tx, content.held, len(content.pages) or None)
        for page in content.pages:
            tx.create(page)

    @staticmethod
    def keep(tx: aws.Transaction, content: Content) -> None:
        """Step: names put again are no longer of the batch that placed them, so that its undoing leaves them."""
        pin = content.pin
        if pin is None or not content.again:
            return
        actions: list[Action] = [PinRow.revision.set(pin.revision + 1)]
        if set(content.again) == set(pin.names.values()):
            actions.append(PinRow.batched.remove())
        tx.update(PinRow(account=pin.account, cid=pin.cid), actions, unchanged(pin))
        for order in content.again:
            tx.update(EntryRow(account=pin.account, order=order), [EntryRow.batch.remove()])

    def remove(
        self, tx: aws.Transaction, pin: PinRow, blob: BlobRow | None, orders: Collection[str] | None = None
    ) -> None:
        """Step: take names away, give their bytes back, and with the last name let the content go.

        Args:
            tx: The transaction this becomes part of.
            pin: The account's pin as it was read.
            blob: The content's row as it was read; None where the books have lost it.
            orders: Entries to take away; all of them if None.
        """
        kept = {digest: order for digest, order in pin.names.items() if orders is not None and order not in orders}
        gone = [order for order in pin.names.values() if order not in kept.values()]
        for order in gone:
            tx.delete(EntryRow(account=pin.account, order=order))
        self._metadata.remove(tx, pin.account, ((order, int(pin.size)) for order in gone))
        self._identity.give_back(tx, pin.account, int(pin.size) * len(gone))
        if kept:
            actions = [PinRow.names.set(kept), PinRow.revision.set(pin.revision + 1)]
            tx.update(PinRow(account=pin.account, cid=pin.cid), actions, unchanged(pin))
            return
        tx.delete(pin, unchanged(pin))
        if blob is not None:
            self._blobs.release(tx, blob)

    @staticmethod
    def refs(zelid: str, cid: str) -> tuple[aws.Ref, aws.Ref]:
        """The rows of a content: the account's pin and the blob."""
        return aws.Ref(PinRow, zelid, cid), aws.Ref(BlobRow, cid)


def _record(row: EntryRow, *, thumbs: bool) -> NewRecord:
    """The record of an entry in the metadata service."""
    facts = (row.name_enc, int(row.size), row.mimetype, row.dek_enc)
    return NewRecord(*facts, mobile=thumbs, web=thumbs, web_pre=thumbs)
