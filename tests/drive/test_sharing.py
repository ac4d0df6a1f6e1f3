"""Contents are shared, accounts are not: what one puts, lists and removes is theirs alone."""

from chalicelib import aws
from chalicelib.blobs import BlobRow
from tests.drive.asking import EMPTY, HELLO, put_ok, refusal
from tests.support.books import cat, faults_in, listed, rm, stats, status
from tests.support.system import System, User


def references(cid: str) -> int:
    row = aws.get(BlobRow, cid)
    return int(row.refs) if row is not None else -1


def test_putting_the_same_again_changes_nothing(system: System, user: User) -> None:
    first = system.put(user, ("a", b"hello world"), ("b", b"other"))
    before = system.contents()

    again = system.put(user, ("a", b"hello world"), ("b", b"other"))

    assert again.json == first.json
    assert system.contents() == before


def test_putting_the_same_again_keeps_the_first_media_type(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"), content_type="image/png")
    put_ok(system, user, ("a", b"hello world"), content_type="text/plain")

    (line,) = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert line["mimetype"] == "image/png"


def test_two_accounts_share_one_blob_and_rm_of_one_leaves_the_others(system: System, user: User) -> None:
    other = system.user()
    put_ok(system, user, ("mine", b"hello world"))
    put_ok(system, other, ("theirs", b"hello world"))
    assert (len(system.contents()["objects"]), references(HELLO), stats(system)) == (1, 2, (2, 22))

    assert rm(system, user, HELLO).status == 200

    assert refusal(cat(system, user, HELLO)) == (404, "File not found", "file_not_found")
    assert cat(system, other, HELLO).body == b"hello world"
    assert (listed(system, user), listed(system, other)) == ({}, {"theirs": HELLO})
    assert (status(system, user)["storage_used"], status(system, other)["storage_used"]) == (0, 11)
    assert (references(HELLO), stats(system), faults_in(system)) == (1, (1, 11), [])


def test_what_another_account_holds_is_not_found(system: System, user: User) -> None:
    put_ok(system, system.user(), ("theirs", b"hello world"))

    for call in ("cat", "get", "rm"):
        answer = system.call("POST", f"/api/v0/{call}", user=user, query={"arg": HELLO})
        assert refusal(answer) == (404, "File not found", "file_not_found")


def test_a_removed_content_comes_back_with_a_new_put(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"hello world"))
    rm(system, user, HELLO)
    assert references(HELLO) == 0

    put_ok(system, user, ("b", b"hello world"))

    assert cat(system, user, HELLO).body == b"hello world"
    assert (listed(system, user), references(HELLO), faults_in(system)) == ({"b": HELLO}, 1, [])


def test_an_empty_file_is_a_file(system: System, user: User) -> None:
    before = system.contents()["objects"]
    put_ok(system, user, ("nothing", b""), ("also nothing", b""))

    answer = cat(system, user, EMPTY)

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert listed(system, user) == {"nothing": EMPTY, "also nothing": EMPTY}
    assert (status(system, user)["storage_used"], stats(system)) == (0, (2, 0))
    assert system.contents()["objects"] == before
    assert rm(system, user, EMPTY).status == 200
    assert (listed(system, user), faults_in(system)) == ({}, [])
