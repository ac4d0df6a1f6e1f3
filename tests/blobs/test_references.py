"""Who still needs a blob: counted with each pin, a tombstone at zero, saved by a new hold."""

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow, Blobs, Fresh, Plaintext
from chalicelib.blobs.segments import OBJECT
from tests.blobs.shape import content
from tests.support.faults import Faults, server_error, timeout_before
from tests.support.system import System

CID = "QmSomeContent"


@pytest.fixture
def fresh(blobs: Blobs) -> Fresh:
    return blobs.write({CID: Plaintext([memoryview(b"content")])})[CID]


def hold(blobs: Blobs, held: Fresh | BlobRow) -> BlobRow:
    with aws.transaction() as tx:
        blobs.hold(tx, held)
    return stored()


def release(blobs: Blobs, row: BlobRow) -> BlobRow:
    with aws.transaction() as tx:
        blobs.release(tx, row)
    return stored()


def stored() -> BlobRow:
    row = aws.get(BlobRow, CID)
    assert row is not None
    return row


def test_each_hold_counts_one_and_each_release_takes_one(blobs: Blobs, fresh: Fresh) -> None:
    row = hold(blobs, fresh)
    counts = [row.refs]
    for step in (hold, hold, release, release):
        row = step(blobs, row)
        counts.append(row.refs)

    assert counts == [1, 2, 3, 2, 1]
    assert row.unused_since is None


def test_the_last_release_leaves_a_tombstone_and_the_bytes(blobs: Blobs, fresh: Fresh) -> None:
    row = release(blobs, hold(blobs, fresh))

    assert (row.refs, row.blob) == (0, fresh.blob)
    assert row.unused_since is not None
    assert blobs.read(row) == b"content"


def test_a_new_hold_revives_a_tombstone_under_another_generation(blobs: Blobs, fresh: Fresh) -> None:
    tombstone = release(blobs, hold(blobs, fresh))

    revived = hold(blobs, tombstone)

    assert revived.refs == 1
    assert revived.unused_since is None
    assert revived.generation > tombstone.generation
    assert blobs.read(revived) == b"content"


def test_two_first_holds_of_one_content_do_not_both_count(blobs: Blobs, fresh: Fresh) -> None:
    second = blobs.write({CID: Plaintext([memoryview(b"content")])})[CID]
    hold(blobs, fresh)

    with pytest.raises(aws.StaleError):
        hold(blobs, second)

    assert (stored().blob, stored().refs) == (fresh.blob, 1)


def test_steps_on_what_was_read_before_a_change_are_stale(blobs: Blobs, fresh: Fresh) -> None:
    once = hold(blobs, fresh)
    hold(blobs, once)

    # The release that would leave a tombstone has not seen the second reference.
    with pytest.raises(aws.StaleError):
        release(blobs, once)

    collected = BlobRow(cid=CID, blob="another", refs=2)
    for step in (hold, release):
        with pytest.raises(aws.StaleError):
            step(blobs, collected)
    assert stored().refs == 2


@pytest.mark.parametrize(("fault", "skip"), [(server_error, 0), (timeout_before, 2), (server_error, 3)])
def test_a_write_that_fails_leaves_no_object(system: System, blobs: Blobs, fault: object, skip: int) -> None:
    before = system.contents()["objects"]
    contents = {"big": content(2 * OBJECT), "a": b"a", "b": b"b"}
    four_objects = {name: Plaintext([memoryview(data)]) for name, data in contents.items()}
    Faults(system.aws).add("PutObject", fault, skip=skip, times=100)  # type: ignore[arg-type]

    with pytest.raises(Exception, match=r"failed|timed? ?out|Internal"):
        blobs.write(four_objects)

    assert system.contents()["objects"] == before == []


def test_discarding_what_is_gone_already_is_no_fault(system: System, blobs: Blobs, fresh: Fresh) -> None:
    blobs.discard(fresh)
    blobs.discard(fresh)

    assert system.contents()["objects"] == []


def test_an_empty_content_has_a_key_and_no_object(system: System, blobs: Blobs) -> None:
    empty = blobs.write({"QmEmpty": Plaintext([])})["QmEmpty"]

    assert system.contents()["objects"] == []
    assert (empty.size, len(empty.dek), len(blobs.dek(empty.dek_enc))) == (0, 32, 32)
