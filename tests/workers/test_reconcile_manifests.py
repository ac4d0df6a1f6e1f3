"""The check of folders: each has its manifest, whole, and no manifest is without its folder."""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.drive.tables import ManifestRow
from chalicelib.keys.masterkeys import dek_key
from chalicelib.keys.messages import open_message, seal
from chalicelib.workers import contents
from chalicelib.workers.books import Books
from tests.support.books import cat, faults_in, new_blobs, reconciler, rm
from tests.support.system import System
from tests.workers.collecting import (
    blob_of,
    collect,
)
from tests.workers.damage import add, lose
from tests.workers.shelf import FILES, Shelf, repaired, told


@pytest.fixture
def shelf(system: System) -> Shelf:
    return Shelf.fill(system)


def stray(shelf: Shelf) -> ManifestRow:
    return ManifestRow(page=f"{shelf.unused}/0", blob=blob_of(shelf.unused).blob, body=b"whatever")


def of_nothing(_shelf: Shelf) -> ManifestRow:
    return ManifestRow(page="QmUNKNOWN/3", blob="gone", body=b"whatever")


def of_a_folder_with_fewer_pages(shelf: Shelf) -> ManifestRow:
    return ManifestRow(page=f"{shelf.folder}/1", blob="another", body=b"whatever")


@pytest.mark.parametrize("make", [of_nothing, of_a_folder_with_fewer_pages])
def test_a_manifest_without_its_folder_goes(shelf: Shelf, make: Callable[[Shelf], ManifestRow]) -> None:
    page = make(shelf)
    add(page)

    assert repaired(shelf) == [("manifest_without_folder", page.page, "a manifest that no folder has")]

    assert [row.page for row in aws.scan(ManifestRow)] == [f"{shelf.folder}/0"]
    assert cat(shelf.system, shelf.user, f"{shelf.folder}/a/b").body == FILES["a/b"]


def test_a_manifest_beside_a_file_that_is_there_is_reported_and_left(shelf: Shelf) -> None:
    """It names the blob that stands, so the repair's guard does not hold: a person must look."""
    add(stray(shelf))
    before = shelf.system.contents()

    assert [kind for kind, _, _ in told(reconciler(shelf.system).check(repair=True))] == ["manifest_without_folder"]

    assert shelf.system.contents() == before


def lost_page(shelf: Shelf) -> None:
    lose(shelf.page())


def altered_page(shelf: Shelf) -> None:
    page = shelf.page()
    with aws.transaction() as tx:
        tx.update(page, [ManifestRow.body.set(page.body[:-1] + bytes([page.body[-1] ^ 1]))])


def key_that_does_not_unwrap(shelf: Shelf) -> None:
    with aws.transaction() as tx:
        tx.update(BlobRow(cid=shelf.folder), [BlobRow.dek_enc.set("AAAA")])


def rewritten(shelf: Shelf, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """The manifest says something else, sealed as it should be."""
    page, blob = shelf.page(), blob_of(shelf.folder)
    key, context = dek_key(new_blobs(shelf.system).dek(blob.dek_enc)), {"purpose": "manifest", "page": "0"}
    bound = {**context, "blob": blob.blob}
    facts = json.loads(zlib.decompress(open_message(key, page.body, bound)))
    sealed = seal(key, zlib.compress(json.dumps(change(facts)).encode()), bound)
    with aws.transaction() as tx:
        tx.update(page, [ManifestRow.body.set(sealed)])


def file_outside(shelf: Shelf) -> None:
    rewritten(shelf, lambda facts: {**facts, "c": [facts["c"][0], facts["c"][1], facts["c"][2] + 1]})


def file_left_out(shelf: Shelf) -> None:
    rewritten(shelf, lambda facts: {path: fact for path, fact in facts.items() if path != "c"})


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lost_page, "a page of the manifest is missing"),
        (altered_page, "the manifest cannot be read"),
        (key_that_does_not_unwrap, "the manifest cannot be read"),
        (file_outside, "a file lies outside the folder's bytes"),
        (file_left_out, "the files do not add up to the folder's size"),
    ],
)
def test_a_damaged_manifest_is_reported_and_left(shelf: Shelf, damage: Callable[[Shelf], None], says: str) -> None:
    damage(shelf)
    before = shelf.system.contents()

    findings = reconciler(shelf.system).check(repair=True)

    assert told(findings) == [("manifest_damaged", shelf.folder, says)]
    assert findings[0].repair is None
    assert shelf.system.contents() == before


def test_a_damaged_manifest_of_what_nobody_holds_goes_with_it(shelf: Shelf) -> None:
    lost_page(shelf)
    rm(shelf.system, shelf.user, shelf.folder)

    assert faults_in(shelf.system) == []
    assert {one.cid for one in collect(shelf.system).collected} == {shelf.folder, shelf.unused}


def test_a_page_whose_folder_comes_meanwhile_is_left(shelf: Shelf) -> None:
    page, row = shelf.page(), blob_of(shelf.folder)
    lose(row)
    (finding,) = contents.folders(Books.read(), new_blobs(shelf.system))
    row.tx = None
    add(row)
    before = shelf.system.contents()

    assert finding.kind == "manifest_without_folder"
    assert finding.repair is not None
    finding.repair()

    assert shelf.system.contents() == before
    assert shelf.page().blob == page.blob
