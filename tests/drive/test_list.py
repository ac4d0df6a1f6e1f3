"""Lists: newest first, in pages by signed cursors, and never more than an answer can carry."""

import json
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.drive import listing
from chalicelib.drive.tables import EntryRow
from chalicelib.metadata import ids
from tests.drive.asking import many, put_ok, refusal
from tests.support.books import listed
from tests.support.system import System, User

MOST_INLINE = 4_400_000
"""Bytes of an answer that Lambda carries, once they are base64 (spec drive, Large files)."""


def pages(system: System, user: User, size: int | None) -> list[list[str]]:
    """Names by page, to the end."""
    found, query = [], {} if size is None else {"size": str(size)}
    while True:
        answer = system.call("POST", "/api/v0/ls", user=user, query=query)
        assert answer.status == 200, answer.body
        found.append([line["name"] for line in answer.json["files"]])
        if "next" not in answer.json:
            return found
        query = {**query, "cursor": answer.json["next"]}


@pytest.fixture
def names(system: System, user: User) -> list[str]:
    """Names of 25 files, newest first."""
    for number in range(0, 25, 5):
        put_ok(system, user, *many(25)[number : number + 5])
    (all_of_them,) = pages(system, user, None)
    return all_of_them


def test_pages_add_up_to_the_whole_list(system: System, user: User, names: list[str]) -> None:
    assert sorted(names) == sorted(name for name, _ in many(25))
    for size in (1, 7, 24, 25, 26, 500):
        found = pages(system, user, size)
        assert [name for page in found for name in page] == names
        assert all(len(page) == size for page in found[:-2])


def test_a_file_put_meanwhile_does_not_shift_the_next_page(system: System, user: User, names: list[str]) -> None:
    first = system.call("POST", "/api/v0/ls", user=user, query={"size": "10"}).json

    put_ok(system, user, ("newest", b"newest"))

    query = {"size": "10", "cursor": first["next"]}
    second = system.call("POST", "/api/v0/ls", user=user, query=query).json
    assert [line["name"] for line in [*first["files"], *second["files"]]] == names[:20]


@pytest.mark.usefixtures("names")
def test_a_cursor_works_for_its_account_alone(system: System, user: User) -> None:
    cursor = system.call("POST", "/api/v0/ls", user=user, query={"size": "3"}).json["next"]
    other = system.user()
    put_ok(system, other, *many(5, "theirs"))

    answer = system.call("POST", "/api/v0/ls", user=other, query={"size": "3", "cursor": cursor})

    assert refusal(answer) == (400, "Invalid request", "invalid_request")


@pytest.mark.usefixtures("names")
def test_a_cursor_that_was_altered_is_refused_and_never_page_one(system: System, user: User) -> None:
    cursor = system.call("POST", "/api/v0/ls", user=user, query={"size": "3"}).json["next"]
    # The last character holds two bits that mean nothing.
    altered = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor) - 1)]

    for bad in [*altered, cursor[:-1], cursor + "AAAA", "", "null", "é", "A" * 4000, "~"]:
        answer = system.call("POST", "/api/v0/ls", user=user, query={"cursor": bad})
        assert refusal(answer) == (400, "Invalid request", "invalid_request"), bad


def test_a_cursor_of_another_list_is_refused(system: System, user: User) -> None:
    put_ok(system, user, *many(3))
    query = {"userId": user.zelid, "limit": "1"}
    cursor = system.call("GET", "/api/v1/meta", query=query).json["next"]

    answer = system.call("POST", "/api/v0/ls", user=user, query={"cursor": cursor})

    assert refusal(answer) == (400, "Invalid request", "invalid_request")


SIZES = ["0", "501", "-1", "+5", "5.0", "ten", "", "²", "9" * 99]


@pytest.mark.parametrize("query", [*({"size": size} for size in SIZES), {"limit": "5"}, {"offset": "5"}], ids=str)
def test_unknown_or_impossible_paging_is_refused(system: System, user: User, query: dict[str, str]) -> None:
    answer = system.call("POST", "/api/v0/ls", user=user, query=query)

    assert refusal(answer) == (400, "Invalid request", "invalid_request")


def test_each_account_sees_its_own_list(system: System, user: User) -> None:
    other = system.user()
    put_ok(system, user, *many(3, "mine"))
    put_ok(system, other, *many(4, "theirs"))

    assert sorted(listed(system, user)) == sorted(name for name, _ in many(3, "mine"))
    assert sorted(listed(system, other)) == sorted(name for name, _ in many(4, "theirs"))


def copies(system: System, user: User, count: int) -> None:
    """Lines of the list like the one there is, written past the drive."""
    (row,) = aws.page(EntryRow, user.zelid).rows
    table, items = EntryRow.physical_name(), []
    for _ in range(count):
        row.order = ids.new_order()
        items.append({"PutRequest": {"Item": row.serialize()}})
    for start in range(0, count, 25):
        system.aws.dynamodb.batch_write_item(RequestItems={table: items[start : start + 25]})


def ask(system: System, user: User, query: dict[str, str]) -> Any:
    answer = system.call("POST", "/api/v0/ls", user=user, query=query)
    assert len(answer.body) <= MOST_INLINE
    return json.loads(answer.body)


def test_a_whole_list_stops_at_10000_entries(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listing.MOST_LISTED == 10_000
    # Above one page of rows, so that the cut is made between pages.
    monkeypatch.setattr(listing, "MOST_LISTED", 1_200)
    put_ok(system, user, ("x", b"content"))
    copies(system, user, 1_300)

    first = ask(system, user, {})
    second = ask(system, user, {"cursor": first["next"]})

    assert (len(first["files"]), len(second["files"])) == (1_200, 101)
    assert "next" not in second


def test_a_whole_list_stops_at_what_an_answer_can_carry(system: System, user: User) -> None:
    put_ok(system, user, ("🐙" * 256, b"content"))
    copies(system, user, 4_199)

    first = ask(system, user, {})
    second = ask(system, user, {"cursor": first["next"]})

    assert len(first["files"]) + len(second["files"]) == 4_200
    assert "next" not in second
