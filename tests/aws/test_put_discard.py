"""Steps that do not ask what stands there, and how many steps still fit."""

import pytest

from chalicelib.aws import Aws, Marker, Ref, batch_get, get, scan, transaction
from tests.aws.network import Network
from tests.aws.rows import Claim, Counter, commit, one_more, value
from tests.support.faults import lose_answer

pytestmark = pytest.mark.usefixtures("store")


def claim(name: str, text: str | None = None) -> Claim:
    return Claim(owner="o", name=name, text=text)


def text(name: str) -> str | None:
    row = get(Claim, "o", name)
    assert row is not None
    return row.text


def test_put_makes_a_row_or_replaces_it_whole() -> None:
    commit(lambda tx: tx.create(claim("there", "before")))

    commit(lambda tx: tx.put(claim("there")), lambda tx: tx.put(claim("new", "new")))

    assert (text("there"), text("new")) == (None, "new")


def test_put_is_no_mark_of_its_transaction() -> None:
    """Its row may be somebody else's a moment later."""
    commit(lambda tx: tx.put(claim("a")))

    assert len(list(scan(Marker))) == 1


def test_discard_takes_a_row_away_if_there_is_one() -> None:
    commit(lambda tx: tx.create(claim("there")), lambda tx: tx.create(claim("stays")))

    commit(lambda tx: tx.discard(claim("there")), lambda tx: tx.discard(claim("absent")))

    assert [row.name for row in scan(Claim)] == ["stays"]


@pytest.mark.parametrize("lost", [1, 2])
def test_beside_a_count_they_are_done_once(network: Network, lost: int) -> None:
    """However often their answer is lost."""
    commit(lambda tx: tx.create(claim("old")))
    network.then(*[lose_answer] * lost)

    commit(one_more(), lambda tx: tx.put(claim("new")), lambda tx: tx.discard(claim("old")))

    assert value() == 1
    assert [row.name for row in scan(Claim)] == ["new"]


@pytest.mark.parametrize("store", ["moto"], indirect=True)
def test_room_keeps_a_step_for_the_marker_until_a_row_is_one() -> None:
    tx = transaction()
    assert tx.room == 99
    tx.put(claim("put"))
    one_more()(tx)
    tx.discard(claim("discarded"))
    tx.check(claim("checked"), Claim.owner.does_not_exist())
    assert tx.room == 95
    tx.create(claim("created"))
    assert tx.room == 95
    tx.create(Counter(id="no mark"))
    assert tx.room == 94


@pytest.mark.parametrize("marked", [True, False])
def test_as_many_steps_as_there_is_room_for_are_committed(store: Aws, *, marked: bool) -> None:
    del store
    tx = transaction()
    if marked:
        tx.create(claim("mark"))
    for number in range(tx.room):
        tx.put(claim(str(number)))

    assert tx.room == 0
    tx.commit()

    refs = [Ref(Claim, "o", str(number)) for number in range(99)]
    assert all(batch_get(*refs))
    with pytest.raises(ValueError, match="100 items"):
        commit(*(lambda tx, n=number: tx.put(claim(str(n))) for number in range(101)))
