"""Many at once: the quota holds to the byte, contents are stored once, and the books balance."""

import threading
from functools import partial

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from tests.drive.asking import HELLO, put_ok, refusal
from tests.drive.failing import forget_tokens, patience
from tests.support.books import cat, faults_in, listed, rm, set_capacity, stats, status
from tests.support.faults import Faults, conflict, lose_answer, throttle
from tests.support.system import Answer, System, User
from tests.support.threads import at_once

SIZE = 1_000
"""Bytes of a file in these tests."""


def put_one(system: System, user: User, number: int) -> Answer:
    return system.put(user, (f"file {number}", f"{number:0{SIZE}}".encode()))


@pytest.fixture
def rough(system: System) -> Faults:
    """A DynamoDB that forgets request tokens, cancels, throttles and loses answers now and then."""
    forget_tokens(system)
    faults = Faults(system.aws)
    for skip in range(0, 30, 3):
        faults.add("TransactWriteItems", conflict, skip=skip, times=3)
        faults.add("TransactWriteItems", lose_answer, skip=skip)
    faults.add("TransactWriteItems", throttle, skip=7, times=4)
    return faults


@pytest.mark.parametrize("spare", [0, SIZE - 1])
def test_a_quota_is_never_passed_and_always_used_up(
    system: System, user: User, rough: Faults, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    # This is of the quota, not of how soon a slow machine gives up.
    patience(monkeypatch, 30)
    set_capacity(user, 20 * SIZE + spare)
    rough.hits = 0

    answers = at_once([partial(put_one, system, user, number) for number in range(32)])

    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * 20 + [413] * 12
    assert {refusal(a)[1] for a in answers if a.status == 413} == {"Storage capacity exceeded"}
    assert rough.hits >= 40
    stored = {answer.json["name"] for answer in answers if answer.status == 200}
    assert listed(system, user).keys() == stored
    shown = status(system, user)
    assert (shown["storage_used"], shown["remaining"]) == (20 * SIZE, spare)
    assert stats(system) == (20, 20 * SIZE)
    assert len(system.contents()["objects"]) == 20
    assert faults_in(system) == []


@pytest.mark.usefixtures("rough")
def test_ten_puts_at_once_all_succeed(system: System, user: User) -> None:
    answers = at_once([partial(put_one, system, user, number) for number in range(10)])

    assert [answer.status for answer in answers] == [200] * 10
    assert len(listed(system, user)) == 10
    assert status(system, user)["storage_used"] == 10 * SIZE
    assert faults_in(system) == []


def test_the_same_file_put_ten_times_at_once_is_one(system: System, user: User) -> None:
    answers = at_once([partial(put_one, system, user, 1)] * 10)

    assert [answer.status for answer in answers] == [200] * 10
    assert len(listed(system, user)) == 1
    assert status(system, user)["storage_used"] == SIZE
    assert len(system.contents()["objects"]) == 1
    assert faults_in(system) == []


def test_one_content_under_ten_names_at_once(system: System, user: User) -> None:
    at_once([partial(put_ok, system, user, (f"name {n}", b"hello world")) for n in range(10)])

    assert listed(system, user) == {f"name {n}": HELLO for n in range(10)}
    assert status(system, user)["storage_used"] == 10 * 11
    assert len(system.contents()["objects"]) == 1
    assert faults_in(system) == []


def test_two_accounts_with_the_same_new_content_share_one_blob(system: System) -> None:
    # Given both write their object before either commits
    users = [system.user(), system.user()]
    both_wrote = threading.Barrier(2)

    def meet(**_: object) -> None:
        both_wrote.wait(10)

    system.aws.s3.meta.events.register("before-send.s3.PutObject", meet)
    for number in range(5):
        data = f"shared {number}".encode()

        # When they put the same content
        (first,), (second,) = at_once([partial(put_ok, system, user, ("name", data)) for user in users])

        # Then there is one blob with two references, and the loser's object is gone
        assert first == second
        row = aws.get(BlobRow, first)
        assert row is not None
        assert int(row.refs) == 2
        assert [cat(system, user, first).body for user in users] == [data, data]
    assert len(system.contents()["objects"]) == 5
    assert faults_in(system) == []


def test_batches_that_share_contents_at_once(system: System) -> None:
    users = [system.user(), system.user(), system.user()]
    files = [(f"{n}.txt", f"{n}".encode()) for n in range(20)]

    at_once([partial(put_ok, system, user, *files[::step]) for user, step in zip(users, (1, -1, 1), strict=True)])

    for user in users:
        assert listed(system, user).keys() == {name for name, _ in files}
    assert len(system.contents()["objects"]) == 20
    assert faults_in(system) == []


def test_put_against_rm_of_the_same_content(system: System, user: User) -> None:
    """Fifty rounds; whichever comes first, the answer is true and the books balance."""
    for number in range(50):
        put, removed = at_once(
            [partial(system.put, user, (f"name {number}", b"hello world")), partial(rm, system, user, HELLO)]
        )
        assert put.status == 200
        assert removed.status in (200, 404)
        found = cat(system, user, HELLO)
        names = listed(system, user)
        assert (found.status, found.body == b"hello world") == ((200, True) if names else (404, False))
        # Nothing was there before the first round: rm found nothing, so the put is still there.
        assert removed.status == 200 or f"name {number}" in names
    assert faults_in(system) == []
