"""putfolder: the address and size every IPFS node gives, one entry in the list, and one shared content."""

from collections.abc import Sequence

import pytest

from chalicelib import aws
from chalicelib.blobs import BlobRow
from chalicelib.ipfs import file_node, tree
from tests.drive.asking import EMPTY, HELLO, folder_ok, put_folder, put_ok, refusal
from tests.support.books import faults_in, listed, rm, stats, status
from tests.support.system import System, User
from tests.support.vectors import Contents, Vector, folder_entries, folder_vectors

Files = Sequence[tuple[str, bytes]]

SMALL: Files = (("a.txt", b"hello world"), ("sub/b.txt", b"beta"), ("sub/again.txt", b"hello world"))
SMALL_BYTES = 11 + 4 + 11
VECTORS = [
    "dir_one_file",
    "dir_flat_2",
    "dir_dup",
    "dir_unicode",
    "dir_flat_5000",
    "dir_10000",
    "dir_hamt_boundary_over",
]


def entries(system: System, user: User) -> list[tuple[str, str, int]]:
    """Name, hash and size of each line of an account's list."""
    lines = system.call("POST", "/api/v0/ls", user=user).json["files"]
    return [(line["name"], line["hash"], line["size"]) for line in lines]


@pytest.fixture(scope="session")
def contents() -> Contents:
    return Contents()


@pytest.mark.parametrize("vector", [v for v in folder_vectors() if v["id"] in VECTORS], ids=lambda v: str(v["id"]))
def test_a_folder_has_the_address_and_size_of_its_vector(
    system: System, user: User, vector: Vector, contents: Contents
) -> None:
    files = [(path, contents(made)) for path, made in folder_entries(vector) if made is not None]

    answer = put_folder(system, user, *files)

    assert answer.status == 200, answer.body
    assert answer.json["status"] == "success"
    assert answer.json["folder"] == {"hash": vector["cid"], "size": str(vector["dag_size"])}
    cids = {file["name"]: file["hash"] for file in answer.json["files"]}
    known = {one["path"]: one["cid"] for one in vector.get("first_files", vector.get("file_cids", ()))}
    assert known.items() <= cids.items()
    used = sum(len(data) for _, data in files)
    assert entries(system, user) == [(vector["cid"], vector["cid"], used)]
    assert status(system, user)["storage_used"] == used
    # Some fifty are read: of the largest folder, that is several on each page of its manifest.
    for path, data in files[:: max(len(files) // 50, 1)]:
        found = system.call("GET", "/api/v0/cat", user=user, query={"arg": f"{vector['cid']}/{path}"})
        assert (found.status, found.body) == (200, data), path


def test_the_answer_has_the_seeds_fields_and_the_files(system: System, user: User) -> None:
    answer = put_folder(system, user, ("image.png", b"hello world"), ("deep/er/metadata.json", b""))

    root = tree({"image.png": file_node(b"hello world"), "deep/er/metadata.json": file_node(b"")})[""]
    assert answer.json == {
        "status": "success",
        "folder": {"hash": root.cid, "size": str(root.dag_size)},
        "files": [
            {"name": "image.png", "hash": HELLO, "mimetype": "image/png", "size": 11},
            {"name": "deep/er/metadata.json", "hash": EMPTY, "mimetype": "application/json", "size": 0},
        ],
    }


def test_a_folder_is_one_line_of_the_list(system: System, user: User) -> None:
    cid = folder_ok(system, user, *SMALL, name="My folder 🐙")

    (line,) = system.call("POST", "/api/v0/ls", user=user).json["files"]

    assert line.pop("timestamp") > 1_700_000_000_000
    assert line == {
        "hash": cid,
        "name": "My folder 🐙",
        "size": SMALL_BYTES,
        "mimetype": "inode/directory",
        "type": "folder",
    }
    assert stats(system) == (1, SMALL_BYTES)
    assert faults_in(system) == []


def test_files_have_no_type_in_lists(system: System, user: User) -> None:
    put_ok(system, user, ("a", b"a"))

    assert "type" not in system.call("POST", "/api/v0/ls", user=user).json["files"][0]


def test_equal_contents_in_a_folder_are_stored_once_and_counted_by_path(system: System, user: User) -> None:
    files = [(f"{number}/same.bin", b"x" * 1000) for number in range(10)]

    cid = folder_ok(system, user, *files)

    assert status(system, user)["storage_used"] == 10_000
    row = aws.get(BlobRow, cid)
    assert row is not None
    assert row.size == 1000
    assert len(system.contents()["objects"]) == 1


def test_the_order_of_parts_does_not_matter(system: System, user: User) -> None:
    cid = folder_ok(system, user, *SMALL)
    before = system.contents()

    again = put_folder(system, user, *reversed(SMALL))

    assert again.json["folder"]["hash"] == cid
    assert system.contents() == before


@pytest.mark.parametrize("name", [None, "named"])
def test_the_same_folder_again_changes_nothing(system: System, user: User, name: str | None) -> None:
    first = put_folder(system, user, *SMALL, name=name)
    before = system.contents()

    again = put_folder(system, user, *SMALL, name=name)

    assert again.json == first.json
    assert system.contents() == before


def test_another_name_is_a_second_entry_and_rm_takes_both(system: System, user: User) -> None:
    cid = folder_ok(system, user, *SMALL, name="first")
    folder_ok(system, user, *SMALL, name="second")
    folder_ok(system, user, *SMALL)

    assert listed(system, user) == {"first": cid, "second": cid, cid: cid}
    assert status(system, user)["storage_used"] == 3 * SMALL_BYTES
    assert len(system.contents()["objects"]) == 1
    assert faults_in(system) == []
    assert rm(system, user, cid).json == {"status": "success", "success": "File removed", "hash": cid}
    assert (listed(system, user), status(system, user)["storage_used"], stats(system)) == ({}, 0, (0, 0))
    assert faults_in(system) == []


def test_forty_names_and_no_more(system: System, user: User) -> None:
    for number in range(40):
        folder_ok(system, user, ("a", b""), name=f"name {number}")
    before = system.contents()

    assert refusal(put_folder(system, user, ("a", b""))) == (400, "Too many names", "too_many_names")
    assert system.contents() == before


def test_two_accounts_share_a_folder_and_each_sees_its_own_name(system: System, user: User) -> None:
    other = system.user()
    cid = folder_ok(system, user, *SMALL, name="mine")
    objects, pages = system.contents()["objects"], system.contents()[f"{system.aws.settings.table_prefix}manifests"]

    assert folder_ok(system, other, *SMALL, name="theirs") == cid

    assert system.contents()["objects"] == objects
    assert system.contents()[f"{system.aws.settings.table_prefix}manifests"] == pages
    assert (listed(system, user), listed(system, other)) == ({"mine": cid}, {"theirs": cid})
    assert rm(system, user, cid).status == 200
    for path, data in SMALL:
        arg = {"arg": f"{cid}/{path}"}
        assert system.call("GET", "/api/v0/cat", user=other, query=arg).body == data
        assert system.call("GET", "/api/v0/cat", user=user, query=arg).status == 404
    assert faults_in(system) == []


def test_types_in_a_folder_go_by_the_path_and_are_the_same_for_all(system: System, user: User) -> None:
    # Given parts that are declared image/png, as the helper does
    answer = put_folder(system, user, ("page.html", b"1"), ("x.txt", b"2"), ("none", b"3"))

    assert [file["mimetype"] for file in answer.json["files"]] == [
        "text/html",
        "text/plain",
        "application/octet-stream",
    ]


def test_a_file_of_a_folder_and_the_same_file_alone_are_two_contents(system: System, user: User) -> None:
    folder = folder_ok(system, user, *SMALL)
    (file,) = put_ok(system, user, ("a.txt", b"hello world"))
    assert file == HELLO
    assert status(system, user)["storage_used"] == SMALL_BYTES + 11

    assert rm(system, user, file).status == 200

    found = system.call("GET", "/api/v0/cat", user=user, query={"arg": f"{folder}/a.txt"})
    assert (found.status, found.body) == (200, b"hello world")
    assert faults_in(system) == []


@pytest.mark.parametrize("name", ["x" * 1024, "a/b", "..", 'quo"ted \\ 100%', "é" * 512])
def test_a_folder_may_be_called_what_a_file_may(system: System, user: User, name: str) -> None:
    cid = folder_ok(system, user, *SMALL, name=name)

    assert listed(system, user) == {name: cid}


@pytest.mark.parametrize("name", ["", "x" * 1025, "é" * 513])
def test_and_no_other_name(system: System, user: User, name: str) -> None:
    before = system.contents()

    answer = put_folder(system, user, *SMALL, name=name)

    assert refusal(answer) == (400, "Invalid file name: 1 to 1024 bytes of UTF-8", "invalid_name")
    assert system.contents() == before


def test_a_removed_folder_comes_back_with_a_new_put(system: System, user: User) -> None:
    cid = folder_ok(system, user, *SMALL)
    assert rm(system, user, cid).status == 200

    assert folder_ok(system, user, *SMALL, name="back") == cid

    assert listed(system, user) == {"back": cid}
    assert system.call("GET", "/api/v0/cat", user=user, query={"arg": f"{cid}/sub/b.txt"}).body == b"beta"
    assert faults_in(system) == []


def test_a_folder_of_empty_files_holds_no_bytes(system: System, user: User) -> None:
    cid = folder_ok(system, user, ("a", b""), ("b/c", b""))

    assert entries(system, user) == [(cid, cid, 0)]
    assert system.contents()["objects"] == []
    answer = system.call("GET", "/api/v0/cat", user=user, query={"arg": f"{cid}/b/c"})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"", f'"{EMPTY}"')
    assert faults_in(system) == []
