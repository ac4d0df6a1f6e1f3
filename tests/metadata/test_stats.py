"""Totals are exact at once, after every step and under every fault (spec, Invariants)."""

import random
from functools import partial

import pytest

from chalicelib import aws
from chalicelib.metadata import Metadata, ids
from chalicelib.metadata.cache import NoCache
from chalicelib.metadata.tables import Record
from tests.metadata.records import EXAMPLE, META, add_many, create, stats
from tests.support.faults import Faults, conflict, lose_answer, server_error, timeout_before
from tests.support.ministack import Ministack
from tests.support.system import System
from tests.support.threads import at_once

THREADS = 8
CREATES = 15
DELETES = 10
SHARED = 5


def delete(system: System, record_id: str) -> int:
    return system.call("DELETE", f"{META}/{record_id}").status


def test_nothing_is_nothing(system: System) -> None:
    assert stats(system) == (0, 0)


def test_totals_are_exact_after_each_step(system: System) -> None:
    expected, sizes = [0, 0], dict[str, int]()
    rng = random.Random(7)
    for _ in range(60):
        if sizes and rng.random() < 0.4:
            gone = rng.choice(list(sizes))
            assert delete(system, gone) == 200
            expected = [expected[0] - 1, expected[1] - sizes.pop(gone)]
        else:
            size = rng.choice([0, 1, 204_800, 2**53 - 1])
            sizes[create(system, size=size, user=rng.choice("abc"))["id"]] = size
            expected = [expected[0] + 1, expected[1] + size]
        assert stats(system) == tuple(expected)


def test_sums_beyond_what_a_double_holds_are_exact(ministack: Ministack) -> None:
    system, most = ministack.system(), 2**53 - 1
    add_many("u", 300, size=most)

    assert stats(system) == (300, 300 * most)


def test_records_removed_together_are_uncounted_in_all_their_shards(system: System) -> None:
    made = [create(system, size=size, user="u") for size in range(20)]
    create(system, size=1000)
    orders = [(str((ids.split(one["id"]) or ("", ""))[1]), one["size"]) for one in made]
    assert len({ids.shard(order) for order, _ in orders}) > 1

    with aws.transaction() as tx:
        Metadata(NoCache()).remove(tx, "u", orders)

    assert stats(system) == (1, 1000)


def test_no_other_call_moves_the_totals(system: System) -> None:
    one = f"{META}/{create(system)['id']}"
    refused = [
        system.call("POST", META, body={**EXAMPLE, "size": -1}),
        system.call("DELETE", f"{META}/file_{'0' * 48}"),
        system.call("PATCH", one, body={"size": 1}),
    ]
    done = [
        system.call("PATCH", one, body={"mimeType": "x"}),
        system.call("PUT", f"{one}/thumbs", body={"web": True}),
        system.call("GET", one),
        system.call("GET", META, query={"userId": EXAMPLE["user"]}),
    ]

    assert [answer.status for answer in refused] == [400, 404, 400]
    assert [answer.status for answer in done] == [200] * 4
    assert stats(system) == (1, EXAMPLE["size"])


def work(system: System, number: int, shared: list[str]) -> tuple[dict[str, int], list[str]]:
    """One thread's creates and deletes; sizes of what it made and left, and what it deleted of the shared records."""
    rng = random.Random(number)
    own: dict[str, int] = {}
    for step in range(CREATES):
        size = rng.randrange(10**6)
        own[create(system, size=size, user=f"user-{number % 3}")["id"]] = size
        if step % 3 != 0:
            gone = rng.choice(list(own))
            assert delete(system, gone) == 200
            del own[gone]
    statuses = {one: delete(system, one) for one in rng.sample(shared, len(shared))}
    assert set(statuses.values()) <= {200, 404}
    return own, [one for one, status in statuses.items() if status == 200]


def test_totals_are_exact_after_concurrent_creates_and_deletes(
    ministack: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 threads, each with 15 creates and 10 deletes, and 5 records that all of them delete; some 40 calls go wrong."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    system = ministack.system()
    kept, shared = add_many("kept", 3, size=1000), add_many("shared", SHARED, size=7)
    faults = Faults(system.aws)
    for at in range(0, THREADS * (CREATES + DELETES), 12):
        faults.add("TransactWriteItems", conflict, skip=at)
        faults.add("TransactWriteItems", lose_answer, skip=at)
    faults.add("TransactWriteItems", server_error, times=2, skip=50)
    faults.add("TransactWriteItems", timeout_before, times=2, skip=100)

    results = at_once([partial(work, system, number, shared) for number in range(THREADS)])

    left = {record_id: size for own, _ in results for record_id, size in own.items()}
    assert len(left) == THREADS * (CREATES - DELETES)
    assert sorted(one for _, deleted in results for one in deleted) == sorted(shared)
    assert faults.hits > 30
    faults.clear()
    assert stats(system) == (len(kept) + len(left), 1000 * len(kept) + sum(left.values()))
    assert len(list(aws.scan(Record))) == len(kept) + len(left)
