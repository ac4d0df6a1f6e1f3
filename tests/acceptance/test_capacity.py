"""A file of 100 MB, and a plan that is filled with it to the last byte."""

import random
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.client import Target, assert_refused, listed, on, put, used
from tests.acceptance.operating import Operator
from tests.acceptance.sending import Sender, whole
from tests.acceptance.unixfs import address

GIB = 2**30
LARGE = 107_374_182
"""Ten of these leave four bytes of a gigabyte."""


@pytest.fixture(scope="module")
def data() -> bytes:
    return random.Random(100).randbytes(LARGE)


@pytest.fixture
def small(target: Target, operator: Operator) -> Iterator[httpx.Client]:
    """The drive of an account with one gigabyte."""
    with target.client(operator.account("--gb", "1", plan="PRO")) as client:
        yield client


def test_a_large_file_fills_a_plan_to_the_last_byte_and_not_beyond(
    small: httpx.Client, data: bytes, send: Sender
) -> None:
    cid = address(data)
    first = send(small, "large 0.bin", data)
    assert (first["hash"], first["size"], used(small)) == (cid, LARGE, LARGE)
    assert whole(small, "cat", cid).content == data

    for number in range(1, 10):
        assert send(small, f"large {number}.bin", data)["size"] == LARGE
    assert used(small) == GIB - 4

    assert_refused(put(small, ("more", b"12345")), "storage_capacity_exceeded")
    assert_refused(put(small, ("some", b"123"), ("more", b"45")), "storage_capacity_exceeded")
    begun = small.post("/api/v0/upload", json={"name": "large 10.bin", "size": LARGE})
    assert_refused(begun, "storage_capacity_exceeded")
    assert used(small) == GIB - 4
    assert len(listed(small)) == 10

    assert put(small, ("last", b"1234")).status_code == 200
    assert put(small, ("empty", b"")).status_code == 200
    assert_refused(put(small, ("one", b"1")), "storage_capacity_exceeded")
    assert used(small) == GIB

    assert on(small, "rm", cid).status_code == 200
    assert used(small) == 4
    assert_refused(on(small, "cat", cid), "file_not_found")
