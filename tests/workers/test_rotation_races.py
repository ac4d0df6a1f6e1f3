"""A sweep while others are at work: what they change stays changed, and no old key comes back behind it."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import aws, composition
from chalicelib.composition import Services
from chalicelib.settings import Settings
from chalicelib.workers.rotation import Report
from tests.metadata.records import META, create, read
from tests.support.books import rm
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.support.threads import at_once as by_threads
from tests.workers.rotating import HELD, STORED, Store, at_once, new_keys, rotate, rotation


@pytest.fixture
def store(system: System) -> Store:
    return Store.keep(system)


Change = Callable[[Store, str], None]


def own(store: Store) -> list[str]:
    """Ids of the records that are none of the drive's."""
    return [record for record, dek in store.records.items() if dek and dek.startswith(b"own")]


def patch(store: Store, old: str) -> None:
    """Clients give their records other keys: one under the new generation, one under the old, one under none."""
    for record, dek_enc in zip(own(store), [new_keys(store.system).wrap(b"own, new"), old, "none"], strict=True):
        store.patch(record, dek_enc)


def thumbs(store: Store, _old: str) -> None:
    """A worker reports a thumbnail of every record."""
    for record in store.records:
        assert store.system.call("PUT", f"{META}/{record}/thumbs", body={"web": True}).status == 200


def put(store: Store, _old: str) -> None:
    """Both accounts put: new content, known content, and another name of it."""
    store.put(store.user, ("one more.txt", b"one"), ("two.txt", b"two"))
    store.put(store.other, ("their one.txt", b"one"), ("three.txt", b"three"))


def remove(store: Store, _old: str) -> None:
    """The account removes its file with all its names."""
    (cid,) = store.put(store.user, ("one.txt", b"one"))
    assert rm(store.system, store.user, cid).status == 200
    store.files[store.user] = {}
    store.learn()


def delete(store: Store, _old: str) -> None:
    """Clients delete their records."""
    for record in own(store):
        assert store.system.call("DELETE", f"{META}/{record}").status == 200
    store.learn()


@pytest.mark.parametrize("moment", [0, 2, 4])
@pytest.mark.parametrize("change", [patch, thumbs, put, remove, delete], ids=lambda change: change.__name__)
def test_a_change_in_between_wins(store: Store, change: Change, moment: int) -> None:
    old = new_keys(store.system).wrap(b"own, old")
    for number in range(2):
        store.add_record(new_keys(store.system).wrap(b"own %d" % number))
    rotate(store.system)
    moments = iter(range(STORED + 10))

    def in_between(_: float) -> None:
        if next(moments) == moment:
            change(store, old)

    done = rotation(store.system, in_between).sweep()

    assert next(moments) > moment
    store.assert_whole()
    # Clients who keep a key, and processes that do not know of the rotation yet, bring the old generation back.
    assert done.left.keys() <= {2} or change in (patch, put)
    assert done.left == store.generations()
    rotation(store.system).sweep()
    assert store.generations().keys() <= {2}
    store.assert_whole()


@pytest.mark.parametrize("model", HELD, ids=lambda model: model.__name__)
def test_a_key_that_was_replaced_meanwhile_stays(store: Store, model: type[aws.Table]) -> None:
    """Such as that of content that went and was put anew: the old key would make it unreadable for good."""
    store.put(store.other, ("two.txt", b"two"))
    keys, new = new_keys(store.system), rotate(store.system)
    replaced: set[str] = set()

    def in_between(_: float) -> None:
        rows: list[Any] = list(aws.scan(model))
        old = [row for row in rows if keys.generation_of(row.dek_enc) != new]
        if replaced or not 0 < len(old) < len(rows):
            return
        for row in old:
            replaced.add(text := new_keys(store.system).wrap(b"another"))
            with aws.transaction() as tx:
                tx.update(row, [type(row).dek_enc.set(text)])

    rotation(store.system, in_between).sweep()

    assert replaced
    assert replaced < set(store.texts())


def during_the_next_transaction(system: System, act: Callable[[], object]) -> None:
    """Do something when all has been read for the next transaction, and it is about to be sent."""
    event, events = "before-send.dynamodb.TransactWriteItems", system.aws.dynamodb.meta.events

    def once(**_: object) -> None:
        events.unregister(event, once)
        act()

    events.register_first(event, once)


def other_account(store: Store) -> None:
    store.put(store.other, ("theirs.txt", b"one"))


def another_name(store: Store) -> None:
    store.put(store.user, ("a third name.txt", b"one"))


def many_files(store: Store) -> None:
    """More than one transaction takes, the known content among the last."""
    store.put(store.other, *((f"{n}.txt", b"%d" % n) for n in range(14)), ("theirs.txt", b"one"))


@pytest.mark.parametrize("put", [other_account, another_name, many_files], ids=lambda put: put.__name__)
def test_a_put_that_read_an_old_key_does_not_bring_it_back(ministack: Ministack, put: Callable[[Store], None]) -> None:
    """It copies the key of content that is there already; were the old one retired by then, its name would be lost."""
    store = Store.keep(ministack.system(key_cache_seconds=0))
    rotate(store.system)

    during_the_next_transaction(store.system, lambda: rotation(store.system).sweep())
    put(store)

    assert store.generations().keys() == {2}
    store.assert_whole()


def swept(store: Store) -> Report | None:
    """A sweep by a process of its own; None if it gave way to another."""
    try:
        return rotation(store.system).sweep()
    except aws.StaleError:
        return None


@pytest.mark.parametrize("threads", [2, 3])
def test_of_sweeps_at_once_one_goes_through(store: Store, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr("chalicelib.workers.rotation.PAGE", 2)
    for number in range(6):
        store.add_record(new_keys(store.system).wrap(b"own %d" % number))
    for _ in range(3):
        new = rotate(store.system)

        reports = by_threads([lambda: swept(store)] * threads)

        done = [report for report in reports if report is not None]
        assert done
        assert all(report.left == {new: STORED + 6} for report in done)
        store.assert_whole()


@pytest.mark.parametrize("moment", range(STORED))
def test_a_sweep_gives_way_to_one_that_overtook_it(store: Store, moment: int) -> None:
    new, overtaken = rotate(store.system), list[Report]()
    moments = iter(range(STORED))

    def overtake(_: float) -> None:
        if next(moments) == moment:
            overtaken.append(rotation(store.system).sweep())

    with pytest.raises(aws.StaleError):
        rotation(store.system, overtake).sweep()

    (report,) = overtaken
    assert (report.rewrapped, report.left) == (STORED - 1 - moment, {new: STORED})
    store.assert_whole()


def test_a_cached_record_shows_its_new_key_at_once(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that was synced, and stays cached for a day. The cache is the process's own here."""
    wired: list[Services] = []
    services = composition.services

    def keep(settings: Settings) -> Services:
        wired.append(services(settings))
        return wired[-1]

    monkeypatch.setattr(composition, "services", keep)
    system = ministack.system(cache_url="embedded")
    ids = [create(system, dekEnc=new_keys(system).wrap(b"dek"))["id"] for _ in range(3)]
    user = {"user": "usr_9f8e7d6c", "type": "allOne"}
    assert system.call("POST", "/api/v1/e/meta/sync", body=user).json["synced"] == 3
    before = [read(system, one)["dekEnc"] for one in ids for _ in range(2)]
    rotate(system)
    work = wired[0].rotation()
    monkeypatch.setattr(work, "_sleep", at_once)

    assert work.sweep().rewrapped == 3

    after = [read(system, one)["dekEnc"] for one in ids]
    assert not set(before) & set(after)
    assert {new_keys(system).generation_of(one) for one in after} == {2}
    unwrapped: list[Any] = new_keys(system).batch("unwrap", after)
    assert unwrapped == ["dek"] * 3
