"""The drive answers with the seed's shapes, to the letter, and with what a newer client reads beside them."""

import time

import pytest

from tests.drive.asking import EMPTY, HELLO, put_ok
from tests.support.books import cat, rm, stats, status
from tests.support.system import System, User

GIB = 2**30


def test_a_new_account_uses_nothing(system: System) -> None:
    user = system.user("STARTER", paid_until=2_000_000_000)

    answer = system.call("POST", "/api/v0/status", user=user)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "status": "success",
        "result": {"active": True, "capacity_gb": 10, "storage_used": 0, "remaining": 10 * GIB},
        "zelid": user.zelid,
        "plan_name": "STARTER",
        "capacity_bytes": 10 * GIB,
        "data_transfer_bytes": None,
        "period_end": 2_000_000_000,
    }


def test_one_file_is_answered_in_the_list_and_flat(system: System, user: User) -> None:
    file = {"name": "21045.png", "hash": HELLO, "mimetype": "image/png", "size": 11}

    answer = system.put(user, ("21045.png", b"hello world"))

    assert answer.status == 200
    assert answer.json == {"status": "success", "files": [file], **file, "thumbnail": None}


def test_several_files_are_answered_in_their_order(system: System, user: User) -> None:
    answer = system.put(user, ("b.png", b"hello world"), ("a.png", b""))

    assert answer.json == {
        "status": "success",
        "files": [
            {"name": "b.png", "hash": HELLO, "mimetype": "image/png", "size": 11},
            {"name": "a.png", "hash": EMPTY, "mimetype": "image/png", "size": 0},
        ],
    }


def test_the_list_has_the_seeds_fields_and_the_newest_first(system: System, user: User) -> None:
    before = int(time.time() * 1000)
    put_ok(system, user, ("old.png", b"hello world"))
    time.sleep(0.002)
    put_ok(system, user, ("new.png", b""))
    after = int(time.time() * 1000)

    answer = system.call("POST", "/api/v0/ls", user=user)

    assert answer.status == 200
    files = answer.json["files"]
    times = [file.pop("timestamp") for file in files]
    assert answer.json.keys() == {"status", "files"}
    assert answer.json["status"] == "success"
    assert files == [
        {"hash": EMPTY, "name": "new.png", "size": 0, "mimetype": "image/png"},
        {"hash": HELLO, "name": "old.png", "size": 11, "mimetype": "image/png"},
    ]
    assert before <= times[1] <= times[0] <= after


def test_cat_gives_the_content_inline_and_get_as_a_download(system: System, user: User) -> None:
    put_ok(system, user, ("21045.png", b"hello world"))

    inline = cat(system, user, HELLO)
    download = system.call("POST", "/api/v0/get", user=user, query={"arg": HELLO})

    for answer in (inline, download):
        assert (answer.status, answer.body) == (200, b"hello world")
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["content-length"] == "11"
        assert answer.headers["etag"] == f'"{HELLO}"'
        assert answer.headers["cache-control"] == "private"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in inline.headers
    assert download.headers["content-disposition"].startswith('attachment; filename="21045.png"')


def test_rm_takes_a_file_away_for_good(system: System, user: User) -> None:
    put_ok(system, user, ("21045.png", b"hello world"))

    answer = rm(system, user, HELLO)

    assert answer.status == 200
    assert answer.json == {"status": "success", "success": "File removed", "hash": HELLO}
    gone = {"error": "File not found", "message": "File not found", "code": "file_not_found"}
    for again in (cat(system, user, HELLO), rm(system, user, HELLO)):
        assert (again.status, again.json) == (404, gone)
    assert system.call("POST", "/api/v0/ls", user=user).json == {"status": "success", "files": []}


@pytest.mark.parametrize(
    ("plan", "gigabytes", "capacity"),
    [("STARTER", None, 10), ("STANDARD", None, 50), ("ELITE", None, 100), ("PRO", 7, 7)],
)
def test_every_plan_shows_what_it_holds(system: System, plan: str, gigabytes: int | None, capacity: int) -> None:
    shown = status(system, system.user(plan, gigabytes=gigabytes))

    assert (shown["capacity_gb"], shown["remaining"]) == (capacity, capacity * GIB)


def test_status_and_stats_add_up_after_each_step(system: System, user: User) -> None:
    def says() -> tuple[int, int, tuple[int, int]]:
        shown = status(system, user)
        return shown["storage_used"], 10 * GIB - shown["remaining"], stats(system)

    put_ok(system, user, ("a", b"x" * 100))
    assert says() == (100, 100, (1, 100))
    put_ok(system, user, ("b", b"y" * 50), ("c", b"y" * 50))
    assert says() == (200, 200, (3, 200))
    put_ok(system, user, ("a", b"x" * 100))
    assert says() == (200, 200, (3, 200))
    (both,) = put_ok(system, user, ("d", b"y" * 50))
    assert says() == (250, 250, (4, 250))
    (empty,) = put_ok(system, user, ("empty", b""))
    assert says() == (250, 250, (5, 250))
    rm(system, user, both)
    assert says() == (100, 100, (2, 100))
    rm(system, user, empty)
    assert says() == (100, 100, (1, 100))
