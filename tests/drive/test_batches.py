"""Puts of more files than one transaction holds."""

import pytest

from chalicelib import aws
from chalicelib.drive.tables import BatchRow
from tests.drive.asking import HELLO, many, put_ok
from tests.support.books import cat, faults_in, listed, rm, stats, status
from tests.support.system import System, User


@pytest.mark.parametrize("count", [12, 13, 24, 25, 30])
def test_all_files_of_one_request_are_stored(system: System, user: User, count: int) -> None:
    files = many(count)

    answer = system.put(user, *files)

    shown = [(file["name"], file["size"]) for file in answer.json["files"]]
    assert shown == [(name, len(data)) for name, data in files]
    assert listed(system, user) == {file["name"]: file["hash"] for file in answer.json["files"]}
    for file, (_, data) in zip(answer.json["files"], files, strict=True):
        assert cat(system, user, file["hash"]).body == data
    used = sum(len(data) for _, data in files)
    assert (status(system, user)["storage_used"], stats(system)) == (used, (count, used))
    assert list(aws.scan(BatchRow)) == []
    assert faults_in(system) == []


def test_three_hundred_files_in_one_request(system: System, user: User) -> None:
    files = many(300)

    hashes = put_ok(system, user, *files)

    used = sum(len(data) for _, data in files)
    assert listed(system, user) == dict(zip((name for name, _ in files), hashes, strict=True))
    assert (status(system, user)["storage_used"], stats(system)) == (used, (300, used))
    assert len(system.contents()["objects"]) == 300
    assert faults_in(system) == []


def test_a_batch_may_hold_what_is_known_already_and_the_same_twice(system: System, user: User) -> None:
    # Given a file of the account, and one of another account
    put_ok(system, user, ("mine", b"hello world"))
    other = system.user()
    put_ok(system, other, ("theirs", b"shared"))
    objects = len(system.contents()["objects"])

    # When both come among 30, under new names and old, with one content under 14 names
    names = [(f"name {number}", b"many names") for number in range(14)]
    hashes = put_ok(
        system, user, ("mine", b"hello world"), ("also", b"hello world"), ("s", b"shared"), *names, *many(13)
    )

    # Then each name is listed once, and no content is stored twice
    assert len(listed(system, user)) == 1 + 1 + 1 + 14 + 13
    assert len(system.contents()["objects"]) == objects + 1 + 13
    assert status(system, user)["storage_used"] == 2 * 11 + 6 + 14 * 10 + sum(len(data) for _, data in many(13))
    assert faults_in(system) == []

    # And all of it goes as it came
    for cid in set(hashes):
        assert rm(system, user, cid).status == 200
    assert (listed(system, user), status(system, user)["storage_used"], stats(system)) == ({}, 0, (1, 6))
    assert listed(system, other).keys() == {"theirs"}
    assert faults_in(system) == []


def test_a_batch_put_again_changes_nothing_anyone_sees(system: System, user: User) -> None:
    """Only that it is no longer the first put's to take back."""
    first = system.put(user, *many(30))
    before = listed(system, user)

    assert system.put(user, *many(30)).json == first.json
    assert listed(system, user) == before
    settled = system.contents()
    assert system.put(user, *many(30)).json == first.json
    assert system.contents() == settled


def test_a_batch_of_which_one_file_is_new_adds_that_one(system: System, user: User) -> None:
    put_ok(system, user, *many(30))

    put_ok(system, user, *many(30), ("new", b"hello world"))

    assert listed(system, user).keys() == {name for name, _ in many(30)} | {"new"}
    assert listed(system, user)["new"] == HELLO
    assert faults_in(system) == []
