"""A folder of any size, each file in parts of its own: its address, its answer, and what the account has then."""

import pytest

from chalicelib import aws, ipfs
from chalicelib.blobs import BlobRow
from tests.drive.asking import folder_ok, put_ok, read
from tests.support.books import faults_in
from tests.support.system import System, User
from tests.uploads.sending import (
    Contents,
    address,
    ask,
    begin,
    body_of,
    check,
    completed,
    content,
    leftovers,
    state,
    upload,
    work,
)

PART = 8 * 2**20
NESTED = {
    "docs/a.txt": b"hello world",
    "docs/deep/er/b.txt": b"other",
    "docs/again.txt": b"hello world",
    "empty": b"",
    "z/empty too": b"",
    "ünï \U0001f600.txt": b"x",
}
SHAPES: dict[str, Contents] = {
    "one file": {"a": b"hello world"},
    "nested, with equal and empty files": NESTED,
    "empty files alone": {"a": b"", "b/c": b""},
    "an empty file at the end": {"a": b"1", "b": b""},
    "many": {f"{number % 7}/{number}": str(number).encode() for number in range(60)},
}


def size_of(contents: Contents) -> int:
    return sum(map(len, contents.values()))


@pytest.mark.parametrize("contents", SHAPES.values(), ids=SHAPES)
def test_a_folder_has_the_address_of_its_tree(system: System, user: User, contents: Contents) -> None:
    size = size_of(contents)
    nodes = ipfs.tree({path: ipfs.file_node(data) for path, data in contents.items()})

    answer = upload(system, user, contents)

    cid = nodes[""].cid
    assert answer == {"status": "success", "folder": {"hash": cid, "size": str(nodes[""].dag_size)}}
    for path, data in contents.items():
        assert read(system, user, f"{cid}/{path}").body == data
    (line,) = system.call("POST", "/api/v0/ls", user=user).json["files"]
    line.pop("timestamp")
    assert line == {"hash": cid, "name": cid, "size": size, "mimetype": "inode/directory", "type": "folder"}
    left = leftovers(system)
    assert (left["staged"], left["parts"], left["files"]) == ([], [], [])
    check(system, user, used=size, files=1, size=size)


@pytest.mark.parametrize("contents", SHAPES.values(), ids=SHAPES)
def test_it_reads_and_lists_like_one_that_was_put(system: System, user: User, contents: Contents) -> None:
    """But for the files, which the answer of an upload leaves out."""
    other = system.user()
    cid = upload(system, user, contents, name="it")["folder"]["hash"]

    # Given the same content under another address of a blob: with one file more, in a folder above
    folder_ok(system, other, *((f"same/{path}", data) for path, data in contents.items()), ("more", b"more"))

    def seen(one: User, root: str) -> list[tuple[str, str, int, str]]:
        lines = system.call("POST", "/api/v0/ls", user=one, query={"arg": root}).json["files"]
        return [(line["name"], line["hash"], line["size"], line["mimetype"]) for line in lines]

    above = address({**{f"same/{path}": data for path, data in contents.items()}, "more": b"more"})
    assert seen(user, cid) == seen(other, f"{above}/same")
    assert read(system, user, cid, "get").body == read(system, other, f"{above}/same", "get").body
    assert faults_in(system) == []


def test_each_file_begins_with_a_part_of_its_own(system: System, user: User) -> None:
    sizes = {"a": 1, "b/empty": 0, "b/long": 2 * PART + 1, "c": PART}

    begun = begin(system, user, {"files": [{"path": path, "size": size} for path, size in sizes.items()]})

    assert [(part["number"], part["path"], part["size"]) for part in begun["parts"]] == [
        (0, "a", 1),
        (1, "b/long", PART),
        (2, "b/long", PART),
        (3, "b/long", 1),
        (4, "c", PART),
    ]


@pytest.mark.usefixtures("small_parts")
def test_a_folder_of_files_of_several_parts(system: System, user: User) -> None:
    part = 262_144
    contents = {"a": content(part + 1), "b/c": content(3 * part), "b/d": b"", "e": content(part - 1), "f": b"!"}

    cid = upload(system, user, contents)["folder"]["hash"]

    assert cid == address(contents)
    for path, data in contents.items():
        assert read(system, user, f"{cid}/{path}").body == data
    check(system, user, used=size_of(contents), files=1, size=size_of(contents))


def test_its_name_is_what_the_query_says(system: System, user: User) -> None:
    upload(system, user, NESTED, name="my folder ü")

    (line,) = system.call("POST", "/api/v0/ls", user=user).json["files"]
    assert line["name"] == "my folder ü"
    assert 'filename="my folder' in read(system, user, line["hash"], "get").headers["content-disposition"]


def test_types_in_it_follow_from_endings_alone(system: System, user: User) -> None:
    """A folder's blob is shared: one account's types are not to be seen by another."""
    body = {"files": [{"path": "a.txt", "size": 1, "mimetype": "image/png"}]}

    cid = upload(system, user, {"a.txt": b"a"}, body)["folder"]["hash"]

    assert read(system, user, f"{cid}/a.txt").headers["content-type"] == "text/plain"


def test_a_folder_of_the_same_content_is_kept_once(system: System, user: User) -> None:
    """Whether it was put or uploaded: the second needs no blob of its own."""
    other, third = system.user(), system.user()
    cid = folder_ok(system, other, *NESTED.items())
    (before,) = leftovers(system)["objects"]

    upload(system, user, NESTED, name="mine")
    assert folder_ok(system, third, *NESTED.items()) == cid

    assert leftovers(system)["objects"] == [before]
    row = aws.get(BlobRow, cid)
    assert row is not None
    assert int(row.refs) == 3
    assert not row.spread
    for path, data in NESTED.items():
        assert read(system, user, f"{cid}/{path}").body == data
    check(system, user, used=size_of(NESTED), files=3, size=3 * size_of(NESTED))


def test_one_that_was_uploaded_serves_one_that_is_put(system: System, user: User) -> None:
    cid = upload(system, user, NESTED)["folder"]["hash"]
    before = leftovers(system)["objects"]
    other = system.user()

    assert folder_ok(system, other, *NESTED.items()) == cid

    assert leftovers(system)["objects"] == before
    assert read(system, other, f"{cid}/docs/a.txt").body == b"hello world"
    assert read(system, other, cid, "get").body == read(system, user, cid, "get").body
    check(system, other, used=size_of(NESTED), files=2, size=2 * size_of(NESTED))


def test_what_is_in_it_is_found_by_itself_only_if_it_was_put(system: System, user: User) -> None:
    upload(system, user, NESTED)
    hello = ipfs.file_node(b"hello world").cid
    assert read(system, user, hello).status == 404

    put_ok(system, user, ("hello", b"hello world"))

    assert read(system, user, hello).body == b"hello world"
    assert faults_in(system) == []


def test_ten_thousand_files_that_are_empty(system: System, user: User) -> None:
    """No part of theirs has to come, and the one job is the end."""
    contents = {f"{number % 100}/{number}": b"" for number in range(10_000)}
    begun = begin(system, user, body_of(contents))
    assert begun["parts"] == []

    assert ask(system, user, "complete", begun["upload"]).status == 202
    assert work(system) == 1

    cid = state(system, user, begun["upload"])["result"]["folder"]["hash"]
    assert cid == address(contents)
    assert read(system, user, f"{cid}/99/9999").body == b""
    check(system, user, used=0, files=1, size=0)


def test_while_it_is_processed_nothing_of_it_is_listed(system: System, user: User) -> None:
    completed(system, user, NESTED)
    system.jobs.held, rest = system.jobs.held[:2], system.jobs.held[2:]
    work(system)

    assert system.call("POST", "/api/v0/ls", user=user).json["files"] == []
    check(system, user, used=size_of(NESTED), files=0, size=0)

    system.jobs.held = rest
    work(system)
    check(system, user, used=size_of(NESTED), files=1, size=size_of(NESTED))
