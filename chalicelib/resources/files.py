"""What documents refer to: files of the drive, and other resources. And the pins that publications have of files.

A file that is published is kept by a row of the account's own, once for all publications that use it: it holds the
content, and counts for the quota, until the last of them goes. So removing a file from the drive breaks nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs
from chalicelib.drive.tables import PinRow
from chalicelib.identity import Account, Identity
from chalicelib.members import keys
from chalicelib.models.errors import misfit
from chalicelib.models.fields import values
from chalicelib.models.schema import Schema
from chalicelib.models.tables import scope
from chalicelib.resources.documents import Document
from chalicelib.resources.tables import ResourceRow, UseRow

MOST_FILES = 20
"""Files of one document: each takes steps of the transaction that publishes it."""
MOST_REFERENCES = 100


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a document names: JSON path by CID of a file, and by folder and key of a resource."""

    files: Mapping[str, str]
    resources: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Held:
    """A file that a publication may use: as the account has it pinned, as publications use it, and its content."""

    cid: str
    pin: PinRow | None
    use: UseRow | None
    blob: BlobRow

    def shown(self) -> dict[str, Any]:
        """What a published resource keeps of it, so that a list reads nothing else."""
        named = self.pin if self.pin is not None else self.use
        if named is None:
            raise ValueError("neither pinned nor used")
        return {
            "name_enc": named.name_enc,
            "dek_enc": self.blob.dek_enc,
            "blob": self.blob.blob,
            "size": int(named.size),
            "mimetype": named.mimetype,
        }


def mentions(schema: Schema, document: Document) -> Mentions:
    """What a document names.

    Raises:
        DataInvalidError: More than 20 files, or 100 resources.
    """
    files: dict[str, str] = {}
    resources: dict[tuple[str, str], str] = {}
    for one, path, value in values(schema.fields, document):
        if one.type == "file":
            files.setdefault(value, path)
        elif one.type == "reference":
            resources.setdefault((one.meta["folder"], value), path)
    if len(files) > MOST_FILES:
        raise misfit("$", f"it names {len(files)} files, and may name {MOST_FILES}")
    if len(resources) > MOST_REFERENCES:
        raise misfit("$", f"it refers to {len(resources)} resources, and may refer to {MOST_REFERENCES}")
    return Mentions(files, resources)


def check_refs(account: str, environment: str, named: Mentions) -> list[aws.Ref]:
    """The rows that tell whether what is named is there, for `check`."""
    files = [ref for cid in named.files for ref in (aws.Ref(PinRow, account, cid), aws.Ref(UseRow, account, cid))]
    # A document may name what is no key at all.
    others = [
        aws.Ref(ResourceRow, scope(environment, keys.plausible(folder)), keys.plausible(key))
        for folder, key in named.resources
    ]
    return [*files, *others]


def check(named: Mentions, rows: Sequence[object]) -> None:
    """Refuse a document that names what is not there.

    Raises:
        DataInvalidError: A file that the account does not hold, or a resource that there is not.
    """
    pairs = zip(rows[: 2 * len(named.files) : 2], rows[1 : 2 * len(named.files) : 2], strict=True)
    for path, (pin, use) in zip(named.files.values(), pairs, strict=True):
        _require_file(path, pin, use)
    for path, row in zip(named.resources.values(), rows[2 * len(named.files) :], strict=True):
        if row is None:
            raise misfit(path, "no such resource in the folder it refers to")


def _require_file(path: str, pin: object, use: object) -> None:
    if isinstance(pin, PinRow) and pin.folder:
        raise misfit(path, "a folder, and no file")
    if pin is None and use is None:
        raise misfit(path, "no file of the account: put it on the drive first")


def refs(account: str, cids: Iterable[str]) -> list[aws.Ref]:
    """The rows of files, for `held`."""
    return [
        ref
        for cid in cids
        for ref in (aws.Ref(PinRow, account, cid), aws.Ref(UseRow, account, cid), aws.Ref(BlobRow, cid))
    ]


def held(named: Mapping[str, str], rows: Sequence[object]) -> dict[str, Held]:
    """Files with their rows, as `refs` gave them; `named` are their paths by CID.

    Raises:
        DataInvalidError: The account holds one of them no longer.
    """
    found = {}
    for (cid, path), at in zip(named.items(), range(0, len(rows), 3), strict=True):
        pin, use, blob = rows[at : at + 3]
        _require_file(path, pin, use)
        blobs = {row.blob for row in (pin, use) if isinstance(row, (PinRow, UseRow))}
        if not isinstance(blob, BlobRow) or blobs != {blob.blob}:
            # Removed, and perhaps put again, between the reads of one batch.
            raise aws.StaleError
        found[cid] = Held(cid, pin if isinstance(pin, PinRow) else None, use if isinstance(use, UseRow) else None, blob)
    return found


class Uses:
    """The steps that take and give back uses."""

    def __init__(self, blobs: Blobs, identity: Identity) -> None:
        self._blobs = blobs
        self._identity = identity

    def keep(self, tx: aws.Transaction, files: Iterable[Held]) -> None:
        """Step: a publication uses these files already; their wrapped keys, which it copies, are as they were read."""
        for one in files:
            self._blobs.confirm(tx, one.blob)

    def take(self, tx: aws.Transaction, account: Account, files: Iterable[Held]) -> None:
        """Step: one publication more uses each of these files. Two steps a file, and one for the account.

        Raises:
            CapacityExceededError: The plan does not hold those that nothing published has used so far; raised by the
                commit, too.
        """
        cost = 0
        for one in files:
            bare = UseRow(account=account.zelid, cid=one.cid)
            if one.use is not None:
                tx.update(bare, [UseRow.uses.set(UseRow.uses + 1)])
                self._blobs.confirm(tx, one.blob)
                continue
            kept = {name: value for name, value in one.shown().items() if name != "dek_enc"}
            tx.create(UseRow(account=account.zelid, cid=one.cid, **kept))
            self._blobs.hold(tx, one.blob)
            cost += int(one.shown()["size"])
        # Before index rows are written, which may take several transactions.
        self._identity.require_room(account, cost)
        self._identity.spend(tx, account, cost)

    def give_back(self, tx: aws.Transaction, account: str, cids: Sequence[str]) -> None:
        """Step: one publication less uses each of these files. One call; up to three steps a file, and one more."""
        wanted = [ref for cid in cids for ref in (aws.Ref(UseRow, account, cid), aws.Ref(BlobRow, cid))]
        rows = aws.batch_get(*wanted) if wanted else []
        freed = 0
        for use, blob in zip(rows[::2], rows[1::2], strict=True):
            if use is None:
                # The check of the books has set right what was lost.
                continue
            bare = UseRow(account=account, cid=use.cid)
            if use.uses > 1:
                tx.update(bare, [UseRow.uses.set(UseRow.uses - 1)], UseRow.uses > 1)
                continue
            tx.delete(bare, UseRow.uses == 1)
            freed += int(use.size)
            if blob is not None:
                self._blobs.release(tx, blob)
        self._identity.give_back(tx, account, freed)
