"""Places what was put: look up, write what nobody has, then one transaction (decision 8).

What is placed is a file or a folder; nothing here knows how it came, and nothing above knows how it is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.blobs import Blobs, Fresh, Plaintext
from chalicelib.drive import manifests
from chalicelib.drive.batches import Batches, pack
from chalicelib.drive.manifests import Manifest
from chalicelib.drive.pins import Content, Pins
from chalicelib.drive.thumbs import Thumbs
from chalicelib.identity import Account, Credential, Identity


@dataclass(frozen=True, slots=True)
class Arrival:
    """One content that was put.

    Attributes:
        cid: Its address.
        size: Bytes that count for the account's quota.
        plaintext: Bytes to store, should nobody have them.
        names: Media type by each name it was put under.
        manifest: What is in it, if it is a folder.
    """

    cid: str
    size: int
    plaintext: Plaintext
    names: Mapping[str, str]
    manifest: Manifest | None = None


class Placer:
    """Places contents. A call that ends in an error has stored nothing, unless its outcome is unknown."""

    def __init__(self, blobs: Blobs, pins: Pins, identity: Identity, thumbs: Thumbs) -> None:
        self._blobs = blobs
        self._pins = pins
        self._identity = identity
        self._thumbs = thumbs
        self._batches = Batches(pins, identity)

    def place(self, credential: Credential, arrivals: Sequence[Arrival]) -> dict[str, bool]:
        """Let a caller in and store what they put. At most 3 calls for 8 MiB in one group, one of them S3.

        Args:
            credential: Whose it is to be.
            arrivals: Of different addresses.

        Returns:
            By address, whether its thumbnails are made.

        Raises:
            TooManyNamesError: The account would hold one content under more than 40 names.
            FolderTooLargeError: A folder's manifest is too large to be written.
            CapacityExceededError: The plan does not hold them.
            StoreBusyError: The account commits more at once than its row takes.
            Refusal: See `Identity.admit`.
        """
        written: dict[str, Fresh] = {}
        try:
            contents, jobs = self._place(credential, arrivals, written)
        except aws.OutcomeUnknownError:
            # The blobs may be somebody's by now: fsck will know.
            raise
        except Exception:
            # Not at a BaseException: a process told to end does not know whether its transaction was applied.
            self._discard(written)
            raise
        self._thumbs.send(jobs)
        return {content.cid: content.has_thumbs for content in contents}

    @aws.retry_stale
    def _place(
        self, credential: Credential, arrivals: Sequence[Arrival], written: dict[str, Fresh]
    ) -> tuple[list[Content], list[str]]:
        account, contents = self._look_up(credential, arrivals)
        self._identity.require_room(account, sum(content.cost for content in contents))
        self._batches.keep(contents)
        self._write(contents, arrivals, written)
        placed: set[str] = set()
        jobs: list[str] = []
        try:
            self._commit(account, pack(contents), placed, jobs)
        finally:
            for content in contents:
                if content.cid in placed and isinstance(content.held, Fresh):
                    written.pop(content.cid, None)
        self._discard(written)
        return contents, jobs

    def _write(self, contents: Sequence[Content], arrivals: Sequence[Arrival], written: dict[str, Fresh]) -> None:
        """Store the contents that nobody has; those of `written` were, at an earlier try."""
        unknown = {content.cid for content in contents if content.held is None}
        missing = {one.cid: one for one in arrivals if one.cid in unknown}
        written |= self._blobs.write({cid: one.plaintext for cid, one in missing.items() if cid not in written})
        for content in contents:
            if content.held is None:
                content.held = written[content.cid]
                if (manifest := missing[content.cid].manifest) is not None:
                    content.pages = manifests.pack(manifest, content.held)

    def _commit(self, account: Account, groups: Sequence[Sequence[Content]], placed: set[str], jobs: list[str]) -> None:
        if len(groups) > 1:
            self._batches.commit(account, groups, placed, lambda tx, group: self._ask(tx, account, group, jobs))
        for group in groups if len(groups) == 1 else ():
            with aws.transaction() as tx:
                self._pins.add(tx, account.zelid, group)
                self._identity.spend(tx, account, sum(content.cost for content in group))
                self._ask(tx, account, group, jobs)
            placed.update(content.cid for content in group)

    def _ask(self, tx: aws.Transaction, account: Account, group: Sequence[Content], jobs: list[str]) -> None:
        jobs += self._thumbs.ask(tx, account.zelid, group)

    def _look_up(self, credential: Credential, arrivals: Sequence[Arrival]) -> tuple[Account, list[Content]]:
        """The account and what is known of each content, read together. One call per some 50 contents."""
        admission = self._identity.reads(credential)
        wanted = [ref for one in arrivals for ref in self._pins.refs(credential.zelid, one.cid)]
        rows = aws.batch_get(*admission, *wanted)
        account = self._identity.admit(credential, rows[: len(admission)], "write")
        pairs = zip(rows[len(admission) :: 2], rows[len(admission) + 1 :: 2], strict=True)
        contents = []
        for one, (pin, blob) in zip(arrivals, pairs, strict=True):
            content = Content(one.cid, one.size, pin, blob, dict(one.names), folder=one.manifest is not None)
            self._pins.leave_out_known(content)
            contents.append(content)
        return account, contents

    def _discard(self, written: dict[str, Fresh]) -> None:
        while written:
            _, fresh = written.popitem()
            self._blobs.discard(fresh)
