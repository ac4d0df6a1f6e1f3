"""Upload sessions: begun, asked about, completed, aborted. What happens to parts is `processing`'s.

    open ── complete ──> processing ── the last part ──> done
      │                      │
      └── abort, expiry ─────┴── a part that changed, another address than declared ──> aborted, failed

Bytes are reserved in the transaction that opens an upload, and are the file's, or given back, in the one that ends it.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib import aws
from chalicelib.blobs import Blobs, staging
from chalicelib.blobs.staging import In
from chalicelib.drive import names, paths
from chalicelib.drive.errors import FileTooLargeError, FolderTooLargeError, InvalidHashError, NoFileError
from chalicelib.drive.mediatypes import FOLDER_TYPE, media_type
from chalicelib.drive.putting import Stored, StoredFolder, check_name
from chalicelib.identity import Account, Credential, Identity, Scope
from chalicelib.ipfs import InvalidCid, parse_cid
from chalicelib.jobs import Jobs, Message
from chalicelib.uploads import filelists, plan, tables
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.errors import PartsMissingError, TooManyPartsError, UploadEndedError, UploadNotFoundError
from chalicelib.uploads.plan import Declared, Part
from chalicelib.uploads.tables import DONE, OPEN, PROCESSING, UploadRow

JOB = "part"
MOST_LINKS = 1_000
"""Links of one answer: more would not fit one of Lambda's; `upload/status` gives the others."""
MOST_NAMED = 100
"""Missing parts that an error names."""
STALLED_SECONDS = 60
"""How long processing may stand still before a repeated `complete` sends its messages again."""


@dataclass(frozen=True, slots=True)
class Link:
    """A part, whether it is in, and where it goes if it is not; `expires` in seconds since the epoch."""

    part: Part
    in_folder: bool
    is_in: bool = False
    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload is; `row` is as it was read."""

    row: UploadRow
    parts: Sequence[Link]

    @property
    def id(self) -> str:
        """What callers name it by."""
        return str(self.row.id)

    @property
    def state(self) -> str:
        """`open`, `processing`, `done`, `failed` or `aborted`."""
        return str(self.row.state)

    @property
    def reason(self) -> str | None:
        """Why it failed."""
        return self.row.reason

    @property
    def left(self) -> int:
        """Parts still to be processed."""
        return int(self.row.left)

    @property
    def expires(self) -> int:
        """When it is given up unless completed, in seconds since the epoch."""
        return int(self.row.expires)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things live, in seconds: an upload, and a link; and the most bytes of a file."""

    upload: int
    link: int
    file: int


class Uploads:
    """The upload sessions of one process."""

    def __init__(self, blobs: Blobs, identity: Identity, jobs: Jobs, ending: Ending, limits: Limits) -> None:
        self._blobs = blobs
        self._identity = identity
        self._jobs = jobs
        self._ending = ending
        self._limits = limits

    def enter(self, credential: Credential, scope: Scope) -> Account:
        """Let a caller in. One call. Raises what `Identity.admit` does."""
        return self._identity.admit(credential, aws.batch_get(*self._identity.reads(credential)), scope)

    @aws.retry_stale
    def start(
        self, credential: Credential, files: Sequence[Declared], name: str | None, declared: str | None, *, folder: bool
    ) -> Standing:
        """Let a caller in, open an upload, and reserve its bytes. One read and one transaction.

        Args:
            credential: Whose it is to be.
            files: What is to come.
            name: What it is to be called; a folder's address if None.
            declared: The address it is to have; None if the client does not know.
            folder: Whether the files make a folder.

        Raises:
            NoFileError: A folder of nothing.
            FileTooLargeError: A file is over the limit.
            TooManyPartsError: There are more than 10,000 parts.
            InvalidHashError: The declared address is none.
            CapacityExceededError: The plan does not hold it.
            Refusal: See `Identity.admit`, `drive.paths.check` and `check_together`, and `drive.putting.check_name`.
        """
        account = self.enter(credential, "write")
        self._check(files, name, declared, folder=folder)
        total = sum(file.size for file in files)
        self._identity.require_room(account, total)
        row, pages = self._row(account, files, name, declared, folder=folder)
        with aws.transaction() as tx:
            tx.create(row)
            for page in pages:
                tx.create(page)
            self._identity.spend(tx, account, total)
        return self._standing(row, files, {})

    def _check(self, files: Sequence[Declared], name: str | None, declared: str | None, *, folder: bool) -> None:
        if not files:
            raise NoFileError
        if any(file.size > self._limits.file for file in files):
            raise FileTooLargeError(self._limits.file)
        if plan.count(files) > plan.MOST_PARTS:
            raise TooManyPartsError
        if folder:
            for file in files:
                paths.check(file.path)
            if plan.told(files) > plan.MOST_TOLD:
                raise FolderTooLargeError
            paths.check_together(file.path for file in files)
        if name is not None:
            check_name(name)
        if declared is not None:
            try:
                parse_cid(declared)
            except InvalidCid:
                raise InvalidHashError from None

    def _row(
        self, account: Account, files: Sequence[Declared], name: str | None, declared: str | None, *, folder: bool
    ) -> tuple[UploadRow, list[tables.FilesRow]]:
        upload, now = uuid.uuid4().hex, int(time.time())
        total, parts = sum(file.size for file in files), plan.count(files)
        fresh = self._blobs.fresh("", total)
        pages = filelists.seal_pages(fresh.dek, upload, files)
        row = UploadRow(
            account=account.zelid,
            id=upload,
            blob=fresh.blob,
            dek_enc=fresh.dek_enc,
            name_enc=names.seal_name(fresh.dek, fresh.blob, name) if name is not None else None,
            mimetype=FOLDER_TYPE if folder else media_type(files[0].mimetype, files[0].path),
            folder=folder,
            pages=len(pages),
            declared=declared,
            size=total,
            parts=parts,
            left=parts,
            reserved=total,
            created=now,
            touched=now,
            expires=now + self._limits.upload,
        )
        return row, pages

    def status(self, credential: Credential, upload: str) -> Standing:
        """Let a caller in and tell how far an upload of theirs is. Two calls, and while it is open one per 1,000 parts.

        Raises:
            UploadNotFoundError: The account has none of that name.
            Refusal: See `Identity.admit`.
        """
        row = self._find(credential, upload, "write")
        return self._standing(row, self._files(row), staging.parts_in(row.id) if row.state == OPEN else {})

    def _files(self, row: UploadRow) -> list[Declared]:
        """What is to come of an upload under way; nothing of one that ended."""
        return filelists.read(row, self._blobs.dek(row.dek_enc)) if row.state in tables.UNDER_WAY else []

    @aws.retry_stale
    def complete(self, credential: Credential, upload: str) -> Standing:
        """Let a caller in and let an upload be processed; doing it again is harmless.

        Raises:
            UploadNotFoundError: The account has none of that name.
            UploadEndedError: It was aborted.
            UploadFailedError: It failed.
            PartsMissingError: Parts are not in.
            Refusal: See `Identity.admit`.
        """
        row = self._find(credential, upload, "write")
        files = self._files(row)
        if row.state == OPEN:
            tags = _tags(list(plan.parts(files)), staging.parts_in(row.id))
            now = int(time.time())
            with aws.transaction() as tx:
                changes = [UploadRow.tags.set(tags), UploadRow.touched.set(now)]
                tables.move(tx, row, PROCESSING, changes, since=(OPEN,))
            row.state, row.tags, row.touched = PROCESSING, tags, now
            self.send(row)
        elif row.state == PROCESSING and time.time() - row.touched > STALLED_SECONDS:
            self.send(row)
        elif row.state not in (PROCESSING, DONE):
            raise self._ending.refusal(row)
        return self._standing(row, files, {})

    def abort(self, credential: Credential, upload: str) -> None:
        """Let a caller in and give an upload up; its bytes are given back.

        Raises:
            UploadNotFoundError: The account has none of that name.
            UploadEndedError: It is done, or has failed.
            Refusal: See `Identity.admit`.
        """
        row = self._find(credential, upload, "write")
        if row.state in (DONE, tables.FAILED):
            raise UploadEndedError
        self._ending.end(row, tables.ABORTED)

    def result(self, row: UploadRow) -> Stored | StoredFolder:
        """What an upload that is done has become."""
        if row.folder:
            return StoredFolder(row.cid, int(row.dag_size), [])
        name = names.open_name(self._blobs.dek(row.dek_enc), row.blob, row.name_enc)
        return Stored(name, row.cid, row.mimetype, int(row.size))

    def send(self, row: UploadRow) -> None:
        """Put a message on the queue for each part that is not processed, or for the end, if all are."""
        known = {int(part.number) for part in tables.parts(row.id)}
        todo = [number for number in range(int(row.parts)) if number not in known]
        base = {"job": JOB, "account": row.account, "upload": row.id}
        messages: list[Message] = [{**base, "number": number} for number in todo] or [{**base, "number": None}]
        self._jobs.send_all(messages)

    def _find(self, credential: Credential, upload: str, scope: Scope) -> UploadRow:
        """An upload of a caller who may use it; one whose time is over ends here. One call."""
        admission = self._identity.reads(credential)
        rows = aws.batch_get(*admission, aws.Ref(UploadRow, credential.zelid, upload))
        self._identity.admit(credential, rows[: len(admission)], scope)
        row: UploadRow | None = rows[-1]
        if row is None:
            raise UploadNotFoundError
        if row.state == OPEN and row.expires <= time.time():
            return self._ending.end(row, tables.FAILED, "expired")
        return row

    def _standing(self, row: UploadRow, files: Sequence[Declared], known: dict[int, In]) -> Standing:
        links: list[Link] = []
        wanted, folder = 0, bool(row.folder)
        expires = int(time.time()) + self._limits.link
        for part in plan.parts(files):
            found = known.get(part.number)
            is_in = row.state != OPEN or (found is not None and found.size == part.size)
            wanted += not is_in
            if is_in or wanted > MOST_LINKS:
                links.append(Link(part, folder, is_in))
                continue
            url, headers = staging.put_url(row.id, part.number, part.size, self._limits.link)
            links.append(Link(part, folder, is_in, url, headers, expires))
        return Standing(row, links)


def _tags(parts: Sequence[Part], known: dict[int, In]) -> bytes:
    """What tells each part, as it is in now, from another that may be put over it.

    Raises:
        PartsMissingError: One is not in, or has another length.
    """
    missing = [part.number for part in parts if part.number not in known or known[part.number].size != part.size]
    if missing:
        raise PartsMissingError(detail=[{"number": number} for number in missing[:MOST_NAMED]])
    return b"".join(known[part.number].tag for part in parts)
