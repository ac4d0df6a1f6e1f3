"""The check of the books over what is published: uses are counted, and what they keep is known."""

from collections.abc import Callable

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.resources.tables import RemainsRow, UseRow
from tests.resources.library import Library
from tests.support.books import cat, reconciler, services_of, status
from tests.support.managing import manager
from tests.support.system import System
from tests.workers.damage import add, lose

CONTENT = b"what is published"


class Shop:
    """A file that two resources show, and that its owner has removed from the drive."""

    def __init__(self, system: System) -> None:
        self.library = Library.of(manager(system))
        self.cid = self.library.put(CONTENT)
        self.pairs = [self.library.published(self.library.document(str(n), "", self.cid)) for n in range(2)]
        assert self.library.rm(self.cid) == 200

    def use(self) -> UseRow:
        row = aws.get(UseRow, self.library.user.zelid, self.cid)
        assert row is not None
        return row

    def set_uses(self, uses: int) -> None:
        with aws.transaction() as tx:
            tx.update(UseRow(account=self.library.user.zelid, cid=self.cid), [UseRow.uses.set(uses)])

    def check(self) -> None:
        """All is as it was, and stays so when the janitor has been here."""
        services_of(self.library.system).janitor(0).run()
        assert all(self.library.shown(resource) for resource, _ in self.pairs)
        assert self.use().uses == 2
        assert status(self.library.system, self.library.user)["storage_used"] == len(CONTENT)


@pytest.fixture
def shop(system: System) -> Shop:
    made = Shop(system)
    assert reconciler(system).check() == []
    return made


def kinds(shop: Shop, *, repair: bool = False) -> set[str]:
    return {finding.kind for finding in reconciler(shop.library.system).check(repair=repair)}


def too_many(shop: Shop) -> None:
    shop.set_uses(3)


def too_few(shop: Shop) -> None:
    shop.set_uses(1)


def lost(shop: Shop) -> None:
    lose(shop.use())


@pytest.mark.parametrize(("damage", "kind"), [(too_many, "wrong_uses"), (too_few, "wrong_uses"), (lost, "use_missing")])
def test_a_fault_is_found_and_put_right(shop: Shop, damage: Callable[[Shop], None], kind: str) -> None:
    damage(shop)
    before = shop.library.system.contents()

    assert kind in kinds(shop)
    assert shop.library.system.contents() == before
    assert kind in kinds(shop, repair=True)

    assert kinds(shop) == set()
    shop.check()


def test_a_use_that_nothing_published_has_goes_with_its_bytes(shop: Shop) -> None:
    spare = shop.use()
    spare.cid = shop.library.put(b"another")
    add(spare)

    assert "wrong_uses" in kinds(shop, repair=True)

    assert kinds(shop) == set()
    assert aws.get(UseRow, spare.account, spare.cid) is None
    assert cat(shop.library.system, shop.library.user, spare.cid).body == b"another"
    shop.library.rm(spare.cid)
    shop.check()


def test_what_is_left_of_a_publication_counts_until_it_is_given_back(shop: Shop) -> None:
    """Its files stay in use: they are not set right before, and given back once."""
    resource, _ = shop.pairs.pop()
    library = shop.library
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.resources.clearing.Clearing.clear", lambda *_: ())
        assert library.delete(resource).status == 204
    assert len(list(aws.scan(RemainsRow))) == 1

    assert kinds(shop, repair=True) == set()
    assert shop.use().uses == 2

    services_of(library.system).janitor(0).run()
    assert shop.use().uses == 1
    assert kinds(shop) == set()


def test_objects_of_what_is_published_are_no_orphans(shop: Shop) -> None:
    """Though its row is lost, and no pin knows them any more: they may be all that is left."""
    row = aws.get(BlobRow, shop.cid)
    assert row is not None
    lose(row)
    objects = shop.library.system.contents()["objects"]

    found = reconciler(shop.library.system).check(repair=True)

    assert {(one.kind, one.subject) for one in found} == {("pin_without_blob", f"{shop.library.user.zelid}/{shop.cid}")}
    assert shop.library.system.contents()["objects"] == objects
