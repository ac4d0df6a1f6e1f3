"""Lists of a user's records: order, pages, cursors (spec, Endpoints; decision 12)."""

from collections.abc import Iterator

import pytest

from chalicelib.keys import Keys
from chalicelib.settings import Settings
from tests.metadata.records import META, add_many, create, fields_at_fault, listing, read
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import System

# Steps of one bit and of every power of 32 milliseconds, where a digit of the id's time carries over.
STEPS = [0.001, 0.002, 0.032, 1.024, 32.768, 1048.576, 33_554.432, 1_073_741.824]


class Clock:
    """The clock that new records are dated by."""

    def __init__(self) -> None:
        self.now = 1_780_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("chalicelib.metadata.service.time", clock)
    return clock


def pages(system: System, user: str, limit: int) -> Iterator[list[str]]:
    """Ids, page by page, to the end."""
    cursor: str | None = ""
    while cursor is not None:
        answer = listing(system, user, limit=str(limit), **({"cursor": cursor} if cursor else {}))
        assert answer.status == 200
        cursor = answer.json["next"]
        yield [record["id"] for record in answer.json["files"]]


def test_an_item_is_the_record_without_its_key(system: System) -> None:
    made = create(system, user="u")
    record = read(system, made["id"])

    answer = listing(system, "u")

    del record["dekEnc"]
    assert (answer.status, list(answer.json)) == (200, ["files", "next"])
    assert answer.json == {"files": [record], "next": None}
    assert list(answer.json["files"][0]) == list(record)


def test_an_unknown_user_is_an_empty_list(system: System) -> None:
    create(system, user="somebody")

    for user in ("nobody", "somebod", "somebody ", "\0", "é"):
        assert listing(system, user).json == {"files": [], "next": None}


def test_lists_are_newest_first(system: System, clock: Clock) -> None:
    made = []
    for step in STEPS * 4:
        clock.now += step
        made.append(create(system, user="u")["id"])

    assert [record["id"] for record in listing(system, "u").json["files"]] == made[::-1]
    assert [one for page in pages(system, "u", 5) for one in page] == made[::-1]


def test_the_limit_is_100_unless_given(ministack: Ministack) -> None:
    system = ministack.system()
    add_many("u", 101)

    assert len(listing(system, "u").json["files"]) == 100
    assert [len(page) for page in pages(system, "u", 1000)] == [101]
    assert [len(page) for page in pages(system, "u", 50)] == [50, 50, 1]
    assert len(listing(system, "u", limit="1").json["files"]) == 1


def test_a_page_that_grows_too_long_ends_early(system: System) -> None:
    """DynamoDB reads 1 MiB at a time; these records are 64 KiB each."""
    text = "\U0001f511" * 8192
    made = [create(system, user="u", filenameEnc=text, dekEnc=text)["id"] for _ in range(20)]

    walked = list(pages(system, "u", 1000))

    assert [len(page) < 17 for page in walked] == [True, True]
    assert sorted(one for page in walked for one in page) == sorted(made)


def test_a_walk_repeats_and_misses_nothing_while_records_come_and_go(system: System, clock: Clock) -> None:
    made = []
    for _ in range(30):
        clock.now += 1
        made += [create(system, user="u")["id"]]
    seen: list[str] = []
    gone: list[str] = []

    def delete(record_id: str) -> None:
        gone.append(record_id)
        assert system.call("DELETE", f"{META}/{record_id}").status == 200

    for page in pages(system, "u", 4):
        seen += page
        clock.now += 1
        create(system, user="u")
        left = [one for one in made if one not in (*seen, *gone)]
        # The one that the cursor stands on, one that was seen, one in the page to come.
        for record_id in (page[-1:], page[:-1][:1], left[-2:-1]):
            for one in record_id:
                delete(one)

    assert len(seen) == len(set(seen))
    assert set(made) - set(gone) <= set(seen) <= set(made)
    assert len(gone) > 15


def test_every_user_has_a_list_of_their_own(system: System) -> None:
    ids = {user: set(add_many(user, 7)) for user in ("a", "b", "ab")}

    for user, own in ids.items():
        assert {one for page in pages(system, user, 3) for one in page} == own


@pytest.fixture
def cursor(system: System) -> str:
    """A cursor in the list of user `u`, which has three records."""
    add_many("u", 3)
    return str(listing(system, "u", limit="2").json["next"])


def test_a_cursor_goes_with_any_limit(system: System, cursor: str) -> None:
    for limit in ("1", "2", "1000"):
        assert len(listing(system, "u", limit=limit, cursor=cursor).json["files"]) == 1


def test_a_cursor_is_bound_to_its_user(system: System, cursor: str) -> None:
    add_many("v", 3)

    for user in ("v", "nobody", "u ", "uu"):
        assert fields_at_fault(listing(system, user, cursor=cursor)) == ["cursor"]


def test_an_altered_cursor_is_refused_and_never_page_one(
    system: System, calls: Calls, cursor: str, subtests: pytest.Subtests
) -> None:
    altered = [cursor[:at] + ("A" if here != "A" else "B") + cursor[at + 1 :] for at, here in enumerate(cursor)]
    altered += [cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor + "!", " " + cursor, cursor * 2]
    altered += ["", "x", "é", "\0", "null", "A" * 1024, "A" * 1025, "file_" + "0" * 48]
    calls.clear()

    for one in altered:
        with subtests.test(f"{one!a:.90}"):
            assert fields_at_fault(listing(system, "u", cursor=one)) == ["cursor"]
    assert "Query" not in calls.by_operation()


def test_another_deployments_cursor_is_refused(settings: Settings, cursor: str) -> None:
    other = System.make(settings.model_copy(update={"table_prefix": "other-"}))
    add_many("u", 3)
    assert len(listing(other, "u", limit="2").json["files"]) == 2

    assert fields_at_fault(listing(other, "u", cursor=cursor)) == ["cursor"]


def test_a_cursor_survives_a_new_key_generation(settings: Settings, cursor: str) -> None:
    Keys(settings.kms_key_id, 300).add_generation()
    restarted = System.make(settings)

    assert len(listing(restarted, "u", cursor=cursor).json["files"]) == 1
    assert listing(restarted, "u", limit="2").json["next"] != cursor
