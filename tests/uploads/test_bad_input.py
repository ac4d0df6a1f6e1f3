"""What no upload can be: refused before anything is reserved, in the drive's shape."""

import json
from typing import Any

import pytest

from chalicelib.settings import GIB
from tests.drive.asking import HELLO, refusal
from tests.support.ministack import Ministack
from tests.support.system import System, User
from tests.uploads.sending import begin, body_of, start

INVALID = (400, "Invalid request", "invalid_request")
FILE = {"name": "x", "size": 1}


def folder(*paths: str, **more: Any) -> dict[str, Any]:
    return {"files": [{"path": path, "size": 1} for path in paths], **more}


SHAPES: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"name":"\xff","size":1}',
    "null": None,
    "a list": [],
    "a text": "x",
    "a number": 1,
    "an empty object": {},
    "no size": {"name": "x"},
    "no name": {"size": 1},
    "no name, but a hash": {"size": 1, "hash": HELLO},
    "both forms": {**FILE, "files": [{"path": "x", "size": 1}]},
    "a folder with a name": folder("a", name="x"),
    "a folder with a size": folder("a", size=1),
    "a folder with a type": folder("a", mimetype="text/plain"),
    "an unknown field": {**FILE, "more": 1},
    "an unknown field of a file": {"files": [{"path": "x", "size": 1, "hash": HELLO}]},
    "a negative size": {"name": "x", "size": -1},
    "a size beyond all": {"name": "x", "size": 2**53},
    "a size of very many digits": b'{"name":"x","size":' + b"9" * 5_000 + b"}",
    "a size as text": {"name": "x", "size": "1"},
    "a size as a float": {"name": "x", "size": 1.0},
    "a size as an exponent": b'{"name":"x","size":1e3}',
    "a size as a truth": {"name": "x", "size": True},
    "no size at all": {"name": "x", "size": None},
    "NaN": b'{"name":"x","size":NaN}',
    "a name that is no text": {"name": 1, "size": 1},
    "a name with half a character": b'{"name":"\\ud800","size":1}',
    "a path with half a character": b'{"files":[{"path":"\\ud800","size":1}]}',
    "a type that is no text": {**FILE, "mimetype": 1},
    "a type that is too long": {**FILE, "mimetype": "text/" + "x" * 251},
    "a hash that is no text": {**FILE, "hash": 1},
    "a hash that is too long": {**FILE, "hash": "Q" * 65},
    "files that are no list": {"files": {"path": "x", "size": 1}},
    "a file that is no object": {"files": ["x"]},
    "a file without a path": {"files": [{"size": 1}]},
    "a file without a size": {"files": [{"path": "x"}]},
    "a file with a negative size": {"files": [{"path": "x", "size": -1}]},
    "10,001 files": folder(*map(str, range(10_001))),
    "JSON as deep as it is long": b"[" * 100_000,
}


def test_a_body_of_another_shape(system: System, user: User) -> None:
    before = system.contents()
    for why, body in SHAPES.items():
        answer = start(system, user, body)
        assert refusal(answer) == INVALID, why
        # Each field is named with its problem; nothing that was sent is said again.
        assert all(fault.keys() == {"field", "problem"} for fault in answer.json["detail"]), why
        assert len(answer.body) < 1_000_000, why
    assert system.contents() == before


REFUSED: dict[str, tuple[Any, tuple[int, str]]] = {
    "an empty hash": ({**FILE, "hash": ""}, (400, "invalid_hash")),
    "a hash of one character less": ({**FILE, "hash": HELLO[:-1]}, (400, "invalid_hash")),
    "a hash of another kind": ({**FILE, "hash": "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3"}, (400, "invalid_hash")),
    "a hash that is a path": ({**FILE, "hash": f"{HELLO}/a"}, (400, "invalid_hash")),
    "no files": ({"files": []}, (400, "no_file_provided")),
    "an empty name": ({"name": "", "size": 1}, (400, "invalid_name")),
    "a name of 1,025 bytes": ({"name": "ß" * 512 + "x", "size": 1}, (400, "invalid_name")),
    "a name of 1,025 letters": ({"name": "x" * 1_025, "size": 1}, (400, "invalid_name")),
    "an empty path": (folder(""), (400, "invalid_path")),
    "a path that climbs": (folder("a/../b"), (400, "invalid_path")),
    "a path that stays": (folder("./a"), (400, "invalid_path")),
    "a path from the root": (folder("/a"), (400, "invalid_path")),
    "a path that ends open": (folder("a/"), (400, "invalid_path")),
    "a path with nothing between": (folder("a//b"), (400, "invalid_path")),
    "a path with a NUL": (folder("a\0"), (400, "invalid_path")),
    "a path twice": (folder("a", "b", "a"), (400, "invalid_path")),
    "a path that is file and folder": (folder("a/b", "a"), (400, "invalid_path")),
    "33 levels": (folder("/".join("a" * 33)), (400, "path_too_deep")),
    "a segment of 201": (folder("a" * 201), (400, "path_segment_too_long")),
    "a file over 5 GB": ({"name": "x", "size": 5 * GIB + 1}, (413, "file_too_large")),
    "one of files over 5 GB": ({"files": [{"path": "x", "size": 5 * GIB + 1}]}, (413, "file_too_large")),
    "a file beyond all": ({"name": "x", "size": 2**53 - 1}, (413, "file_too_large")),
    "10,240 parts": ({"files": [{"path": str(n), "size": 5 * GIB} for n in range(16)]}, (400, "too_many_parts")),
    "more than the plan": (
        {"files": [{"path": str(n), "size": 5 * GIB} for n in range(3)]},
        (413, "storage_capacity_exceeded"),
    ),
}


def test_what_cannot_be_is_told_by_its_code(system: System, user: User) -> None:
    before = system.contents()
    for why, (body, (status, code)) in REFUSED.items():
        told = refusal(start(system, user, body))
        assert (told[0], told[2]) == (status, code), why
    assert system.contents() == before


def test_a_folder_is_called_as_a_file_may_be(system: System, user: User) -> None:
    for name, status in (("", 400), ("ß" * 512 + "x", 400), ("ß" * 512, 200), ("a/b", 200)):
        assert start(system, user, folder("a"), name=name).status == status, name


def test_texts_of_errors(system: System, user: User) -> None:
    many = {"files": [{"path": str(n), "size": 5 * GIB} for n in range(16)]}

    assert refusal(start(system, user, many)) == (
        400,
        "Too many parts: at most 10000 in one upload",
        "too_many_parts",
    )
    assert refusal(start(system, user, {"name": "x", "size": 5 * GIB + 1})) == (
        413,
        "File size exceeds 5120Mb",
        "file_too_large",
    )
    assert start(system, user, {"name": "x", "size": -1}).json["detail"] == [
        {"field": "size", "problem": "Input should be greater than or equal to 0"}
    ]


def test_a_body_over_4_mib(system: System, user: User) -> None:
    before = system.contents()

    told = refusal(start(system, user, json.dumps(FILE).encode() + b" " * 4 * 2**20))

    assert told == (413, "The body is too large", "payload_too_large")
    assert system.contents() == before


def test_the_limit_of_a_file_is_the_settings(ministack: Ministack) -> None:
    system = ministack.system(max_file_bytes=3 * 2**20)
    user = system.user()

    assert refusal(start(system, user, {"name": "x", "size": 3 * 2**20 + 1})) == (
        413,
        "File size exceeds 3Mb",
        "file_too_large",
    )
    begin(system, user, {"name": "x", "size": 3 * 2**20})


def test_the_most_that_may_be(system: System) -> None:
    """10,000 parts; 10,000 files; the deepest and longest path; the longest name."""
    user = system.user("PRO", gigabytes=100)
    sizes = [5 * GIB] * 15 + [400 * 8 * 2**20]
    most = begin(system, user, {"files": [{"path": str(n), "size": size} for n, size in enumerate(sizes)]})
    assert len(most["parts"]) == 10_000

    paths = ["/".join(["ä" * 200] * 32), *map(str, range(9_999))]
    assert len(begin(system, user, folder(*paths), name="ß" * 512)["parts"]) == 10_000


@pytest.mark.parametrize("contents", [{"": b"x"}, {"a": b"x"}], ids=["file", "folder"])
def test_a_type_may_be_null_and_so_may_a_hash(system: System, user: User, contents: dict[str, bytes]) -> None:
    body = body_of(contents, hash=None)
    for one in body.get("files", [body]):
        one["mimetype"] = None

    assert len(begin(system, user, body)["parts"]) == 1
