"""Parts of files, conditions, and what is left of a caller's limit."""

import random

import httpx
import pytest

from tests.acceptance.client import on, stored

DATA = random.Random(9).randbytes(600_000)


@pytest.fixture(scope="module")
def cid(drive: httpx.Client) -> str:
    return stored(drive, ("ranged.bin", DATA))[0]


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("0-0", range(1)),
        ("262140-262150", range(262_140, 262_151)),
        ("599990-", range(599_990, 600_000)),
        ("-10", range(599_990, 600_000)),
    ],
)
def test_one_range(verb: str, asked: str, part: range, drive: httpx.Client, cid: str) -> None:
    answer = drive.request(verb, "/api/v0/cat", params={"arg": cid}, headers={"Range": f"bytes={asked}"})

    assert (answer.status_code, answer.content) == (206, DATA[part.start : part.stop])
    assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=x"])
def test_what_is_no_single_range_is_answered_whole(asked: str, drive: httpx.Client, cid: str) -> None:
    answer = drive.get("/api/v0/cat", params={"arg": cid}, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, DATA)


def test_a_range_beyond_the_end(drive: httpx.Client, cid: str) -> None:
    answer = drive.get("/api/v0/cat", params={"arg": cid}, headers={"Range": "bytes=600000-"})

    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */600000"


def test_conditions(drive: httpx.Client, cid: str) -> None:
    known = drive.get("/api/v0/cat", params={"arg": cid}, headers={"If-None-Match": f'"{cid}"'})
    other = {"Range": "bytes=0-0", "If-Range": '"another"'}

    assert (known.status_code, known.content) == (304, b"")
    assert drive.get("/api/v0/cat", params={"arg": cid}, headers=other).status_code == 200
    head = drive.head("/api/v0/cat", params={"arg": cid})
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(DATA)), "bytes")


def test_every_answer_says_where_its_caller_stands(drive: httpx.Client, cid: str) -> None:
    read, write = on(drive, "cat", cid), on(drive, "rm", "nonsense")

    assert read.headers["ratelimit-policy"] == '"reads";q=1500;w=1'
    assert write.headers["ratelimit-policy"] == '"puts";q=150;w=1'
    assert write.status_code == 400
    for answer, name in ((read, "reads"), (write, "puts")):
        assert answer.headers["ratelimit"].startswith(f'"{name}";r=')
