from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from chalicelib.aws import Aws, Ref, StoreBusyError, batch_get, get, page
from chalicelib.aws.reads import BATCH
from tests.aws.rows import Claim, Counter, commit
from tests.support.calls import Calls

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def calls(store: Aws) -> Calls:
    return Calls(store)


def make_claims(count: int, text: str | None = None) -> list[str]:
    """Claims of one owner, in key order, a few to a transaction."""
    names = [f"{number:04}" for number in range(count)]
    for start in range(0, count, 10):
        rows = [Claim(owner="o", name=name, text=text) for name in names[start : start + 10]]
        commit(*(lambda tx, row=row: tx.create(row) for row in rows))
    return names


def test_get_is_one_call_and_none_for_what_is_not_there(calls: Calls) -> None:
    make_claims(1)
    calls.clear()

    found, missing = get(Claim, "o", "0000"), get(Claim, "o", "0001")

    assert found is not None
    assert (found.name, missing) == ("0000", None)
    assert calls.by_operation() == {"GetItem": 2}


def test_a_batch_answers_in_the_order_asked_over_several_tables(calls: Calls) -> None:
    make_claims(2)
    commit(lambda tx: tx.create(Counter(id="a", value=5)))
    calls.clear()

    refs = [
        Ref(Claim, "o", "0001"),
        Ref(Counter, "missing"),
        Ref(Counter, "a"),
        Ref(Claim, "o", "0000"),
        Ref(Claim, "other", "0000"),
        Ref(Claim, "o", "0001"),
    ]
    last, none, counter, first, another, again = batch_get(*refs)

    assert (last.name, counter.value, first.name, again.name) == ("0001", 5, "0000", "0001")
    assert (none, another) == (None, None)
    assert calls.by_operation() == {"BatchGetItem": 1}


def test_a_batch_of_nothing_is_no_call(calls: Calls) -> None:
    assert batch_get() == []
    assert calls.total == 0


@pytest.mark.parametrize(("keys", "expected"), [(BATCH, 1), (BATCH + 1, 2), (250, 3)])
@pytest.mark.parametrize("store", ["moto"], indirect=True)
def test_a_batch_takes_a_call_per_100_different_keys(calls: Calls, keys: int, expected: int) -> None:
    refs = [Ref(Counter, f"c{number}") for number in range(keys)]

    assert batch_get(*refs, *refs[:50]) == [None] * (keys + 50)
    assert calls.by_operation() == {"BatchGetItem": expected}


@pytest.fixture
def leaves_unread(store: Aws) -> Iterator[list[int]]:
    """DynamoDB leaves so many keys of the next batch answers unread, as it may when it is busy."""
    left: list[int] = []
    claims = Claim.physical_name()

    def leave(parsed: dict[str, Any], **_: Any) -> None:
        keep = len(parsed["Responses"][claims]) - (left.pop(0) if left else 0)
        items = parsed["Responses"][claims]
        unread = [{"owner": item["owner"], "name": item["name"]} for item in items[keep:]]
        if unread:
            parsed["UnprocessedKeys"] = {claims: {"Keys": unread, "ConsistentRead": True}}
        del items[keep:]

    store.dynamodb.meta.events.register("after-call.dynamodb.BatchGetItem", leave)
    yield left
    store.dynamodb.meta.events.unregister("after-call.dynamodb.BatchGetItem", leave)


def test_keys_left_unread_are_asked_for_again(calls: Calls, leaves_unread: list[int]) -> None:
    names = make_claims(7)
    calls.clear()
    leaves_unread[:] = [5, 3]

    rows = batch_get(*(Ref(Claim, "o", name) for name in names))

    assert [row.name for row in rows] == names
    assert calls.by_operation() == {"BatchGetItem": 3}


def test_keys_that_stay_unread_are_given_up(calls: Calls, leaves_unread: list[int]) -> None:
    make_claims(2)
    calls.clear()
    leaves_unread[:] = [1] * 100

    with pytest.raises(StoreBusyError):
        batch_get(Ref(Claim, "o", "0000"), Ref(Claim, "o", "0001"))

    assert calls.by_operation() == {"BatchGetItem": 5}


def test_pages_follow_one_another_to_the_end(calls: Calls, subtests: pytest.Subtests) -> None:
    names = make_claims(7)
    make = lambda tx: tx.create(Claim(owner="another", name="0003"))  # noqa: E731 - a step, as elsewhere
    commit(make)

    for limit, newest_first in product([1, 3, 7, 8, None], [False, True]):
        with subtests.test(f"{limit} {newest_first}"):
            calls.clear()
            pages = walk(limit, newest_first=newest_first)
            assert [name for page in pages for name in page] == sorted(names, reverse=newest_first)
            assert all(len(page) <= (limit or 7) for page in pages)
            assert len(pages) <= 7 // (limit or 8) + 1
            assert calls.by_operation() == {"Query": len(pages)}


def walk(limit: int | None, *, newest_first: bool) -> list[list[str]]:
    """The names of one owner's claims, page by page."""
    pages = [page(Claim, "o", limit=limit, newest_first=newest_first)]
    while (start := pages[-1].next) is not None:
        pages.append(page(Claim, "o", limit=limit, start=start, newest_first=newest_first))
    return [[row.name for row in one.rows] for one in pages]


def test_a_partition_with_nothing_is_an_empty_last_page() -> None:
    assert page(Claim, "nobody") == ([], None)


def test_a_page_ends_at_one_mebibyte_with_a_next(calls: Calls) -> None:
    names = make_claims(7, text="x" * 300_000)
    calls.clear()

    first = page(Claim, "o", limit=100)
    second = page(Claim, "o", limit=100, start=first.next)

    assert 3 <= len(first.rows) <= 4
    assert first.next is not None
    assert [row.name for row in (*first.rows, *second.rows)] == names[: len(first.rows) + len(second.rows)]
    assert calls.by_operation() == {"Query": 2}
