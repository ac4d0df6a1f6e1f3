"""Ranges of what one answer does not hold: cut to what it does, and each answer says which bytes it carries."""

import re

import pytest

from chalicelib.settings import Settings
from tests.drive.asking import folder_ok, put_ok, read, refusal
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.copying import FOLDER, LARGE, MOST, limited, not_ready

RANGES = [
    ("bytes=0-", 0, 999),
    ("bytes=0-4999", 0, 999),
    ("bytes=0-999", 0, 999),
    ("bytes=0-1000", 0, 999),
    ("bytes=0-0", 0, 0),
    ("bytes=100-199", 100, 199),
    ("bytes=3999-", 3_999, 4_998),
    ("bytes=4000-", 4_000, 4_999),
    ("bytes=4001-99999", 4_001, 4_999),
    ("bytes=-1", 4_999, 4_999),
    ("bytes=-1000", 4_000, 4_999),
    ("bytes=-1001", 3_999, 4_998),
    ("bytes=-3000", 2_000, 2_999),
    ("bytes=-99999", 0, 999),
]


@pytest.fixture
def system(ministack: Ministack) -> System:
    return limited(ministack)


@pytest.fixture
def cid(system: System, user: User) -> str:
    return put_ok(system, user, ("a", LARGE), content_type="text/plain")[0]


def test_a_range_is_answered_with_what_an_answer_holds_of_it(system: System, user: User, cid: str) -> None:
    for call in ("cat", "get"):
        for asked, first, last in RANGES:
            answer = read(system, user, cid, call, range=asked)
            assert answer.status == 206, asked
            assert answer.headers["content-range"] == f"bytes {first}-{last}/5000", asked
            assert answer.body == LARGE[first : last + 1], asked
    assert system.jobs.held == []


def test_who_asks_on_gets_all_of_it(system: System, user: User) -> None:
    """Of a file, and of a folder's tar, which is the same each time."""
    root = folder_ok(system, user, *FOLDER.items())
    for arg, call in ((f"{root}/docs/a.txt", "cat"), (root, "get")):
        got = b""
        total = 1
        while len(got) < total:
            answer = read(system, user, arg, call, range=f"bytes={len(got)}-")
            assert len(answer.body) <= MOST
            found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers["content-range"])
            assert found is not None
            assert (int(found[1]), int(found[2])) == (len(got), len(got) + len(answer.body) - 1)
            got, total = got + answer.body, int(found[3])
        assert len(got) == total
        assert (call != "cat") or got == FOLDER["docs/a.txt"]


def test_what_is_no_range_asks_for_the_whole(system: System, user: User, cid: str) -> None:
    for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=5-1", "bytes=", "nonsense"):
        assert refusal(read(system, user, cid, range=asked))[2] == "copy_not_ready", asked
    assert len(system.jobs.held) == 1


def test_a_range_of_what_has_changed_asks_for_the_whole(system: System, user: User, cid: str) -> None:
    assert read(system, user, cid, range="bytes=0-9", if_range=f'"{cid}"').body == LARGE[:10]
    assert read(system, user, cid, range="bytes=0-9", if_range='"other"').status == 503


def test_a_range_beyond_the_end_is_told_the_size(system: System, user: User, cid: str) -> None:
    answer = read(system, user, cid, range="bytes=5000-")

    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */5000")


def test_a_range_does_not_wait_for_a_copy(system: System, user: User, cid: str) -> None:
    not_ready(system, user, cid)

    assert read(system, user, cid, range="bytes=0-9").body == LARGE[:10]


def test_the_limit_of_production_leaves_room_for_base64() -> None:
    """Lambda answers with at most 6 MB, in which four characters stand for three bytes."""
    most = Settings.model_fields["max_inline_bytes"].default

    assert most == 4_400_000
    assert most * 4 / 3 < 6 * 10**6 - 50_000
