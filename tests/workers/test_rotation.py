"""The sweep: every stored key comes under the current generation, and nothing else happens."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.keys import masterkeys
from chalicelib.keys.messages import seal
from chalicelib.workers.rotation import HOLDERS, Report
from tests.metadata.records import read
from tests.support.books import rm
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.workers.rotating import STORED, Store, new_keys, rotate, rotation


@pytest.fixture
def store(system: System) -> Store:
    return Store.keep(system)


def test_nothing_is_stored_nothing_is_done(system: System) -> None:
    assert rotation(system).sweep() == Report()
    assert rotation(system).count() == Report()


def test_every_stored_key_comes_under_the_new_generation(store: Store) -> None:
    old = rotation(store.system).count()
    new = rotate(store.system)

    done = rotation(store.system).sweep()

    assert (old.left, old.foreign) == ({1: STORED}, 0)
    assert done == Report(rewrapped=STORED, foreign=0, left=Counter({new: STORED}))
    assert store.generations() == {new: STORED}
    store.assert_whole()


def test_names_and_contents_stay_as_they_are(store: Store) -> None:
    """Only `dek_enc` is written: no object, no name, no total, no time."""
    before = store.system.contents()
    rotate(store.system)

    rotation(store.system).sweep()

    changed = dict(differences(before, store.system.contents()))
    own = {name: changed.pop(name) for name in list(changed) if name.rsplit("-", 1)[-1] in ("blobs", "entries")}
    records = changed.pop(next(name for name in changed if name.endswith("-records")))
    assert set(own.values()) == {frozenset({"dek_enc"})}
    assert records == {"dek_enc", "revision"}
    assert {name.rsplit("-", 1)[-1] for name in changed} <= {"keys", "progress", "markers"}


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Of each table that changed, the attributes that did; `*` for rows that came or went."""
    for name, rows in before.items():
        if rows == after[name]:
            continue
        if len(rows) != len(after[name]):
            yield name, frozenset("*")
            continue
        # Rows are in the order of their representation: those of one key stay together.
        pairs = zip(sorted(rows, key=stable), sorted(after[name], key=stable), strict=True)
        yield name, frozenset(a for old, new in pairs for a in old.keys() | new.keys() if old.get(a) != new.get(a))


def stable(row: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in row.items() if k not in ("dek_enc", "revision")}, sort_keys=True, default=str)


def test_a_second_sweep_has_nothing_to_do(store: Store) -> None:
    rotate(store.system)
    rotation(store.system).sweep()
    texts, calls = store.texts(), Calls(store.system.aws)

    done = rotation(store.system).sweep()

    assert (done.rewrapped, done.left) == (0, {2: STORED})
    assert store.texts() == texts
    # One write a table and one at the end, all of them of how far it has come.
    assert calls.by_operation()["TransactWriteItems"] == len(HOLDERS) + 1


def test_several_generations_become_one(store: Store) -> None:
    for number in range(3):
        rotate(store.system)
        store.add_record(new_keys(store.system).wrap(b"own %d" % number))
    assert store.generations() == {1: STORED, 2: 1, 3: 1, 4: 1}
    assert rotation(store.system).count().left == store.generations()

    done = rotation(store.system).sweep()

    assert (done.rewrapped, done.left) == (STORED + 2, {4: STORED + 3})
    store.assert_whole()


def test_the_key_of_a_removed_content_comes_too(store: Store) -> None:
    """Its row stays as a tombstone, and a new pin may save it."""
    (cid,) = store.put(store.other, ("gone.txt", b"gone"))
    rm(store.system, store.other, cid)
    store.files[store.other] = {}
    store.learn()
    rotate(store.system)

    assert rotation(store.system).sweep().left == {2: STORED + 1}
    store.put(store.other, ("back.txt", b"gone"))
    store.assert_whole()


@pytest.mark.parametrize("rate", [0.5, 100.0, 1000.0])
def test_no_more_keys_a_second_than_it_is_told(store: Store, rate: float) -> None:
    rotate(store.system)
    slept: list[float] = []

    done = rotation(store.system, slept.append).sweep(rate)

    assert done.rewrapped == STORED
    assert sum(slept) == pytest.approx(STORED / rate)


def test_it_goes_on_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.workers.rotation.PAGE", 1)
    rotate(store.system)
    stop_at(store.system, 5)
    calls = Calls(store.system.aws)

    done = rotation(store.system).sweep()

    # Four rows were done with their pages, and the fifth alone; so two are left to look at, and one to rewrap.
    assert (done.rewrapped, done.left) == (STORED - 5, {2: STORED})
    scans_of_the_count = len(HOLDERS) + STORED
    assert calls.by_operation()["Scan"] - scans_of_the_count <= len(HOLDERS)
    store.assert_whole()


class StopError(Exception):
    """The operator pressed Ctrl-C."""


def stop_at(system: System, rewrapped: int) -> None:
    """A sweep that is stopped after so many keys."""
    left = iter(range(rewrapped - 1))

    def stop(_: float) -> None:
        if next(left, None) is None:
            raise StopError

    with pytest.raises(StopError):
        rotation(system, stop).sweep()


def test_a_sweep_cut_off_before_another_rotation_begins_anew(store: Store) -> None:
    rotate(store.system)
    stop_at(store.system, 4)
    rotate(store.system)

    done = rotation(store.system).sweep()

    assert (done.rewrapped, done.left) == (STORED, {3: STORED})
    store.assert_whole()


def test_a_process_that_knows_of_no_newer_generation_takes_nothing_back(store: Store) -> None:
    """Keys under a generation that is newer than the sweep's own stay there."""
    rotate(store.system)
    behind = rotation(store.system)
    behind.sweep()
    rotate(store.system)
    assert rotation(store.system).sweep().left == {3: STORED}

    assert behind.sweep().rewrapped == 0
    assert store.generations() == {3: STORED}


def elsewhere(store: Store, ministack: Ministack) -> str:
    """A key of another deployment, under its generation 1."""
    wrapped = new_keys(ministack.system()).wrap(b"theirs")
    aws.clients._current = store.system.aws
    return wrapped


def forged(number: int) -> str:
    """Text that parses as a message under a generation, made with another key."""
    master_key = masterkeys.generation_key(number, b"k" * 32)
    return base64.urlsafe_b64encode(seal(master_key, b"dek", {"purpose": "dek"})).decode().rstrip("=")


def test_values_that_are_not_ours_are_skipped_and_counted(store: Store, ministack: Ministack) -> None:
    ours = new_keys(store.system).wrap(b"dek")
    values = [
        "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
        "x",
        "é" * 8192,
        ours[:-1],
        ours[:100],
        elsewhere(store, ministack),
        *(forged(number) for number in (0, 1, 2, 3, 99_999_999)),
    ]
    ids = [store.add_record(value) for value in values]
    assert rotation(store.system).count() == Report(0, len(values), Counter({1: STORED}))
    rotate(store.system)

    done = rotation(store.system).sweep()

    assert (done.rewrapped, done.foreign, done.left) == (STORED, len(values), {2: STORED})
    assert [read(store.system, one)["dekEnc"] for one in ids] == values
    store.assert_whole()
