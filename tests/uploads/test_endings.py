"""Each way an upload ends without a file: told to its owner, its bytes given back, and nothing left of it."""

import pytest

from tests.drive.asking import HELLO, put_ok, refusal
from tests.support.books import listed
from tests.support.system import System, User
from tests.uploads.ends import check_failed
from tests.uploads.sending import (
    address,
    ask,
    begin,
    body_of,
    check,
    completed,
    leftovers,
    put_part,
    send,
    state,
    work,
)

DAY = 86_400
CONTENTS = {"a": b"hello world", "b/c": b"other"}
SIZE = 16


def test_a_part_that_was_changed_after_it_was_completed(system: System, user: User) -> None:
    begun = begin(system, user, body_of(CONTENTS))
    send(begun["parts"], CONTENTS)
    assert ask(system, user, "complete", begun["upload"]).status == 202

    assert put_part(begun["parts"][1], b"OTHER").status_code == 200
    work(system)

    text = "A part was changed after the upload was completed"
    check_failed(system, user, begun["upload"], "part_changed", text)


def test_a_part_that_was_changed_once_it_was_processed_changes_nothing(system: System, user: User) -> None:
    begun = begin(system, user, body_of(CONTENTS))
    send(begun["parts"], CONTENTS)
    ask(system, user, "complete", begun["upload"])
    system.jobs.held, rest = system.jobs.held[:1], system.jobs.held[1:]
    work(system)

    assert put_part(begun["parts"][0], b"HELLO WORLD").status_code == 200
    system.jobs.held = rest
    work(system)

    assert state(system, user, begun["upload"])["result"]["folder"]["hash"] == address(CONTENTS)
    assert leftovers(system)["staged"] == []
    check(system, user, used=SIZE, files=1, size=SIZE)


def test_a_part_that_is_gone_when_it_is_processed(system: System, user: User) -> None:
    upload = completed(system, user, CONTENTS)
    bucket = system.aws.settings.staging_bucket
    system.aws.s3.delete_object(Bucket=bucket, Key=f"uploads/{upload}/1")

    work(system)

    check_failed(system, user, upload, "part_changed", "A part was changed after the upload was completed")


@pytest.mark.parametrize("contents", [{"": b"hello world"}, CONTENTS], ids=["file", "folder"])
def test_another_address_than_was_declared(system: System, user: User, contents: dict[str, bytes]) -> None:
    wrong = address({"": b"something else"})

    upload = completed(system, user, contents, body_of(contents, hash=wrong))
    work(system)

    check_failed(system, user, upload, "hash_mismatch", "The content has another hash than was declared")


def test_the_address_of_a_folder_is_not_that_of_its_file(system: System, user: User) -> None:
    upload = completed(system, user, {"a": b"hello world"}, body_of({"a": b"hello world"}, hash=HELLO))

    work(system)

    check_failed(system, user, upload, "hash_mismatch", "The content has another hash than was declared")


def test_a_wrong_address_does_not_touch_content_that_has_it(system: System, user: User) -> None:
    """Neither what was declared, nor what it turned out to be."""
    put_ok(system, user, ("mine", b"hello world"), ("too", b"other"))
    before, rows = leftovers(system)["objects"], listed(system, user)

    upload = completed(system, user, {"": b"other"}, {"name": "x", "size": 5, "hash": HELLO})
    work(system)

    assert state(system, user, upload)["reason"] == "hash_mismatch"
    assert (leftovers(system)["objects"], listed(system, user)) == (before, rows)
    check(system, user, used=SIZE, files=2, size=SIZE)


def test_parts_that_are_missing_or_of_another_length(system: System, user: User) -> None:
    contents = {str(number): b"12345" for number in range(5)}
    begun = begin(system, user, body_of(contents))
    send([begun["parts"][0], begun["parts"][3]], {"0": b"12345", "3": b"12345"})
    bucket = system.aws.settings.staging_bucket
    system.aws.s3.put_object(Bucket=bucket, Key=f"uploads/{begun['upload']}/2", Body=b"1234")
    system.aws.s3.put_object(Bucket=bucket, Key=f"uploads/{begun['upload']}/4", Body=b"")

    answer = ask(system, user, "complete", begun["upload"])

    text = "Parts are missing or have the wrong length"
    assert refusal(answer) == (400, text, "parts_missing")
    assert answer.json["detail"] == [{"number": 1}, {"number": 2}, {"number": 4}]
    assert system.jobs.held == []
    check(system, user, used=25, files=0, size=0)

    send(state(system, user, begun["upload"])["parts"], contents)
    assert ask(system, user, "complete", begun["upload"]).status == 202
    work(system)
    check(system, user, used=25, files=1, size=25)


def test_a_hundred_missing_parts_are_named_and_no_more(system: System, user: User) -> None:
    begun = begin(system, user, {"files": [{"path": str(number), "size": 1} for number in range(120)]})

    answer = ask(system, user, "complete", begun["upload"])

    assert answer.json["detail"] == [{"number": number} for number in range(100)]


def test_a_folder_too_large_for_its_manifest(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.drive.manifests.MOST_PAGE_BYTES", 300)
    contents = {f"{number}/{number}": str(number).encode() for number in range(40)}

    upload = completed(system, user, contents)
    work(system)

    text = "The folder has too many files, or too long paths: split it"
    check_failed(system, user, upload, "folder_too_large", text)
