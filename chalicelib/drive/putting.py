"""Put: address, look up, write what nobody has, then one transaction (decision 8)."""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import splitext

from chalicelib import aws, ipfs
from chalicelib.blobs import Blobs, Fresh
from chalicelib.drive import names
from chalicelib.drive.batches import Batches, pack
from chalicelib.drive.errors import (
    FileTooLargeError,
    InvalidNameError,
    NoFileError,
    TooManyFilesError,
    TooManyNamesError,
)
from chalicelib.drive.pins import MOST_NAMES, Content, Pins
from chalicelib.identity import Account, Identity

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_ANY = "application/octet-stream"
# Python's own table alone: the machine's would make answers differ from one to the next.
_BY_ENDING = mimetypes.MimeTypes(filenames=())


MOST_FILES = 1_000
"""Files of one put: with their keys and rows they must fit the time of one call."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file of a request: its name, what the client says it is, and its bytes."""

    name: str
    declared_type: str | None
    data: memoryview


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of the answer."""

    name: str
    cid: str
    mimetype: str
    size: int


class Putter:
    """Puts files. A call that ends in an error has stored nothing, unless its outcome is unknown."""

    def __init__(self, blobs: Blobs, pins: Pins, identity: Identity, max_file_bytes: int) -> None:
        self._blobs = blobs
        self._pins = pins
        self._identity = identity
        self._batches = Batches(pins, identity)
        self._max_file_bytes = max_file_bytes

    def put(self, zelid: str, files: Sequence[Incoming]) -> list[Stored]:
        """Store files for an account that was let in. At most 3 calls for one small file, one of them S3.

        Args:
            zelid: The account.
            files: In the order of the request; the same content may come under several names.

        Raises:
            NoFileError: There is none.
            TooManyFilesError: There are more than 1,000.
            FileTooLargeError: One is over the limit.
            InvalidNameError: A name is empty or too long.
            TooManyNamesError: The account would hold one content under more than 40 names.
            CapacityExceededError: The plan does not hold them.
            StoreBusyError: The account commits more at once than its row takes.
        """
        if not files:
            raise NoFileError
        if len(files) > MOST_FILES:
            raise TooManyFilesError
        for file in files:
            if len(file.data) > self._max_file_bytes:
                raise FileTooLargeError(self._max_file_bytes)
            if not 1 <= len(file.name.encode()) <= names.MOST_BYTES:
                raise InvalidNameError
        stored = [_addressed(file) for file in files]
        data = {one.cid: file.data for one, file in zip(stored, files, strict=True)}
        written: dict[str, Fresh] = {}
        try:
            self._place(zelid, stored, data, written)
        except aws.OutcomeUnknownError:
            # The blobs may be somebody's by now: fsck will know.
            raise
        except Exception:
            # Not at a BaseException: a process told to end does not know whether its transaction was applied.
            self._discard(written)
            raise
        return stored

    @aws.retry_stale
    def _place(
        self, zelid: str, stored: Sequence[Stored], data: dict[str, memoryview], written: dict[str, Fresh]
    ) -> None:
        account, contents = self._look_up(zelid, stored)
        self._identity.require_room(account, sum(content.cost for content in contents))
        missing = [content for content in contents if content.held is None]
        written |= self._blobs.write({c.cid: data[c.cid] for c in missing if c.cid not in written})
        for content in missing:
            content.held = written[content.cid]
        placed: set[str] = set()
        try:
            self._commit(account, pack(contents), placed)
        finally:
            for content in contents:
                if content.cid in placed and isinstance(content.held, Fresh):
                    written.pop(content.cid, None)
        self._discard(written)

    def _commit(self, account: Account, groups: Sequence[Sequence[Content]], placed: set[str]) -> None:
        if len(groups) > 1:
            self._batches.commit(account, groups, placed)
        for group in groups if len(groups) == 1 else ():
            with aws.transaction() as tx:
                self._pins.add(tx, account.zelid, group)
                self._identity.spend(tx, account, sum(content.cost for content in group))
            placed.update(content.cid for content in group)

    def _look_up(self, zelid: str, stored: Sequence[Stored]) -> tuple[Account, list[Content]]:
        """The account and what is known of each content, read together. One call per some 50 contents."""
        cids = list(dict.fromkeys(one.cid for one in stored))
        account_row, *rows = aws.batch_get(
            self._identity.account_ref(zelid), *(ref for cid in cids for ref in self._pins.refs(zelid, cid))
        )
        account = self._identity.readmit(account_row)
        contents = []
        for at, cid in enumerate(cids):
            named = {one.name: one.mimetype for one in stored if one.cid == cid}
            size = next(one.size for one in stored if one.cid == cid)
            content = Content(cid, size, rows[2 * at], rows[2 * at + 1], named)
            self._leave_out_known(content)
            contents.append(content)
        return account, contents

    def _leave_out_known(self, content: Content) -> None:
        known = content.pin.names if content.pin is not None else {}
        if known:
            if content.held is None:
                raise RuntimeError("a pin whose blob has no row")
            dek = self._pins.dek(content.held)
            content.new = {n: t for n, t in content.new.items() if names.digest(dek, n) not in known}
        if len(known) + len(content.new) > MOST_NAMES:
            raise TooManyNamesError

    def _discard(self, written: dict[str, Fresh]) -> None:
        while written:
            _, fresh = written.popitem()
            self._blobs.discard(fresh)


def _addressed(file: Incoming) -> Stored:
    cid = ipfs.file_node(file.data).cid
    return Stored(file.name, cid, media_type(file.declared_type, file.name), len(file.data))


def media_type(declared: str | None, name: str) -> str:
    """The media type to keep: the declared one without parameters if it is one, else by the name's ending."""
    bare = (declared or "").partition(";")[0].strip().lower()
    if _TYPE.fullmatch(bare) and bare != _ANY:
        return bare
    # The ending alone: `guess_type` would take "data:text/html,x" for a URL and believe what it says of itself.
    return _BY_ENDING.guess_type(f"file{splitext(name)[1]}", strict=False)[0] or _ANY
