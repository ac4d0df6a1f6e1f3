"""Manifests: on one page or on eight, found again either way, and refused where no page takes them."""

import random
from collections.abc import Sequence

import pytest

from chalicelib import aws
from chalicelib.drive import manifests
from chalicelib.drive.tables import ManifestRow
from tests.drive.asking import folder_ok, put_folder, read, refusal
from tests.ipfs.test_shards import TWINS
from tests.support.books import faults_in, listed, rm, services_of, status
from tests.support.system import System, User

TOO_LARGE = (400, "The folder has too many files, or too long paths: split it", "folder_too_large")
ALL_PAGES = list(range(1, manifests.PAGES + 1))


def files(count: int, length: int = 40) -> Sequence[tuple[str, bytes]]:
    """So many files with random names of so many characters, in 7 sub-folders; the same each time."""
    chance = random.Random(count)
    return [(f"{n % 7}/{n} {chance.randbytes(length // 2).hex()}", b"%d" % n) for n in range(count)]


def pages(system: System, cid: str) -> list[int]:
    """Numbers of the pages in the store."""
    assert system.aws.settings.table_prefix
    return [number for number in range(20) if aws.get(ManifestRow, f"{cid}/{number}") is not None]


def all_read(system: System, user: User, cid: str, put: Sequence[tuple[str, bytes]]) -> bool:
    return all(read(system, user, f"{cid}/{path}").body == data for path, data in put)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 3,000 bytes, which hold some 40 files."""
    monkeypatch.setattr(manifests, "MOST_PAGE_BYTES", 3_000)


def test_a_small_manifest_is_one_page(system: System, user: User) -> None:
    cid = folder_ok(system, user, *files(20))

    assert pages(system, cid) == [0]
    assert all_read(system, user, cid, files(20))


@pytest.mark.usefixtures("small_pages")
def test_a_larger_one_is_on_all_pages_but_the_first(system: System, user: User) -> None:
    cid = folder_ok(system, user, *files(150))

    assert pages(system, cid) == ALL_PAGES
    assert all_read(system, user, cid, files(150))
    for folder in range(7):
        inside = system.call("GET", "/api/v0/ls", user=user, query={"arg": f"{cid}/{folder}"}).json["files"]
        expected = sorted(path.partition("/")[2] for path, _ in files(150) if path.startswith(f"{folder}/"))
        assert [line["name"] for line in inside] == expected
    assert refusal(read(system, user, f"{cid}/0/none"))[0] == 404
    assert refusal(read(system, user, f"{cid}/0"))[1] == "Hash is a folder"


@pytest.mark.usefixtures("small_pages")
def test_accounts_share_all_pages_and_the_last_takes_them_away(system: System, user: User) -> None:
    other = system.user()
    cid = folder_ok(system, user, *files(150))
    before = [row for row in system.contents()[ManifestRow.physical_name()] if row]

    folder_ok(system, other, *files(150), name="theirs")
    assert system.contents()[ManifestRow.physical_name()] == before
    rm(system, user, cid)
    assert all_read(system, other, cid, files(150)[:5])
    rm(system, other, cid)

    assert faults_in(system) == []
    services_of(system).janitor(0).run()
    assert pages(system, cid) == []
    assert (system.contents()["objects"], faults_in(system)) == ([], [])


def test_a_real_folder_of_6000_long_names(system: System, user: User) -> None:
    put = files(6_000, 100)

    cid = folder_ok(system, user, *put)

    assert pages(system, cid) == ALL_PAGES
    assert all_read(system, user, cid, put[:: len(put) // 40])
    whole = system.call("GET", "/api/v0/ls", user=user, query={"arg": f"{cid}/3"}).json
    assert len(whole["files"]) == len([path for path, _ in put if path.startswith("3/")])
    assert rm(system, user, cid).status == 200
    assert faults_in(system) == []


@pytest.mark.usefixtures("small_pages")
def test_what_no_page_takes_is_refused_and_nothing_is_left(system: System, user: User) -> None:
    folder_ok(system, user, ("kept", b"kept"))
    before = system.contents()

    answer = put_folder(system, user, *files(600))

    assert refusal(answer) == TOO_LARGE
    assert system.contents() == before
    assert (status(system, user)["storage_used"], faults_in(system)) == (4, [])


def test_a_folder_too_large_for_real_pages(system: System, user: User) -> None:
    # Given 9,000 names that do not compress: 8 pages hold 3 MB
    chance = random.Random(1)
    names = ["".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(200)) for _ in range(9_000)]
    folder_ok(system, user, ("kept", b"kept"), name="kept")
    before = system.contents()

    answer = put_folder(system, user, *((name, b"") for name in names))

    assert refusal(answer) == TOO_LARGE
    assert system.contents() == before
    assert (set(listed(system, user)), faults_in(system)) == ({"kept"}, [])


def test_names_that_no_sharded_folder_can_tell_apart(system: System, user: User) -> None:
    # Given two names with the same 64-bit hash: in a flat folder they stand, in a sharded one they cannot
    many = [(f"sub/{number:05} " + "x" * 60, b"") for number in range(3_000)]
    twins = [(f"sub/{name}", name.encode()) for name in TWINS]
    cid = folder_ok(system, user, *twins)
    assert all_read(system, user, cid, twins)
    before = system.contents()

    answer = put_folder(system, user, *many, *twins)

    assert (answer.status, answer.json["code"]) == (400, "folder_too_large")
    assert system.contents() == before
    folder_ok(system, user, *many, twins[0])


def test_nothing_of_a_folder_can_be_read_in_the_store(system: System, user: User) -> None:
    """Neither the names of its files nor their hashes: spec drive, At rest."""
    put = [("very secret name/very secret file.txt", b"very secret content"), ("other", b"x")]
    answer = put_folder(system, user, *put, name="very secret folder")
    root, children = answer.json["folder"]["hash"], [file["hash"] for file in answer.json["files"]]

    stored = repr(system.contents())

    assert root in stored
    assert "secret" not in stored
    assert not any(child in stored for child in children)
    (name, _), *_ = system.contents()["objects"]
    raw = system.aws.s3.get_object(Bucket=system.aws.settings.blob_bucket, Key=name)["Body"].read()
    assert b"secret" not in raw


@pytest.mark.parametrize(
    "change", [lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda body: body[: len(body) // 2]]
)
def test_an_altered_page_is_our_fault_and_tells_nothing(system: System, user: User, change: object) -> None:
    cid = folder_ok(system, user, *files(3))
    row = aws.get(ManifestRow, f"{cid}/0")
    assert row is not None
    row.body = change(row.body)  # type: ignore[operator]
    row.save()

    for call, arg in (("cat", f"{cid}/{files(3)[0][0]}"), ("ls", cid), ("get", cid)):
        assert refusal(read(system, user, arg, call)) == (500, "Internal error", "internal_error")


def test_a_page_of_another_folder_is_not_taken_for_this_ones(system: System, user: User) -> None:
    cid, other = folder_ok(system, user, ("a", b"1")), folder_ok(system, user, ("a", b"2"))
    row = aws.get(ManifestRow, f"{other}/0")
    assert row is not None
    row.page = f"{cid}/0"
    row.save()

    assert refusal(read(system, user, f"{cid}/a"))[0] == 500
