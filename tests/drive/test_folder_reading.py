"""cat and get of what lies in a folder: every way to name it, and who is told nothing."""

import pytest

from chalicelib.ipfs import file_node, tree
from tests.drive.asking import EMPTY, HELLO, UNKNOWN, file_name, folder_ok, put_ok, read, refusal
from tests.support.system import System, User

FILES = (
    ("a.txt", b"hello world"),
    ("empty", b""),
    ("page.html", b"<script>alert(1)</script>"),
    ("sub/deep/žluťoučký kůň.png", b"horse"),
    ("sub/100% +plus&amp?#.txt", b"odd"),
)
HORSE = "sub/deep/žluťoučký kůň.png"
NOT_FOUND = (404, "File not found", "file_not_found")
FOLDER = (400, "Hash is a folder", "hash_is_folder")
FILE = (400, "Hash is a file", "hash_is_file")
INVALID_HASH = (400, "Invalid or missing hash", "invalid_hash")
NO_THUMBNAIL = (404, "No thumbnail", "no_thumbnail")
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def folder(system: System, user: User) -> str:
    """The hash of `FILES`."""
    return folder_ok(system, user, *FILES, name="my folder")


@pytest.mark.parametrize("call", ["cat", "get"])
def test_every_file_is_read_by_its_path(system: System, user: User, folder: str, call: str) -> None:
    for path, data in FILES:
        post, get, head = (read(system, user, f"{folder}/{path}", call, verb) for verb in ("POST", "GET", "HEAD"))
        assert (post.status, post.body) == (get.status, get.body) == (200, data)
        assert (head.status, head.body) == (200, b"")
        for answer in (post, get, head):
            # The tag is that of the file itself, wherever it lies
            assert answer.headers["etag"] == f'"{file_node(data).cid}"'
            assert answer.headers["content-length"] == str(len(data))
            assert answer.headers["accept-ranges"] == "bytes"
            assert answer.headers["cache-control"] == "private"
            assert answer.headers["x-content-type-options"] == "nosniff"
            disposition = answer.headers.get("content-disposition")
            name = file_name(disposition) if disposition is not None else None
            assert name == (path.rpartition("/")[2] if call == "get" else None)


def test_types_go_by_the_ending_and_none_runs(system: System, user: User) -> None:
    kinds = {
        "a.png": "image/png",
        "a.txt": "text/plain",
        "a": "application/octet-stream",
        "a.pdf": "application/pdf",
        "a.html": "application/octet-stream",
        "A.HTM": "application/octet-stream",
        "a.svg": "application/octet-stream",
        "a.svgz": "application/octet-stream",
        "a.xhtml": "application/octet-stream",
        "a.xml": "application/octet-stream",
        "a.xsl": "application/octet-stream",
        "a.rdf": "application/octet-stream",
        "folder.html/a": "application/octet-stream",
    }
    cid = folder_ok(system, user, *((f"d/{name}", b"<script/>") for name in kinds))

    for call in ("cat", "get"):
        for name, kind in kinds.items():
            for verb in ("GET", "HEAD"):
                answer = read(system, user, f"{cid}/d/{name}", call, verb)
                assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (kind, "nosniff")


@pytest.mark.parametrize("form", ["{}", "{}/", "{}//", "/ipfs/{}", "/ipfs/{}/"])
def test_an_address_may_have_its_prefix_and_a_slash_at_the_end(
    system: System, user: User, folder: str, form: str
) -> None:
    for path, data in FILES:
        assert read(system, user, form.format(f"{folder}/{path}")).body == data
    assert refusal(read(system, user, form.format(folder))) == FOLDER
    put_ok(system, user, ("alone", b"hello world"))
    assert read(system, user, form.format(HELLO)).body == b"hello world"


@pytest.mark.parametrize("form", ["{}", "/ipfs/{}", "/ipfs/{}/"])
@pytest.mark.parametrize("name", ["hash", "arg"])
def test_a_path_may_stand_in_query_or_json(system: System, user: User, folder: str, form: str, name: str) -> None:
    for path, data in FILES:
        full = {name: form.format(f"{folder}/{path}")}
        answers = [
            system.call("POST", "/api/v0/cat", user=user, query=full),
            system.call("POST", "/api/v0/cat", user=user, body=full),
            system.call("POST", "/api/v0/cat", user=user, body=full, headers={"content-type": "application/json"}),
            system.call("POST", "/api/v0/cat", user=user, body=full, headers=FORM),
        ]
        assert [(answer.status, answer.body) for answer in answers] == [(200, data)] * 4


@pytest.mark.parametrize(
    "body",
    [
        "hash={}/sub/100%25+%2Bplus%26amp%3F%23.txt",
        "other=1&hash=%2Fipfs%2F{}/sub/100%25%20%2bplus%26amp%3f%23.txt&hash=second",
    ],
)
def test_a_path_in_a_form_is_percent_encoded(system: System, user: User, folder: str, body: str) -> None:
    answer = system.call("POST", "/api/v0/cat", user=user, headers=FORM, body=body.format(folder).encode())

    assert (answer.status, answer.body) == (200, b"odd")


def test_a_path_in_a_multipart_form_is_as_it_is(system: System, user: User, folder: str) -> None:
    body = f'--B\r\nContent-Disposition: form-data; name="hash"\r\n\r\n{folder}/{HORSE}\r\n--B--\r\n'.encode()
    kind = {"content-type": "multipart/form-data; boundary=B"}

    assert system.call("POST", "/api/v0/cat", user=user, headers=kind, body=body).body == b"horse"


@pytest.mark.parametrize("call", ["cat", "get", "ls"])
def test_what_is_not_in_a_folder_is_not_found(system: System, user: User, folder: str, call: str) -> None:
    bad = [
        "none",
        "sub/none",
        "a.txt/below",
        "empty/x",
        "A.TXT",
        "/a.txt",
        "sub//deep",
        "./a.txt",
        "sub/..",
        "sub/../a.txt",
    ]
    bad += [f"{HORSE}/x", HORSE.encode().decode("latin-1"), "sub/deep/%C5%BElu", "a.txt\0", "x" * 3_000, HELLO, folder]
    for path in bad:
        assert refusal(read(system, user, f"{folder}/{path}", call)) == NOT_FOUND, path
    assert refusal(read(system, user, f"{UNKNOWN}/a.txt", call)) == NOT_FOUND


def test_nothing_lies_in_a_file(system: System, user: User) -> None:
    put_ok(system, user, ("a.txt", b"hello world"))

    for call in ("cat", "get", "ls"):
        assert refusal(read(system, user, f"{HELLO}/a.txt", call)) == NOT_FOUND
    assert refusal(read(system, user, HELLO, "ls")) == FILE


def test_cat_of_a_folder_and_ls_of_a_file(system: System, user: User, folder: str) -> None:
    for verb in ("POST", "GET", "HEAD"):
        for path in ("", "/sub", "/sub/deep/"):
            answer = read(system, user, folder + path, "cat", verb)
            assert answer.status == 400
            assert verb == "HEAD" or refusal(answer) == FOLDER
        answer = read(system, user, f"{folder}/a.txt", "ls", verb)
        assert answer.status == 400
        assert verb == "HEAD" or refusal(answer) == FILE


def test_a_matching_tag_does_not_make_a_folder_a_file(system: System, user: User, folder: str) -> None:
    assert refusal(read(system, user, folder, "cat", if_none_match="*")) == FOLDER
    assert refusal(read(system, user, f"{folder}/none", "cat", if_none_match="*")) == NOT_FOUND


@pytest.mark.usefixtures("folder")
def test_the_hash_of_a_file_or_folder_inside_is_found_only_if_it_is_pinned(system: System, user: User) -> None:
    nodes = {path: file_node(data) for path, data in FILES}
    inside = [nodes["a.txt"].cid, EMPTY, tree(nodes)["sub"].cid]
    for call in ("cat", "get", "rm"):
        for cid in inside:
            answer = system.call("POST", f"/api/v0/{call}", user=user, query={"arg": cid})
            assert refusal(answer) == NOT_FOUND
    assert refusal(read(system, user, inside[2], "ls")) == NOT_FOUND

    put_ok(system, user, ("pinned", b"hello world"))
    assert read(system, user, HELLO).body == b"hello world"
    sub = [(path.removeprefix("sub/"), data) for path, data in FILES if path.startswith("sub/")]
    assert folder_ok(system, user, *sub) == inside[2]
    assert read(system, user, f"{inside[2]}/deep/{HORSE.rpartition('/')[2]}").body == b"horse"


def test_a_folder_of_another_account_is_not_found(system: System, user: User, folder: str) -> None:
    other = system.user()
    folder_ok(system, other, ("their own", b""))
    assert read(system, user, f"{folder}/a.txt").status == 200

    for call in ("cat", "get", "ls", "thumb"):
        for path in ("", "/a.txt", "/sub", "/none"):
            for headers in ({}, {"if_none_match": "*"}):
                assert refusal(read(system, other, folder + path, call, **headers)) == NOT_FOUND
    assert refusal(system.call("POST", "/api/v0/rm", user=other, query={"arg": folder})) == NOT_FOUND


def test_only_a_whole_folder_can_be_removed(system: System, user: User, folder: str) -> None:
    before = system.contents()

    for path in ("/a.txt", "/sub", "/none"):
        answer = system.call("POST", "/api/v0/rm", user=user, query={"arg": folder + path})
        assert refusal(answer) == INVALID_HASH
    assert system.contents() == before


def test_there_is_no_thumbnail_in_a_folder(system: System, user: User, folder: str) -> None:
    for path in ("", "/sub", f"/{HORSE}", "/a.txt"):
        for verb in ("POST", "GET"):
            assert refusal(read(system, user, folder + path, "thumb", verb)) == NO_THUMBNAIL
    assert refusal(read(system, user, f"{folder}/none", "thumb")) == NOT_FOUND
    assert system.jobs.held == []


@pytest.mark.parametrize(
    "arg", ["/a.txt", "/ipfs/", "/ipfs//a.txt", "Qm/a.txt", f"{HELLO[:-1]}/a", f"ipfs/{HELLO}", f"//{HELLO}"]
)
def test_a_path_without_a_hash(system: System, user: User, arg: str) -> None:
    for call in ("cat", "get", "ls", "thumb", "rm"):
        assert refusal(read(system, user, arg, call, "POST")) == INVALID_HASH


def test_a_path_that_is_no_text(system: System, user: User, folder: str) -> None:
    for path in ("\ud800", "a\udfff/b"):
        answer = system.call("POST", "/api/v0/cat", user=user, body={"hash": f"{folder}/{path}"})
        assert refusal(answer) == INVALID_HASH
