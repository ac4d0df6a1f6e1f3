"""A sweep over what is published: its files' keys come under the new generation, and open when the old one is gone."""

import json

import pytest

from chalicelib import aws
from chalicelib.keys import GenerationInUseError
from chalicelib.resources.tables import PublishedRow
from chalicelib.workers import rotation as rotating
from tests.resources.library import Library
from tests.support.books import faults_in
from tests.support.managing import manager
from tests.support.system import System
from tests.workers.clock import Clock
from tests.workers.rotating import at_once, new_keys, rotate, rotation


@pytest.fixture
def library(system: System) -> Library:
    return Library.of(manager(system))


def generations(library: Library) -> set[int | None]:
    keys = new_keys(library.system)
    kept = [one["dek_enc"] for row in aws.scan(PublishedRow) for one in (row.files or {}).values()]
    return {keys.generation_of(dek_enc) for dek_enc in kept}


def test_the_files_of_what_is_published_come_too(library: Library) -> None:
    cids = [library.put(data) for data in (b"one", b"two")]
    (resource, _), (plain, _) = (library.published(library.document("a", "", *some)) for some in (cids, []))
    for cid in cids:
        library.rm(cid)
    before = rotation(library.system).count()
    new = rotate(library.system)

    done = rotation(library.system).sweep()

    assert done.left == {new: sum(before.left.values())}
    assert generations(library) == {new}
    with pytest.MonkeyPatch.context() as patch:
        # Long after: nobody wraps under the old one any more.
        Clock().install(patch)
        rotation(library.system).retire(new - 1)
    assert library.shown(resource) is not None
    assert library.shown(plain) is not None
    assert faults_in(library.system) == []


def test_a_generation_that_a_publication_is_under_stays(library: Library) -> None:
    library.published(library.document("a", "", library.put(b"one")))
    rotate(library.system)
    swept = rotation(library.system)
    with pytest.MonkeyPatch.context() as patch:
        holders = tuple(model for model in rotating.HOLDERS if model is not PublishedRow)
        patch.setattr(rotating, "HOLDERS", holders)
        swept.sweep()

    with pytest.raises(GenerationInUseError) as refused:
        swept.retire(1)
    assert refused.value.text.startswith("1 stored keys")


def test_what_is_published_anew_meanwhile_wins(library: Library) -> None:
    """Its row is left as the publication made it, and comes with the next sweep, if it is not under the new key yet."""
    one, two = library.put(b"one"), library.put(b"two")
    resource, _ = library.published(library.document("a", "", one))
    revision = library.me.revise(library.folder, resource, library.document("b", "", two, one))
    new = rotate(library.system)
    moments = iter(range(1_000))

    def in_between(_seconds: float) -> None:
        if next(moments) == 1:
            assert library.publish(resource, revision).status == 200

    rotation(library.system, in_between).sweep()
    done = rotation(library.system, at_once).sweep()

    assert done.left.keys() == {new}
    (row,) = aws.scan(PublishedRow)
    assert sorted(row.files) == sorted([one, two])
    assert library.shown(resource)
    assert json.dumps(row.files)
