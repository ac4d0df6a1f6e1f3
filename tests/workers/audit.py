"""Compares the books with the ledgers, row by row, and every byte with what was put."""

import io
import tarfile

from chalicelib import aws
from chalicelib.blobs import objects, segments
from chalicelib.drive import manifests
from chalicelib.drive.tables import ThumbJobRow
from chalicelib.drive.thumbs import SIZES
from chalicelib.metadata import ids
from chalicelib.workers.books import Books
from tests.support.books import faults_in, rm, stats
from tests.support.system import User
from tests.workers.catalogue import BY_CID, ITEMS
from tests.workers.world import World

LEFT_BY_A_CRASH = {"batch_cut_off", "orphan_object"}
"""All that a check may find, whatever happened to calls."""


def settle(world: World) -> None:
    """A check finds nothing but what a crash leaves, puts it right, and finds nothing the second time."""
    found = world.check()
    assert found <= LEFT_BY_A_CRASH
    assert faults_in(world.system) == []
    for user, ledger in world.ledgers.items():
        ledger.settle(world.lines(user))


def compare(world: World) -> None:
    """All rows and objects are what the ledgers, which must be settled, add up to."""
    books = Books.read()
    held = {user: ledger.cids for user, ledger in world.ledgers.items()}
    lines = [line for ledger in world.ledgers.values() for line in ledger.must]
    assert stats(world.system) == (len(lines), sum(BY_CID[cid].size for cid, _ in lines))
    for user, ledger in world.ledgers.items():
        assert world.used(user) == ledger.used
    assert books.pins.keys() == {(user.zelid, cid) for user, cids in held.items() for cid in cids}
    assert len(books.entries) == len(books.records) == len(lines)
    assert books.batches == []
    _contents(books, held)
    _tombstones(books)


def _contents(books: Books, held: dict[User, set[str]]) -> None:
    for cid in set().union(*held.values()):
        assert cid in books.blobs
    expected, possible, pages = set(), set(), set()
    for cid, row in books.blobs.items():
        assert row.refs == sum(cid in cids for cids in held.values())
        assert row.size == BY_CID[cid].stored
        expected |= {objects.key(row.blob, n) for n in range(segments.objects(int(row.size)))}
        possible |= {objects.key(row.blob, size) for size in SIZES}
        pages |= {page.page for page in manifests.held_rows(row)}
    assert books.manifests.keys() == pages
    doomed = {row.blob for row in books.tombstones if row.doomed is not None}
    stored = {key for key in books.stored if key.partition("/")[0] not in doomed | {"quarantine"}}
    assert expected <= stored <= expected | possible


def _tombstones(books: Books) -> None:
    marked = {(row.cid, row.blob, int(row.generation)) for row in books.tombstones if row.doomed is None}
    unused = {(cid, row.blob, int(row.generation)) for cid, row in books.blobs.items() if not row.refs}
    assert unused <= marked
    for cid, blob, generation in marked - unused:
        row = books.blobs[cid]
        assert (row.blob, row.generation) != (blob, generation)


def read_back(world: World) -> None:
    """Every byte that an account must hold is read, in every way there is."""
    for user, ledger in world.ledgers.items():
        for cid in sorted(ledger.cids):
            item = BY_CID[cid]
            for path, data in item.files.items():
                answer = _read(world, user, "cat", f"{cid}/{path}" if path else cid)
                assert answer == data, (cid, path)
            if item.folder:
                assert _untarred(_read(world, user, "get", cid)) == {f"{cid}/{p}": d for p, d in item.files.items()}


def _read(world: World, user: User, call: str, address: str) -> bytes:
    world.clock.sleep(0.1)
    answer = world.system.call("GET", f"/api/v0/{call}", user=user, query={"arg": address})
    assert answer.status == 200, (address, answer.body)
    return answer.body


def _untarred(raw: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in members}


def finish_jobs(world: World) -> None:
    """Whatever the queue has lost is done once the janitor has come by; then every picture has its thumbnails."""
    world.clock.sleep(1_000)
    world.collect()
    world.work()
    assert list(aws.scan(ThumbJobRow)) == []
    books = Books.read()
    cid = ITEMS["picture"].cid
    for user, ledger in world.ledgers.items():
        if cid not in ledger.cids:
            continue
        made = books.blobs[cid].thumbs == "made"
        # Three tries that end with their process are taken for the picture's fault.
        assert made or world.deaths >= 3
        answer = world.system.call("GET", "/api/v0/thumb", user=user, query={"arg": cid})
        assert answer.status == (200 if made else 404)
        for (account, order), entry in books.entries.items():
            if (account, entry.cid) == (user.zelid, cid):
                record = books.records[ids.join(ids.owner_key(account), order)]
                assert (record.mobile, record.web, record.web_pre) == (made, made, made)


def remove_all(world: World) -> None:
    """When everything is removed and collected, nothing is left."""
    for user, ledger in world.ledgers.items():
        for cid in ledger.cids:
            assert rm(world.system, user, cid).status == 200
            world.clock.sleep(0.1)
    for _ in range(2):
        world.collect()
    world.work()
    assert world.check() == set()
    books = Books.read()
    left = (books.pins, books.entries, books.records, books.batches, books.blobs, books.manifests, books.tombstones)
    assert not any(left)
    assert list(aws.scan(ThumbJobRow)) == []
    assert all(key.startswith(objects.QUARANTINE) for key in books.stored)
    assert stats(world.system) == (0, 0)
    assert [world.used(user) for user in world.users] == [0, 0]
