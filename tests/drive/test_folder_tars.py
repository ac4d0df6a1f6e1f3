"""get of a folder: a tar that every tool opens, the same for all, any part of which can be asked for by itself."""

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.blobs import segments
from chalicelib.drive.manifests import Child
from chalicelib.drive.tars import Tar
from chalicelib.ipfs import file_node, tree
from tests.blobs.shape import content
from tests.drive.asking import file_name, folder_ok, read, refusal
from tests.support.system import System, User

TYPE = "application/x-tar"
FILES = [
    ("b.txt", b"beta"),
    ("empty", b""),
    ("sub/" + "long name " * 15 + ".txt", b"long"),
    ("sub/" + "/".join(["deep" * 20] * 5), b"deep"),
    ("sub/žluťoučký kůň 🐙.png", b"horse"),
    ("sub-b", content(513)),
    ("sub/exactly 512", content(512)),
    ("sub/exactly 1024", content(1024)),
    ("zz/again", b"beta"),
    ('odd "quoted\\ name', b"odd"),
]


def open_tar(whole: bytes) -> list[tuple[str, bytes | None]]:
    """Name and content of each member in order; None for a folder."""
    with tarfile.open(fileobj=BytesIO(whole), mode="r:") as tar:
        members = tar.getmembers()
        return [(m.name, None if m.isdir() else tar.extractfile(m).read()) for m in members]  # type: ignore[union-attr]


def expected(root: str, files: list[tuple[str, bytes]]) -> list[tuple[str, bytes | None]]:
    """Everything in a folder, each below its folders, by the bytes of the paths."""
    below: dict[str, bytes | None] = dict(files)
    below |= dict.fromkeys(tree({path: file_node(data) for path, data in files}))
    del below[""]
    return [(root, None), *((f"{root}/{path}", below[path]) for path in sorted(below, key=str.encode))]


@pytest.fixture
def folder(system: System, user: User) -> str:
    return folder_ok(system, user, *FILES, name="my “folder”")


def test_the_tar_holds_everything_in_order(system: System, user: User, folder: str) -> None:
    answer = read(system, user, folder, "get")

    assert (answer.status, answer.headers["content-type"]) == (200, TYPE)
    assert open_tar(answer.body) == expected(folder, FILES)
    assert file_name(answer.headers["content-disposition"]) == "my “folder”.tar"
    assert answer.headers["etag"] == f'"{folder}.tar"'
    assert answer.headers["content-length"] == str(len(answer.body))
    assert len(answer.body) % tarfile.RECORDSIZE == 0
    with tarfile.open(fileobj=BytesIO(answer.body), mode="r:") as tar:
        facts = {(m.mode, m.uid, m.gid, m.mtime, m.uname, m.gname) for m in tar if m.isfile()}
    assert facts == {(0o644, 0, 0, 0, "", "")}


def test_tar_unpacks_it(system: System, user: User, folder: str, tmp_path: Path) -> None:
    whole = read(system, user, folder, "get", "POST").body

    subprocess.run(["tar", "-xf", "-", "-C", tmp_path], input=whole, check=True, timeout=30)

    unpacked = {str(p.relative_to(tmp_path / folder)): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert unpacked == dict(FILES)


def test_the_same_folder_is_the_same_tar_for_all(system: System, user: User, folder: str) -> None:
    other = system.user()
    folder_ok(system, other, *reversed(FILES), name="another name")

    mine, theirs = read(system, user, folder, "get"), read(system, other, folder, "get")

    assert mine.body == theirs.body
    assert mine.headers["etag"] == theirs.headers["etag"]
    assert file_name(theirs.headers["content-disposition"]) == "another name.tar"


def test_a_folder_in_a_folder_is_the_tar_it_would_be_alone(system: System, user: User, folder: str) -> None:
    sub = [(path.removeprefix("sub/"), data) for path, data in FILES if path.startswith("sub/")]
    alone = folder_ok(system, user, *sub)

    inside, outside = read(system, user, f"{folder}/sub/", "get"), read(system, user, alone, "get")

    assert open_tar(inside.body) == expected(alone, sub)
    assert (inside.body, inside.headers["etag"]) == (outside.body, outside.headers["etag"])
    assert file_name(inside.headers["content-disposition"]) == "sub.tar"
    assert file_name(outside.headers["content-disposition"]) == f"{alone}.tar"


@pytest.mark.parametrize("path", ["", "/sub", "/zz"])
def test_head_has_the_right_length(system: System, user: User, folder: str, path: str) -> None:
    head, get = read(system, user, folder + path, "get", "HEAD"), read(system, user, folder + path, "get")

    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))
    for name in ("etag", "content-type", "content-disposition", "accept-ranges"):
        assert head.headers[name] == get.headers[name]


def test_conditions(system: System, user: User, folder: str) -> None:
    etag, whole = f'"{folder}.tar"', read(system, user, folder, "get").body

    assert read(system, user, folder, "get", if_none_match=etag).status == 304
    # The folder's own hash is no tag of its tar
    assert read(system, user, folder, "get", if_none_match=f'"{folder}"').status == 200
    part = read(system, user, folder, "get", range="bytes=500-1600", if_range=etag)
    assert (part.status, part.body) == (206, whole[500:1601])
    assert read(system, user, folder, "get", range="bytes=500-1600", if_range='"other"').status == 200
    beyond = read(system, user, folder, "get", range=f"bytes={len(whole)}-")
    assert refusal(beyond)[0] == 416
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"


@pytest.fixture
def whole(system: System, user: User, folder: str) -> bytes:
    return read(system, user, folder, "get").body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.usefixtures("small_shape")
def test_any_part_is_that_part_of_the_whole(
    system: System, user: User, folder: str, whole: bytes, data: st.DataObject
) -> None:
    # Around the edges of blocks most of all, where headers, contents and padding meet.
    edges = st.builds(lambda block, by: block * 512 + by, st.integers(0, len(whole) // 512), st.integers(-1, 1))
    place = (edges | st.integers(0, len(whole))).filter(lambda at: 0 <= at < len(whole))
    first, last = sorted((data.draw(place), data.draw(place)))

    answer = read(system, user, folder, "get", range=f"bytes={first}-{last}")

    assert (answer.status, answer.body) == (206, whole[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_a_folder_of_empty_files_is_a_tar_too(system: System, user: User) -> None:
    files = [("a", b""), ("b/c", b"")]
    cid = folder_ok(system, user, *files)

    assert open_tar(read(system, user, cid, "get").body) == expected(cid, files)


def test_a_tar_of_several_objects(system: System, user: User) -> None:
    files = [("one", content(segments.OBJECT - 5)), ("two", content(segments.SEGMENT + 11)), ("x/one", b"1")]
    cid = folder_ok(system, user, *files)

    whole = read(system, user, cid, "get").body

    assert open_tar(whole) == expected(cid, files)
    begin = whole.index(files[1][1][:100])
    part = read(system, user, cid, "get", range=f"bytes={begin - 100}-{begin + 99}").body
    assert part == whole[begin - 100 : begin + 100]


def test_a_part_does_not_read_what_lies_between_equal_files() -> None:
    """The second of two equal files lies in the blob where the first does, however far before its neighbours."""
    far = 100 * segments.SEGMENT
    below = {"a": Child("A", 1, 0), "b": Child("B", far, 1), "c": Child("A", 1, 0), "d": Child("D", 1, far + 1)}
    tar = Tar("root", below)
    asked: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return b"x" * (stop - start)

    # From the header of the second, past the folder's, the first, and the large one
    part = tar.read(512 + 1024 + 512 + far, tar.size, fetch)

    assert (part[:10], part[512:514], part[1024 + 512 : 1024 + 514]) == (b"root/c" + bytes(4), b"x\0", b"x\0")
    assert asked == [(0, 1), (far + 1, far + 2)]


# Files of 700, 10 and no bytes, each of which comes again: in the blob they lie once.
LAYOUT = {
    "a": (0, 700),
    "b": (700, 10),
    "c/a": (0, 700),
    "c/b": (700, 10),
    "d": (710, 0),
    "e": (710, 90),
    "f": (0, 700),
}


@given(place=st.tuples(st.integers(0, 8_000), st.integers(0, 8_000)), apart=st.booleans())
# Ends within the second copy of `a`.
@example(place=(0, 512 * 6 + 5), apart=True)
def test_equal_files_may_be_cut_anywhere(place: tuple[int, int], apart: bool) -> None:
    (start, stop), blob = sorted(place), content(800)
    tar = Tar("root", {path: Child(str(begin), size, begin) for path, (begin, size) in LAYOUT.items()})
    asked: list[int] = []

    def fetch(begin: int, end: int) -> bytes:
        asked.append(begin)
        return blob[begin:end]

    whole = tar.read(0, tar.size, fetch)
    assert [data for _, data in open_tar(whole)[1:]] == [blob[at : at + size] for at, size in LAYOUT.values()]
    asked.clear()

    assert tar.read(start, stop, fetch, apart=apart) == whole[start:stop]
    assert len(asked) == len(set(asked))
