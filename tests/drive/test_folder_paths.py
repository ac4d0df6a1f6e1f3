"""Paths in a folder: which ones stand as they were sent, and which are refused."""

import itertools
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.drive import paths
from chalicelib.drive.errors import FolderTooLargeError, InvalidPathError
from chalicelib.ipfs import file_node, tree
from tests.drive.asking import body_of, file_name, folder_ok, put_folder, put_ok, read, refusal
from tests.support.system import Answer, System, User
from tests.support.vectors import Vector, folder_entries, folder_vectors

INVALID = (400, "Invalid path segment", "invalid_path")
TWICE = (400, "Path given twice", "invalid_path")
BOTH = (400, "Path is both a file and a folder", "invalid_path")
DEEP = (400, "Path exceeds 32 levels", "path_too_deep")
LONG = (400, "Path segment exceeds 200 characters", "path_segment_too_long")

BAD: dict[str, tuple[Sequence[str], tuple[int, str, str]]] = {
    "empty segment": (["a//b"], INVALID),
    "leading slash": (["/a"], INVALID),
    "trailing slash": (["a/"], INVALID),
    "slash alone": (["/"], INVALID),
    "dot": (["."], INVALID),
    "dot inside": (["a/./b"], INVALID),
    "dot first": (["./a"], INVALID),
    "dots": ([".."], INVALID),
    "dots inside": (["a/../b"], INVALID),
    "dots last": (["a/.."], INVALID),
    "escaping": (["../../etc/passwd"], INVALID),
    "NUL": (["a\0b"], INVALID),
    "NUL in a folder": (["a\0/b"], INVALID),
    "33 levels": (["a/" * 32 + "b"], DEEP),
    "1,000 levels": (["a/" * 999 + "b"], DEEP),
    "201 characters": (["x" * 201], LONG),
    "201 characters in a folder": (["x" * 201 + "/a"], LONG),
    "201 of two bytes": (["é" * 201], LONG),
    "201 of four bytes": (["🐙" * 201], LONG),
    "twice": (["a", "b", "a"], TWICE),
    "twice below": (["d/a", "d/b", "d/a"], TWICE),
    "file, then folder": (["a", "a/b"], BOTH),
    "folder, then file": (["a/b", "a"], BOTH),
    "both, deeper": (["x/y/z/file", "x/y"], BOTH),
    "empty before deep and long": (["a//" + "b/" * 40 + "x" * 300], INVALID),
    "deep before long": (["b/" * 40 + "x" * 300], DEEP),
}

GOOD = [
    "plain.txt",
    "…",
    "...",
    ".hidden",
    "a.",
    "..a",
    "a..",
    " ",
    " leading and trailing ",
    "tab\there",
    "back\\slash",
    "C:\\fakepath\\x.png",
    'a "b".gz',
    "it's; a=b, 100%.txt",
    "percent%41%2F%zz",
    "plus+and space",
    "#fragment?query&arg=x",
    "日本語/ファイル.pdf",
    "👩‍👩‍👧‍👦/family.gif",
    "\U0001f600",
    "\uff5e",
    "e\u0301.txt",
    "\u00e9.txt",
    "\u202etxt.exe",
    "\u2028line",
    "Case",
    "case",
    "-rf *",
    "x" * 200,
    "🐙" * 200,
    "/".join(["a" * 100] * 32),
]
EXTENDED_ONLY = ["two\r\nlines", "bell\x07", "del\x7f", "esc\x1b[31m", "\ufeffbom"]


def put_paths(system: System, user: User, names: Sequence[str]) -> Answer:
    """Put a folder whose files hold their own numbers, by the form of a name that carries any character."""
    parts = [
        (f"form-data; name=\"file\"; filename*=UTF-8''{quote(n, safe='')}", b"%d" % at) for at, n in enumerate(names)
    ]
    kind = {"content-type": "multipart/form-data; boundary=limit"}
    return system.call("POST", "/api/v0/putfolder", user=user, body=body_of(*parts), headers=kind)


def test_bad_paths_are_refused_whole(system: System, user: User) -> None:
    put_ok(system, user, ("kept", b"kept"))
    before = system.contents()

    for why, (names, expected) in BAD.items():
        assert refusal(put_paths(system, user, names)) == expected, why
        # Nor do good ones beside them help
        assert refusal(put_paths(system, user, ["good", *names, "also/good"])) == expected, why
    assert system.contents() == before


def test_good_paths_are_kept_as_they_are(system: System, user: User) -> None:
    names = [*GOOD, *EXTENDED_ONLY]
    answer = put_paths(system, user, names)
    assert answer.status == 200, answer.body
    nodes = {name: file_node(b"%d" % at) for at, name in enumerate(names)}

    assert answer.json["folder"]["hash"] == tree(nodes)[""].cid
    assert [file["name"] for file in answer.json["files"]] == names
    cid = answer.json["folder"]["hash"]
    for at, name in enumerate(names):
        found = read(system, user, f"{cid}/{name}", "get")
        assert (found.status, found.body) == (200, b"%d" % at), name
        assert file_name(found.headers["content-disposition"]) == name.rpartition("/")[2]
    inside = [line["name"] for line in system.call("GET", "/api/v0/ls", user=user, query={"arg": cid}).json["files"]]
    assert inside == sorted({name.partition("/")[0] for name in names}, key=str.encode)


@pytest.mark.parametrize("character", ["a", "🐙"])
def test_the_longest_path_there_may_be(system: System, user: User, character: str) -> None:
    longest = "/".join([character * 200] * 32)

    cid = folder_ok(system, user, (longest, b"deep"))

    # Longer than an address line may be, so it goes in a body
    answer = system.call("POST", "/api/v0/cat", user=user, body={"hash": f"{cid}/{longest}"})
    assert (answer.status, answer.body) == (200, b"deep")


def test_raw_names_are_kept_as_clients_send_them(system: System, user: User) -> None:
    # Given what curl and browsers send: UTF-8 as it is, quotes that nobody escaped
    names = [name for name in GOOD if name.isprintable() and name.strip() == name]
    assert len(names) > 20

    answer = put_folder(system, user, *((name, b"x") for name in names))

    assert [file["name"] for file in answer.json["files"]] == names


def test_names_that_differ_in_normal_form_alone_are_two_files(system: System, user: User) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert unicodedata.normalize("NFC", decomposed) == composed

    cid = folder_ok(system, user, (composed, b"one"), (f"{decomposed}/x", b"two"))

    assert read(system, user, f"{cid}/{composed}").body == b"one"
    assert read(system, user, f"{cid}/{decomposed}/x").body == b"two"
    assert refusal(read(system, user, f"{cid}/{composed}/x"))[0] == 404


def test_a_backslash_is_no_slash(system: System, user: User) -> None:
    cid = folder_ok(system, user, ("a\\b", b"one"), ("a/b", b"two"))

    assert read(system, user, f"{cid}/a\\b").body == b"one"
    assert read(system, user, f"{cid}/a/b").body == b"two"


@pytest.mark.parametrize("vector", [v for v in folder_vectors() if v["id"] == "dir_unicode"], ids=["dir_unicode"])
def test_the_names_of_the_vectors_come_through(system: System, user: User, vector: Vector) -> None:
    names = [path for path, made in folder_entries(vector) if made is not None]

    answer = put_paths(system, user, names)

    assert [file["name"] for file in answer.json["files"]] == names


def test_deep_paths_are_refused_before_all_of_them_are_looked_at() -> None:
    """A path of 32 levels stands for 31 folders too, whose paths take far more memory than the body that named them."""
    endless = ("/".join([f"{number:0200}", *["x" * 200] * 31]) for number in itertools.count())

    with pytest.raises(FolderTooLargeError):
        paths.check_together(endless)


segments = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda text: text not in {".", ".."}
)
some_paths = st.lists(segments, min_size=1, max_size=5).map("/".join)


@given(st.sets(some_paths, min_size=1, max_size=8))
def test_any_set_of_good_paths_is_let_in_or_has_one_at_two_places(names: set[str]) -> None:
    for name in names:
        paths.check(name)
    clash = any(longer.startswith(f"{name}/") for name in names for longer in names)

    if clash:
        with pytest.raises(InvalidPathError, match="invalid_path"):
            paths.check_together(names)
    else:
        paths.check_together(names)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(segments, min_size=1, max_size=6))
def test_any_name_is_found_again(system: System, user: User, names: set[str]) -> None:
    listed = sorted(names, key=str.encode)

    cid = put_paths(system, user, [f"in/{name}" for name in listed]).json["folder"]["hash"]

    inside = system.call("GET", "/api/v0/ls", user=user, query={"arg": f"/ipfs/{cid}/in"}).json["files"]
    assert [line["name"] for line in inside] == listed
    assert [read(system, user, f"{cid}/in/{name}").body for name in listed] == [b"%d" % n for n in range(len(listed))]
