"""Finds what an address stands for in an account: a file, a folder, or something in a folder."""

from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs
from chalicelib.drive import manifests, names, paths
from chalicelib.drive.errors import FileNotFoundInAccountError
from chalicelib.drive.manifests import Manifest
from chalicelib.drive.mediatypes import FOLDER_TYPE, media_type
from chalicelib.drive.pins import Pins
from chalicelib.drive.tables import PinRow
from chalicelib.identity import Credential, Identity, Scope


@dataclass(frozen=True, slots=True)
class Address:
    """What a caller names: a pinned CID and, for something in a folder, the path there."""

    cid: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.cid}/{self.path}" if self.path else self.cid


@dataclass(frozen=True, slots=True)
class Found:
    """What an address stands for, ready to be read.

    Attributes:
        address: Where it was found.
        cid: Its own CID.
        size: Its bytes; of a folder, those of its files.
        mimetype: Media type of its first name; of a file in a folder, by its ending.
        offset: Where its bytes begin in the blob; None for a folder.
    """

    address: Address
    cid: str
    size: int
    mimetype: str
    offset: int | None
    pin: PinRow
    blob: BlobRow

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.offset is None


class Finder:
    """Finds, for one caller at a time, on rows read together with those that let the caller in."""

    def __init__(self, blobs: Blobs, identity: Identity) -> None:
        self._blobs = blobs
        self._identity = identity

    def find(self, credential: Credential, address: Address, scope: Scope) -> Found:
        """Let a caller in and find something of theirs. One call.

        Raises:
            FileNotFoundInAccountError: The account has not pinned it, or there is nothing at that path.
            Refusal: See `Identity.admit`.
        """
        pages = manifests.refs(address.cid, address.path) if address.path else []
        admission = self._identity.reads(credential)
        rows = aws.batch_get(*admission, *Pins.refs(credential.zelid, address.cid), *pages)
        self._identity.admit(credential, rows[: len(admission)], scope)
        pin, blob, *found = rows[len(admission) :]
        if pin is None:
            raise FileNotFoundInAccountError
        if not address.path:
            offset = None if pin.folder else 0
            return Found(address, address.cid, int(pin.size), pin.mimetype, offset, pin, blob)
        manifest = manifests.read(found, self._blobs.dek(blob.dek_enc), blob.blob) if pin.folder else {}
        child = manifest.get(address.path)
        if child is None:
            raise FileNotFoundInAccountError
        mimetype = FOLDER_TYPE if child.folder else media_type(None, address.path)
        return Found(address, child.cid, child.size, mimetype, child.offset, pin, blob)

    def below(self, found: Found) -> Manifest:
        """Everything in a folder, by path within it. One call."""
        rows = aws.batch_get(*(aws.Ref(type(row), row.page) for row in manifests.held_rows(found.blob)))
        manifest = manifests.read(rows, self._blobs.dek(found.blob.dek_enc), found.blob.blob)
        return manifests.below(manifest, found.address.path)

    def name(self, found: Found) -> str:
        """What it is called: the first name it was put under, or its own in a folder."""
        if found.address.path:
            return paths.name(found.address.path)
        return names.open_name(self._blobs.dek(found.blob.dek_enc), found.pin.blob, found.pin.name_enc)
