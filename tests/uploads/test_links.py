"""Links to the staging bucket: for one part of one length, for a while, fresh for what is missing."""

import time

import httpx
import pytest

from chalicelib.uploads import service
from tests.drive.asking import read
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.sending import address, ask, begin, body_of, check, put_part, send, slices, staged, state, work

FILE = {"": b"hello world"}


def test_a_link_takes_one_length_alone(system: System, user: User) -> None:
    """It is in the signature, so a longer part never comes to be."""
    part = begin(system, user, body_of(FILE))["parts"][0]

    for data in (b"", b"hello worl", b"hello world!", b"0" * 100_000):
        assert put_part(part, data, Content_Length=str(len(data))).status_code == 403
    assert staged(system) == []

    assert put_part(part, FILE[""]).status_code == 200


def test_a_link_is_for_putting_its_part_and_nothing_else(system: System, user: User) -> None:
    begun = begin(system, user, body_of({"a": b"1", "b": b"2"}))
    first, second = begun["parts"]
    send(begun["parts"], {"a": b"1", "b": b"2"})
    there = staged(system)

    elsewhere = first["url"].replace(f"{begun['upload']}/0?", f"{begun['upload']}/1?")
    assert httpx.get(first["url"]).status_code == 403
    assert httpx.delete(first["url"]).status_code == 403
    assert httpx.put(elsewhere, content=b"3").status_code == 403
    assert staged(system) == there
    assert second["url"] != first["url"]


def test_a_link_used_twice_before_the_end_keeps_what_came_last(system: System, user: User) -> None:
    begun = begin(system, user, body_of(FILE))
    assert put_part(begun["parts"][0], b"first thing").status_code == 200

    assert put_part(begun["parts"][0], FILE[""]).status_code == 200
    ask(system, user, "complete", begun["upload"])
    work(system)

    assert read(system, user, address(FILE)).body == FILE[""]
    check(system, user, used=11, files=1, size=11)


def test_a_link_dies_and_a_fresh_one_takes_its_place(ministack: Ministack) -> None:
    system = ministack.system(presign_seconds=1)
    user = system.user()
    begun = begin(system, user, body_of(FILE))
    assert begun["parts"][0]["expires"] <= time.time() + 1
    while time.time() < begun["parts"][0]["expires"] + 1.1:
        time.sleep(0.05)

    assert put_part(begun["parts"][0], FILE[""]).status_code == 403

    # Dates in signatures have whole seconds: a link for one may have less left than the way takes.
    for _ in range(20):
        fresh = state(system, user, begun["upload"])["parts"][0]
        if fresh["in"]:
            break
        assert fresh["url"] != begun["parts"][0]["url"]
        put_part(fresh, FILE[""])
    assert staged(system) == [f"uploads/{begun['upload']}/0"]


def test_an_upload_that_was_interrupted_goes_on_where_it_was(system: System, user: User) -> None:
    contents = {name: name.encode() for name in "abcd"}
    begun = begin(system, user, body_of(contents))
    send(begun["parts"][1:3], {"b": b"b", "c": b"c"})

    told = state(system, user, begun["upload"])

    assert [(part["path"], part["in"]) for part in told["parts"]] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", False),
    ]
    assert ["url" in part for part in told["parts"]] == [True, False, False, True]
    for (part, data), name in zip(slices(told["parts"], contents), "ad", strict=True):
        assert part["path"] == name
        assert put_part(part, data).status_code == 200
    assert all(part["in"] for part in state(system, user, begun["upload"])["parts"])


def test_a_part_of_another_length_is_not_in(system: System, user: User) -> None:
    begun = begin(system, user, body_of(FILE))
    bucket = system.aws.settings.staging_bucket
    system.aws.s3.put_object(Bucket=bucket, Key=f"uploads/{begun['upload']}/0", Body=b"hello worlds")

    (part,) = state(system, user, begun["upload"])["parts"]

    assert (part["in"], "url" in part) == (False, True)


def test_no_answer_has_more_links_than_it_holds(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """`upload/status` gives those of the next missing parts, however many are in."""
    monkeypatch.setattr(service, "MOST_LINKS", 3)
    contents = {str(number): b"x" for number in range(8)}
    begun = begin(system, user, body_of(contents))
    linked = ["url" in part for part in begun["parts"]]
    assert linked == [True] * 3 + [False] * 5

    parts, rounds = begun["parts"], 0
    while any("url" in part for part in parts):
        send(parts, contents)
        parts = state(system, user, begun["upload"])["parts"]
        rounds += 1

    assert rounds == 3
    assert all(part["in"] for part in parts)
    assert ask(system, user, "complete", begun["upload"]).status == 202
    work(system)
    assert state(system, user, begun["upload"])["result"]["folder"]["hash"] == address(contents)


def test_a_thousand_links_are_made_for_more_parts_than_that(system: System, user: User) -> None:
    parts = begin(system, user, {"files": [{"path": str(number), "size": 1} for number in range(1_200)]})["parts"]

    assert [part["number"] for part in parts] == list(range(1_200))
    assert ["url" in part for part in parts] == [True] * 1_000 + [False] * 200
    assert all("expires" in part and "headers" in part for part in parts[:1_000])


def test_a_link_names_neither_the_file_nor_the_account(system: System, user: User) -> None:
    begun = begin(system, user, {"name": "my secret name", "size": 1})

    url = begun["parts"][0]["url"]
    assert f"/uploads/{begun['upload']}/0?" in url
    assert "secret" not in url
    assert user.zelid not in url
