"""Content that somebody has already, and names that this account has: what is kept, and what is given back."""

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from tests.drive.asking import HELLO, many, put_ok, read, refusal
from tests.support.books import faults_in, listed, rm, services_of, stats, status
from tests.support.faults import Crash, Faults, crash_before
from tests.support.system import System, User
from tests.uploads.conftest import Later
from tests.uploads.sending import ask, check, check_nothing, completed, leftovers, state, upload, work

FILE = {"": b"hello world"}
SIZE = 11


def named(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "size": SIZE, **more}


def references() -> int:
    row = aws.get(BlobRow, HELLO)
    return int(row.refs) if row is not None else -1


def test_content_that_another_account_holds_is_kept_once(system: System, user: User) -> None:
    other = system.user()
    put_ok(system, other, ("theirs", FILE[""]))
    before = leftovers(system)["objects"]

    upload(system, user, FILE, named("mine"))

    assert (leftovers(system), references()) == ({"staged": [], "parts": [], "files": [], "objects": before}, 2)
    assert (listed(system, user), listed(system, other)) == ({"mine": HELLO}, {"theirs": HELLO})
    check(system, user, used=SIZE, files=2, size=2 * SIZE)
    check(system, other, used=SIZE, files=2, size=2 * SIZE)


def test_the_same_under_another_name_counts_again(system: System, user: User) -> None:
    put_ok(system, user, ("one", FILE[""]))
    before = leftovers(system)["objects"]

    upload(system, user, FILE, named("two"))

    assert (leftovers(system)["objects"], references()) == (before, 1)
    assert listed(system, user) == {"one": HELLO, "two": HELLO}
    check(system, user, used=2 * SIZE, files=2, size=2 * SIZE)


def test_the_same_under_the_same_name_gives_its_bytes_back(system: System, user: User) -> None:
    put_ok(system, user, ("same", FILE[""]), content_type="text/plain")
    before = leftovers(system)["objects"]
    lines = system.call("POST", "/api/v0/ls", user=user).json

    completed(system, user, FILE, named("same", mimetype="image/png"))
    check(system, user, used=2 * SIZE, files=1, size=SIZE)
    work(system)

    assert (leftovers(system)["objects"], references()) == (before, 1)
    assert system.call("POST", "/api/v0/ls", user=user).json == lines
    check(system, user, used=SIZE, files=1, size=SIZE)


def test_two_uploads_of_the_same_at_once_are_one_blob(system: System, user: User) -> None:
    other = system.user()
    for one in (user, other):
        completed(system, one, FILE, named("x"))
    check(system, user, used=SIZE, files=0, size=0)

    work(system)

    assert (len(leftovers(system)["objects"]), references()) == (1, 2)
    assert read(system, user, HELLO).body == read(system, other, HELLO).body == FILE[""]
    check(system, other, used=SIZE, files=2, size=2 * SIZE)


def test_content_that_nobody_holds_any_more_is_held_again(system: System, user: User) -> None:
    """Within its grace time; the janitor then passes it over."""
    put_ok(system, user, ("old", FILE[""]))
    before = leftovers(system)["objects"]
    assert rm(system, user, HELLO).status == 200

    upload(system, user, FILE, named("new"))
    services_of(system).janitor(0).run()

    assert (leftovers(system)["objects"], references()) == (before, 1)
    assert read(system, user, HELLO).body == FILE[""]
    check(system, user, used=SIZE, files=1, size=SIZE)


def test_removed_while_the_same_is_processed_it_is_there_in_the_end(system: System, user: User) -> None:
    """The upload came later, and is a file of its own by then."""
    put_ok(system, user, ("x", FILE[""]))
    completed(system, user, FILE, named("x"))

    assert rm(system, user, HELLO).status == 200
    services_of(system).janitor(0).run()
    check(system, user, used=SIZE, files=0, size=0)
    work(system)

    assert listed(system, user) == {"x": HELLO}
    assert read(system, user, HELLO).body == FILE[""]
    check(system, user, used=SIZE, files=1, size=SIZE)
    assert rm(system, user, HELLO).status == 200
    check_nothing_after_collection(system, user)


def check_nothing_after_collection(system: System, user: User) -> None:
    services_of(system).janitor(0).run()
    check_nothing(system, user)


def test_the_forty_first_name_fails_and_changes_nothing(system: System, user: User) -> None:
    names = {f"name {number}" for number in range(39)}
    put_ok(system, user, *((name, FILE[""]) for name in sorted(names)))
    first, second = (completed(system, user, FILE, named(name)) for name in ("the 40th", "the 41st"))
    check(system, user, used=41 * SIZE, files=39, size=39 * SIZE)

    work(system)

    assert state(system, user, first)["state"] == "done"
    told = state(system, user, second)
    assert (told["state"], told["reason"]) == ("failed", "too_many_names")
    assert refusal(ask(system, user, "complete", second)) == (
        409,
        "Upload failed: Too many names",
        "upload_failed",
    )
    assert listed(system, user).keys() == {*names, "the 40th"}
    assert len(leftovers(system)["objects"]) == 1
    check(system, user, used=40 * SIZE, files=40, size=40 * SIZE)


def test_a_name_that_a_put_left_half_done_is_kept_once_it_is_uploaded(
    system: System, user: User, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The put is undone later, but not what was promised since."""
    monkeypatch.setattr("chalicelib.drive.batches.MOST_FILES", 2)
    faults = Faults(system.aws)
    faults.add("TransactWriteItems", crash_before, skip=2, times=1_000)
    with pytest.raises(Crash):
        put_ok(system, user, ("x", FILE[""]), *many(9))
    faults.clear()
    assert "x" in listed(system, user)

    upload(system, user, FILE, named("x"))
    later(4_000)
    assert services_of(system).janitor(0).run().undone == 1

    assert listed(system, user) == {"x": HELLO}
    assert read(system, user, HELLO).body == FILE[""]
    assert (status(system, user)["storage_used"], stats(system)) == (SIZE, (1, SIZE))
    assert {finding.kind for finding in faults_in(system)} == {"orphan_object"}
