"""Pages by number of an account's list: handy for a screen, and never a way to make one call cost many."""

import pytest

from chalicelib.drive import listing
from tests.drive.asking import folder_ok, many, put_ok, refusal
from tests.drive.test_list import copies
from tests.support.system import Answer, System, User

INVALID = (400, "Invalid request", "invalid_request")


def ls(system: System, user: User, **query: object) -> Answer:
    return system.call("POST", "/api/v0/ls", user=user, query={name: str(value) for name, value in query.items()})


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [line["name"] for line in answer.json["files"]]


@pytest.fixture
def whole(system: System, user: User) -> list[str]:
    """Names of 24 files and a folder, newest first."""
    put_ok(system, user, *many(12, "old"))
    folder_ok(system, user, ("a", b"a"), name="the folder")
    put_ok(system, user, *many(12, "new"))
    return names(ls(system, user))


@pytest.mark.parametrize("size", [1, 4, 5, 24, 25, 26, 500])
def test_pages_tile_the_list(system: System, user: User, whole: list[str], size: int) -> None:
    count = -(-len(whole) // size)
    answers = [ls(system, user, page=page, size=size) for page in range(1, count + 3)]

    assert [name for answer in answers for name in names(answer)] == whole
    assert [len(names(answer)) for answer in answers[: count - 1]] == [size] * (count - 1)
    assert [names(answer) for answer in answers[count:]] == [[], []]
    assert all("next" not in answer.json for answer in answers[count:])


def test_page_one_is_where_a_list_begins(system: System, user: User, whole: list[str]) -> None:
    by_number, by_cursor = ls(system, user, page=1, size=10), ls(system, user, size=10)

    assert by_number.json["files"] == by_cursor.json["files"]
    assert names(by_number) == whole[:10]
    # From either, the cursor goes on
    for answer in (by_number, by_cursor):
        assert names(ls(system, user, size=10, cursor=answer.json["next"])) == whole[10:20]
    assert names(ls(system, user, page=2, size=10)) == whole[10:20]
    third = ls(system, user, size=10, cursor=ls(system, user, page=2, size=10).json["next"])
    assert (names(third), "next" in third.json) == (whole[20:], False)


def test_a_page_of_an_empty_list(system: System, user: User) -> None:
    for page in (1, 2, 200):
        assert ls(system, user, page=page).json == {"status": "success", "files": []}


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "+1"},
        {"page": "1.0"},
        {"page": "one"},
        {"page": ""},
        {"page": " 1"},
        {"page": "²"},
        {"page": "१"},
        {"page": "0x1"},
        {"page": "1e1"},
        {"page": "9" * 7},
        {"page": "9" * 5_000},
        {"page": "1", "size": "0"},
        {"page": "1", "size": "501"},
        {"page": "1", "offset": "5"},
        {"Page": "1"},
        # Beyond 10,000 entries
        {"page": "202"},
        {"page": "22", "size": "500"},
        {"page": "10002", "size": "1"},
        {"page": "999999", "size": "500"},
    ],
    ids=lambda query: str(query)[:40],
)
def test_impossible_pages_are_refused(system: System, user: User, query: dict[str, str]) -> None:
    folder = folder_ok(system, user, ("a", b"a"))

    assert refusal(ls(system, user, **query)) == INVALID
    assert refusal(ls(system, user, arg=folder, **query)) == INVALID


def test_a_page_and_a_cursor_are_two_places(system: System, user: User, whole: list[str]) -> None:
    cursor = ls(system, user, size=5).json["next"]
    assert len(whole) > 5

    assert refusal(ls(system, user, page=1, cursor=cursor)) == INVALID
    assert refusal(ls(system, user, page=2, size=5, cursor=cursor)) == INVALID


def test_a_jump_goes_so_far_and_no_further(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listing.MOST_LISTED == 10_000
    monkeypatch.setattr("chalicelib.drive.schemas.MOST_LISTED", 100)
    put_ok(system, user, ("x", b"content"))
    copies(system, user, 150)

    last = ls(system, user, page=3)
    assert (len(names(last)), "next" in last.json) == (50, True)
    beyond = ls(system, user, size=500, cursor=last.json["next"])
    assert (len(names(beyond)), "next" in beyond.json) == (1, False)
    assert refusal(ls(system, user, page=4)) == INVALID
    assert len(names(ls(system, user, page=101, size=1))) == 1
    assert refusal(ls(system, user, page=102, size=1)) == INVALID
