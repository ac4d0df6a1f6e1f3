"""What workers do with an upload: each part by itself, in any order, more than once if need be; then the end.

A part is read from the staging bucket, hashed to the digests of its leaves, sealed into its segments, stored as one
object of the blob to be, and its digests are kept. Whoever keeps the last ones joins them to the address, and makes the
file in one transaction, like a put.
"""

import time
from collections.abc import Mapping

from chalicelib import aws, ipfs
from chalicelib.blobs import Blobs, Fresh, segments, staging
from chalicelib.drive import manifests, names
from chalicelib.drive.errors import FolderTooLargeError, TooManyNamesError
from chalicelib.drive.manifests import Child, Manifest
from chalicelib.drive.pins import Content, Pins
from chalicelib.drive.thumbs import Thumbs
from chalicelib.identity import Identity
from chalicelib.ipfs import Node
from chalicelib.jobs import Message
from chalicelib.uploads import filelists, plan, tables
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.plan import Declared
from chalicelib.uploads.tables import DONE, FAILED, PROCESSING, PartRow, UploadRow

_DIGEST = 32


class Processing:
    """The workers of uploads."""

    def __init__(self, blobs: Blobs, pins: Pins, identity: Identity, thumbs: Thumbs, ending: Ending) -> None:
        self._blobs = blobs
        self._pins = pins
        self._identity = identity
        self._thumbs = thumbs
        self._ending = ending

    def work(self, message: Message) -> None:
        """Process one part, or end an upload all of whose parts are; doing it again changes nothing.

        Raises:
            StoreError: A store has trouble that passes; the job is still to be done.
        """
        row = aws.get(UploadRow, message["account"], message["upload"])
        if row is None or row.state != PROCESSING:
            return
        number = message["number"]
        if number is not None and aws.get(PartRow, row.id, number) is None and not self._part(row, number):
            return
        row = aws.get(UploadRow, row.account, row.id)
        if row is not None and row.state == PROCESSING and row.left == 0:
            self._finish(row)

    def _part(self, row: UploadRow, number: int) -> bool:
        """Process one part; False if the upload is over."""
        staged = staging.get(row.id, number)
        if staged is None or staged[1] != bytes(row.tags)[number * staging.TAG : (number + 1) * staging.TAG]:
            self._ending.end(row, FAILED, "part_changed")
            return False
        data = memoryview(staged[0])
        digests = b"".join(ipfs.leaf_digests(data))
        fresh = self._fresh(row, "")
        self._blobs.store(fresh, number, data)
        try:
            with aws.transaction() as tx:
                tables.processed(tx, row, number, digests, time.time())
        except aws.StaleError:
            # Another worker had the same message and made the same object, or the upload ended and nobody needs it.
            now = aws.get(UploadRow, row.account, row.id)
            if now is not None and now.state == PROCESSING:
                return True
            if now is not None:
                self._ending.drop_objects(now, [number])
            return False
        return True

    def _fresh(self, row: UploadRow, cid: str) -> Fresh:
        """The blob that an upload makes."""
        size = int(row.parts) * segments.OBJECT if row.folder else int(row.size)
        return Fresh(cid, row.blob, size, self._blobs.dek(row.dek_enc), row.dek_enc, spread=bool(row.folder))

    def _finish(self, row: UploadRow) -> None:
        dek = self._blobs.dek(row.dek_enc)
        try:
            root, manifest = _joined(_nodes(filelists.read(row, dek), _digests(row)), folder=bool(row.folder))
            if row.declared is not None and row.declared != root.cid:
                self._ending.end(row, FAILED, "hash_mismatch")
                return
            name = names.open_name(dek, row.blob, row.name_enc) if row.name_enc is not None else root.cid
            ended, jobs = self._place(row, root, manifest, name)
        except (TooManyNamesError, FolderTooLargeError) as refusal:
            self._ending.end(row, FAILED, refusal.code)
            return
        except ipfs.FolderTooDeep:
            self._ending.end(row, FAILED, FolderTooLargeError.code)
            return
        except LookupError:
            now = aws.get(UploadRow, row.account, row.id)
            if now is not None and now.state == PROCESSING:
                raise
            # Another worker has ended it meanwhile, and taken the rows away.
            return
        if ended is not None:
            self._thumbs.send(jobs)
            self._ending.tidy(ended)

    @aws.retry_stale
    def _place(
        self, seen: UploadRow, root: Node, manifest: Manifest | None, name: str
    ) -> tuple[UploadRow | None, list[str]]:
        """Make the file, in one transaction; gives nothing if somebody else has ended the upload."""
        row, *known = aws.batch_get(aws.Ref(UploadRow, seen.account, seen.id), *self._pins.refs(seen.account, root.cid))
        if row is None or row.state != PROCESSING:
            return None, []
        pin, held = known
        content = Content(root.cid, int(row.size), pin, held, {name: row.mimetype}, folder=manifest is not None)
        self._pins.leave_out_known(content)
        if held is None:
            content.held = self._fresh(row, root.cid)
            content.pages = manifests.pack(manifest, content.held) if manifest is not None else ()
        jobs: list[str] = []
        with aws.transaction() as tx:
            if content.new:
                self._pins.add(tx, row.account, [content])
                jobs = self._thumbs.ask(tx, row.account, [content])
            else:
                self._pins.keep(tx, content)
                self._identity.give_back(tx, row.account, int(row.reserved))
            facts = [UploadRow.cid.set(root.cid), UploadRow.dag_size.set(root.dag_size)]
            facts += [UploadRow.reserved.set(0), UploadRow.forget.set(tables.forgotten())]
            tables.move(tx, row, DONE, facts, since=(PROCESSING,))
        row.state, row.cid = DONE, root.cid
        return row, jobs


def _digests(row: UploadRow) -> bytes:
    """The digests of all leaves, in the order of the parts.

    Raises:
        LookupError: A row is lost: what is left would be the address of something else.
    """
    found = [bytes(part.digests) for part in tables.parts(row.id)]
    if len(found) != row.parts:
        raise LookupError("a part of an upload is lost")
    return b"".join(found)


def _nodes(files: list[Declared], digests: bytes) -> dict[str, tuple[Node, int]]:
    """Each file's node, and where it begins in the blob, from the digests of all leaves in the order of the parts."""
    at = 0
    found = {}
    for placed in plan.place(files):
        size = placed.file.size
        leaves = -(-size // ipfs.CHUNK)
        own = digests[at * _DIGEST : (at + leaves) * _DIGEST]
        at += leaves
        split = [own[i : i + _DIGEST] for i in range(0, len(own), _DIGEST)]
        found[placed.file.path] = (ipfs.join_leaves(split or ipfs.leaf_digests(b""), size), placed.offset)
    return found


def _joined(nodes: Mapping[str, tuple[Node, int]], *, folder: bool) -> tuple[Node, Manifest | None]:
    """The node of the whole, and a folder's manifest."""
    if not folder:
        ((node, _),) = nodes.values()
        return node, None
    folders = ipfs.tree({path: node for path, (node, _) in nodes.items()})
    root = folders.pop("")
    manifest = {path: Child(node.cid, node.size, offset) for path, (node, offset) in nodes.items()}
    return root, manifest | {path: Child(node.cid, node.size) for path, node in folders.items()}
