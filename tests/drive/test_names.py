"""A file keeps its name, whatever script it is written in and however a client sends it."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.drive import schemas
from tests.drive.asking import HELLO, file_name, put_ok, put_parts, refusal
from tests.support.books import listed, rm, status
from tests.support.system import System, User

NAMES = [
    "21045.png",
    "naïve café.txt",
    "日本語のファイル.pdf",
    "документ.docx",
    "عربى — مثال.txt",
    "ไทย.txt",
    "👩‍👩‍👧‍👦 family.gif",
    'a "b".gz',
    '"',
    "it's; a=b, 100%.txt",
    "percent%41%zz.txt",
    "C:\\fakepath\\x.png",
    "folder/inside.txt",
    "../../etc/passwd",
    " leading and trailing ",
    "tab\there",
    ".",
    "-rf *",
    "x" * 1024,
    "🐙" * 256,
]
"""The last two have exactly 1,024 bytes."""
# What only `filename*` can carry.
EXTENDED_ONLY = ["two\r\nlines.txt", "nul\x00.bin", "\x7f\x1b[31m", "\u2028\ufeff"]


def raw(name: str) -> str:
    return f'form-data; name="file"; filename="{name}"'


def extended(name: str) -> str:
    return f"form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}"


def both(name: str) -> str:
    return f'form-data; name="file"; filename="fallback"; filename*=UTF-8\'\'{quote(name, safe="")}'


def test_names_come_back_as_they_were_sent(system: System, user: User) -> None:
    sent = [(raw(name), str(at).encode()) for at, name in enumerate(NAMES)]
    sent += [(extended(name), name.encode() + b" extended") for name in [*NAMES, *EXTENDED_ONLY]]
    names = [*NAMES, *NAMES, *EXTENDED_ONLY]

    answer = put_parts(system, user, *sent)

    assert [file["name"] for file in answer.json["files"]] == names
    lines = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert sorted(line["name"] for line in lines) == sorted(names)
    for file in answer.json["files"]:
        download = system.call("POST", "/api/v0/get", user=user, query={"arg": file["hash"]})
        assert file_name(download.headers["content-disposition"]) == file["name"]


def test_the_extended_form_wins_over_the_plain_one(system: System, user: User) -> None:
    answer = put_parts(system, user, (both("žluťoučký kůň"), b"hello world"))

    assert answer.json["name"] == "žluťoučký kůň"


@pytest.mark.parametrize("name", ["x" * 1025, "🐙" * 256 + "x", "é" * 513])
@pytest.mark.parametrize("form", [raw, extended])
def test_more_than_1024_bytes_are_refused(system: System, user: User, name: str, form: object) -> None:
    put_ok(system, user, ("some", b"file"))
    before = system.contents()

    answer = put_parts(system, user, (form(name), b"hello world"))  # type: ignore[operator]

    assert refusal(answer) == (400, "Invalid file name: 1 to 1024 bytes of UTF-8", "invalid_name")
    assert system.contents() == before


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
@example('"\\%;=\r\n\x00"')
@example("🐙" * 256)
def test_any_name_survives_content_disposition(name: str) -> None:
    assert file_name(schemas.disposition(name)) == name


def test_the_same_content_under_two_names_in_one_request_is_two_entries(system: System, user: User) -> None:
    hashes = put_ok(system, user, ("first", b"hello world"), ("second", b"hello world"))

    assert hashes == [HELLO, HELLO]
    assert listed(system, user) == {"first": HELLO, "second": HELLO}
    assert status(system, user)["storage_used"] == 22
    assert len(system.contents()["objects"]) == 1


def test_the_same_name_twice_in_one_request_is_one_entry_if_the_content_is_the_same(system: System, user: User) -> None:
    answer = system.put(user, ("name", b"hello world"), ("name", b"hello world"))

    assert [file["name"] for file in answer.json["files"]] == ["name", "name"]
    lines = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert [line["name"] for line in lines] == ["name"]


def test_the_same_name_twice_with_different_contents_is_two_entries(system: System, user: User) -> None:
    put_ok(system, user, ("name", b"hello world"), ("name", b"another"))

    lines = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert [line["name"] for line in lines] == ["name", "name"]
    assert len({line["hash"] for line in lines}) == 2


def test_the_first_name_is_the_one_a_download_carries(system: System, user: User) -> None:
    put_ok(system, user, ("first", b"hello world"))
    put_ok(system, user, ("second", b"hello world"))

    download = system.call("POST", "/api/v0/get", user=user, query={"arg": HELLO})

    assert file_name(download.headers["content-disposition"]) == "first"


def test_forty_names_and_no_more(system: System, user: User) -> None:
    # Given 38 names put one by one, and two more in one request
    for number in range(38):
        put_ok(system, user, (f"name {number}", b"hello world"))
    put_ok(system, user, ("name 38", b"hello world"), ("name 39", b"hello world"))
    before = system.contents()

    # When there is a 41st, alone or beside other files
    alone = system.put(user, ("one more", b"hello world"))
    beside = system.put(user, ("something else", b"else"), ("one more", b"hello world"))

    # Then it is refused and nothing is stored; the names there are can be put again, and all go with one rm
    for answer in (alone, beside):
        assert refusal(answer) == (400, "Too many names", "too_many_names")
    assert system.contents() == before
    put_ok(system, user, ("name 7", b"hello world"))
    assert rm(system, user, HELLO).status == 200
    assert (listed(system, user), status(system, user)["storage_used"]) == ({}, 0)


def test_forty_names_in_one_request(system: System, user: User) -> None:
    names = [(f"name {number}", b"hello world") for number in range(41)]

    assert refusal(system.put(user, *names)) == (400, "Too many names", "too_many_names")
    put_ok(system, user, *names[:40])

    assert len(listed(system, user)) == 40
    assert status(system, user)["storage_used"] == 40 * 11
