"""Checks contents: that every object is known and every known one is there, and likewise manifests and tombstones."""

import time
from collections.abc import Iterator
from functools import partial

from chalicelib.blobs import BlobRow, Blobs, objects, segments
from chalicelib.blobs.service import BlobDamagedError
from chalicelib.drive import manifests
from chalicelib.drive.pins import THUMBS_MADE
from chalicelib.drive.thumbs import SIZES
from chalicelib.keys.messages import BadMessageError
from chalicelib.workers import repairs
from chalicelib.workers.books import Books
from chalicelib.workers.finding import Finding


def lost_content(books: Books, blobs: Blobs) -> Iterator[Finding]:
    """Pins, and files kept by publications, whose content's row is lost; and objects that are lost or cut."""
    for account, cid in sorted({*books.pins, *books.uses}):
        if cid not in books.blobs:
            yield Finding("pin_without_blob", f"{account}/{cid}", "the content's row is lost")
    for cid, row in books.blobs.items():
        for number, expected in _lengths(books, blobs, row) if row.refs else ():
            key = objects.key(row.blob, number)
            length, _ = books.stored.get(key, (None, None))
            if length != expected:
                fault = "is missing" if length is None else f"has {length} bytes"
                yield Finding("blob_damaged", f"{cid} {key}", f"an object {fault}")


def _lengths(books: Books, blobs: Blobs, row: BlobRow) -> Iterator[tuple[int, int]]:
    """Each object of a blob by its number, and how long it must be; of a spread blob, each file tells of its own."""
    if not row.spread:
        yield from ((n, segments.object_length(int(row.size), n)) for n in range(segments.objects(int(row.size))))
        return
    for child in (_children(books, blobs, row) or {}).values():
        if child.offset is not None:
            first = child.offset // segments.OBJECT
            for number in range(segments.objects(child.size)):
                yield first + number, segments.object_length(child.size, number)


def _children(books: Books, blobs: Blobs, row: BlobRow) -> manifests.Manifest | None:
    """What is in a folder; None if its manifest cannot be read, which is a finding of its own."""
    pages = [books.manifests.get(page.page) for page in manifests.held_rows(row)]
    try:
        return manifests.read(pages, blobs.dek(row.dek_enc), row.blob)
    except (BadMessageError, BlobDamagedError):
        return None


def orphans(books: Books, grace: float) -> Iterator[Finding]:
    """Objects that no row knows, once they are older than the grace time in seconds."""
    known = {row.blob: segments.objects(int(row.size)) for row in books.blobs.values()}
    known |= {row.blob: segments.objects(int(row.size)) for row in books.tombstones if row.doomed is not None}
    known |= {row.blob: int(row.parts) for row in books.uploads if not row.tidy and row.blob not in known}
    # What lost its row may be all that is left of it.
    lost = {pin.blob for pin in books.pins.values()} | {use.blob for use in books.uses.values()}
    lost -= known.keys()
    for key, (_, when) in books.stored.items():
        blob, _, part = key.partition("/")
        expected = blob in lost or (blob in known and (part in SIZES or _numbered(part, known[blob])))
        if not expected and not key.startswith(objects.QUARANTINE) and time.time() - when >= grace:
            yield Finding("orphan_object", key, "no row knows this object", partial(objects.quarantine, key))


def _numbered(part: str, count: int) -> bool:
    """Whether this is the number of one of so many objects, as we write it."""
    return part.isascii() and part.isdigit() and part == str(int(part)) and int(part) < count


def tombstones(books: Books) -> Iterator[Finding]:
    """Contents that nobody pins, and that the janitor would not find."""
    known = {(row.cid, int(row.generation)) for row in books.tombstones}
    for cid, row in books.blobs.items():
        if row.refs == 0 and (cid, int(row.generation)) not in known:
            repair = partial(repairs.apply, repairs.add_tombstone, row)
            yield Finding("tombstone_missing", cid, "nobody pins this content, and no tombstone says so", repair)


def folders(books: Books, blobs: Blobs) -> Iterator[Finding]:
    """Manifests without their folder, and folders whose manifest is lost, altered or says something else."""
    expected = {page.page: row.blob for row in books.blobs.values() for page in manifests.held_rows(row)}
    for key, page in books.manifests.items():
        if expected.get(key) != page.blob:
            repair = partial(repairs.apply, repairs.drop_page, page)
            yield Finding("manifest_without_folder", key, "a manifest that no folder has", repair)
    sizes = {cid: int(pin.size) for (_, cid), pin in books.pins.items()}
    for cid, row in books.blobs.items():
        if row.refs and row.pages is not None and (fault := _fault(books, blobs, row, sizes.get(cid))):
            yield Finding("manifest_damaged", cid, fault)


def _fault(books: Books, blobs: Blobs, row: BlobRow, size: int | None) -> str | None:
    pages = [books.manifests.get(page.page) for page in manifests.held_rows(row)]
    if None in pages:
        return "a page of the manifest is missing"
    children = _children(books, blobs, row)
    if children is None:
        return "the manifest cannot be read"
    files = [child for child in children.values() if child.offset is not None]
    if any((child.offset or 0) + child.size > row.size for child in files):
        return "a file lies outside the folder's bytes"
    if size is not None and sum(child.size for child in files) != size:
        return "the files do not add up to the folder's size"
    return None


def thumbs(books: Books) -> Iterator[Finding]:
    """Thumbnails that are lost: they can be made again."""
    holders = {cid: account for account, cid in books.pins}
    for cid, row in books.blobs.items():
        gone = row.thumbs == THUMBS_MADE and any(objects.key(row.blob, size) not in books.stored for size in SIZES)
        if gone and cid in holders:
            repair = partial(repairs.apply, repairs.redo_thumbs, row, holders[cid])
            yield Finding("thumbnail_missing", cid, "a thumbnail is lost", repair)
