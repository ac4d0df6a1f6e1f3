"""The drive's calls: put, putfolder, list, read, remove, status, thumb (seed 001)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib import aws
from chalicelib.blobs import Blobs
from chalicelib.drive import putting
from chalicelib.drive.copies import Copies, CopyLink
from chalicelib.drive.errors import (
    HashIsFileError,
    HashIsFolderError,
    NoThumbnailError,
)
from chalicelib.drive.finding import Address, Finder, Found
from chalicelib.drive.listing import Lister, Part, Place
from chalicelib.drive.pins import Pins
from chalicelib.drive.placing import Placer
from chalicelib.drive.putting import Incoming, Stored, StoredFolder
from chalicelib.drive.tars import TYPE as TAR
from chalicelib.drive.tars import Tar
from chalicelib.drive.thumbs import Thumbs
from chalicelib.identity import Account, Credential, Identity, Scope
from chalicelib.web.errors import Refusal
from chalicelib.web.serving import Content

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Beside:
    """What workers make beside requests."""

    thumbs: Thumbs
    copies: Copies


class Drive:
    """The drive of one process. Each call begins with a credential, judged on rows read together with its own."""

    def __init__(self, blobs: Blobs, pins: Pins, identity: Identity, beside: Beside, max_file_bytes: int) -> None:
        self._blobs = blobs
        self._identity = identity
        self._pins = pins
        self._thumbs = beside.thumbs
        self._copies = beside.copies
        self._max_file_bytes = max_file_bytes
        self._placer = Placer(blobs, pins, identity, beside.thumbs)
        self._finder = Finder(blobs, identity)
        self._lister = Lister(blobs, self._finder)

    def enter(self, credential: Credential, scope: Scope | None) -> Account:
        """Let a caller in. One call. Raises what `Identity.admit` does."""
        return self._identity.admit(credential, aws.batch_get(*self._identity.reads(credential)), scope)

    def put(self, credential: Credential, files: Sequence[Incoming]) -> list[Stored]:
        """Let a caller in and store files. At most 3 calls for one small file, one of them S3.

        Raises:
            Refusal: See `putting.files` and `Placer.place`.
        """
        stored, arrivals = self._judged(lambda: putting.files(files, self._max_file_bytes), credential)
        drawn = self._placer.place(credential, arrivals)
        return [replace(one, thumbs=drawn[one.cid]) for one in stored]

    def put_folder(self, credential: Credential, files: Sequence[Incoming], name: str | None) -> StoredFolder:
        """Let a caller in and store files as one folder. At most 3 calls up to 8 MiB, one of them S3.

        Raises:
            Refusal: See `putting.folder` and `Placer.place`.
        """
        stored, arrival = self._judged(lambda: putting.folder(files, self._max_file_bytes, name), credential)
        self._placer.place(credential, [arrival])
        return stored

    def _judged(self, look: Callable[[], T], credential: Credential) -> T:
        """What files are; what is wrong with them is told only to those who are let in."""
        try:
            return look()
        except Refusal:
            self.enter(credential, "write")
            raise

    def find(self, credential: Credential, address: Address, scope: Scope = "read") -> Found:
        """Let a caller in and find something of theirs. One call. Raises what `Finder.find` does."""
        return self._finder.find(credential, address, scope)

    def content(self, found: Found) -> Content:
        """The content of a file. Reading it takes one S3 call per 8 MiB.

        Raises:
            HashIsFolderError: It is a folder.
        """
        if found.offset is None:
            raise HashIsFolderError
        begin = found.offset
        return Content(
            tag=found.cid,
            size=found.size,
            mimetype=found.mimetype,
            read=lambda start, stop: self._blobs.read(found.blob, begin + start, begin + stop),
        )

    def download(self, found: Found) -> tuple[Content, str]:
        """What to save, and under which name: a file as it is, a folder as a tar. One call for a folder."""
        name = self._finder.name(found)
        if not found.folder:
            return self.content(found), name
        tar = Tar(found.cid, self._finder.below(found))

        def fetch(start: int, stop: int) -> bytes:
            return self._blobs.read(found.blob, start, stop)

        return Content(
            tag=f"{found.cid}.tar",
            size=tar.size,
            mimetype=TAR,
            read=lambda start, stop: tar.read(start, stop, fetch, apart=bool(found.blob.spread)),
        ), f"{name}.tar"

    def copy(self, found: Found, content: Content, disposition: str | None) -> CopyLink:
        """Where a copy of large content is read. One call.

        Raises:
            CopyNotReadyError: It is being made.
        """
        return self._copies.link(found.address, found.blob, content, disposition)

    def thumb(self, found: Found, size: str) -> Content:
        """A thumbnail of a file, as JPEG. One S3 call.

        Raises:
            NoThumbnailError: There is none, not yet or never.
        """
        picture = None if found.address.path else self._thumbs.read(found.blob, size)
        if picture is None:
            raise NoThumbnailError
        return Content(
            tag=f"{found.cid}.{size}",
            size=len(picture),
            mimetype="image/jpeg",
            read=lambda start, stop: picture[start:stop],
        )

    @aws.retry_stale
    def remove(self, credential: Credential, cid: str) -> None:
        """Remove a file or folder with all its names. One read and one transaction.

        Raises:
            FileNotFoundInAccountError: The account has not pinned it.
            Refusal: See `Identity.admit`.
        """
        found = self.find(credential, Address(cid), "delete")
        with aws.transaction() as tx:
            self._pins.remove(tx, found.pin, found.blob)

    def listing(self, account: Account, place: Place) -> Part:
        """A part of an account's list, newest first; see `Lister.account`."""
        return self._lister.account(account.zelid, place)

    def inside(self, found: Found, place: Place) -> Part:
        """A part of what stands directly in a folder, by name. One call.

        Raises:
            HashIsFileError: It is a file.
        """
        if not found.folder:
            raise HashIsFileError
        return self._lister.folder(found, place)
