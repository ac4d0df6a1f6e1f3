"""ls of what stands in a folder: by name, in pages, for those who may list."""

import pytest

from chalicelib.drive import listing
from chalicelib.ipfs import file_node, tree
from tests.drive.asking import HELLO, UNKNOWN, folder_ok, put_ok, read, refusal
from tests.support.books import rm
from tests.support.system import Answer, System, User

FILES = [
    ("Zebra", b"z"),
    ("a.png", b"hello world"),
    ("b/one", b"one"),
    ("b/two.html", b"twelve bytes"),
    ("b-", b""),
    ("é", b"e"),
    ("\uff5e", b"wave"),
    ("\U0001f600", b"smile"),
]
# By the bytes of the names, as in the folder's address: capitals first, and U+1F600 after U+FF5E.
NAMES = ["Zebra", "a.png", "b", "b-", "é", "\uff5e", "\U0001f600"]
NEAR = 1_000
"""Milliseconds between the two looks at the clock of one put, on a slow machine."""
INVALID = (400, "Invalid request", "invalid_request")


@pytest.fixture
def folder(system: System, user: User) -> str:
    return folder_ok(system, user, *FILES, name="my folder")


def ls(system: System, user: User, arg: str, **query: str) -> Answer:
    return system.call("GET", "/api/v0/ls", user=user, query={"arg": arg, **query})


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [line["name"] for line in answer.json["files"]]


def test_a_folder_lists_what_stands_directly_in_it(system: System, user: User, folder: str) -> None:
    nodes = {path: file_node(data) for path, data in FILES}
    nodes |= tree(nodes)
    (entry,) = system.call("GET", "/api/v0/ls", user=user).json["files"]
    kinds = dict.fromkeys(NAMES, "application/octet-stream") | {"a.png": "image/png", "b": "inode/directory"}

    answer = ls(system, user, folder)
    moment = answer.json["files"][0]["timestamp"]

    assert answer.json.keys() == {"status", "files"}
    assert answer.json["files"] == [
        {
            "hash": nodes[name].cid,
            "name": name,
            "size": nodes[name].size,
            "mimetype": kinds[name],
            "timestamp": moment,
            **({"type": "folder"} if name == "b" else {}),
        }
        for name in NAMES
    ]
    assert answer.json["files"][2]["size"] == 15
    assert abs(moment - entry["timestamp"]) < NEAR


def test_a_folder_in_a_folder_lists_likewise(system: System, user: User, folder: str) -> None:
    for arg in (f"{folder}/b", f"{folder}/b/", f"/ipfs/{folder}/b"):
        lines = ls(system, user, arg).json["files"]
        assert [(line["name"], line["mimetype"], line["size"]) for line in lines] == [
            ("one", "application/octet-stream", 3),
            ("two.html", "text/html", 12),
        ]


def test_every_way_to_name_a_folder(system: System, user: User, folder: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for verb in ("GET", "POST"):
        assert names(system.call(verb, "/api/v0/ls", user=user, query={"hash": f"/ipfs/{folder}/"})) == NAMES
    assert names(system.call("POST", "/api/v0/ls", user=user, body={"hash": folder})) == NAMES
    body = f"arg={folder}".encode()
    assert names(system.call("POST", "/api/v0/ls", user=user, body=body, headers=form)) == NAMES
    assert names(system.call("POST", "/api/v0/ls", user=user, body={"hash": f"{folder}/b"})) == ["one", "two.html"]


def test_head_tells_the_length_of_the_list(system: System, user: User, folder: str) -> None:
    head, get = read(system, user, folder, "ls", "HEAD"), read(system, user, folder, "ls")

    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(get.body)))


def test_the_time_is_that_of_the_accounts_own_first_name(system: System, user: User, folder: str) -> None:
    first = ls(system, user, folder).json["files"][0]["timestamp"]

    folder_ok(system, user, *FILES, name="later")
    other = system.user()
    folder_ok(system, other, *FILES)

    assert ls(system, user, folder).json["files"][0]["timestamp"] == first
    (theirs,) = system.call("GET", "/api/v0/ls", user=other).json["files"]
    later = ls(system, other, folder).json["files"][0]["timestamp"]
    assert later > first
    assert abs(later - theirs["timestamp"]) < NEAR


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 500])
def test_pages_by_cursor_tile_the_folder(system: System, user: User, folder: str, size: int) -> None:
    found, query = [], {"size": str(size)}
    while True:
        answer = ls(system, user, folder, **query)
        found.append(names(answer))
        if "next" not in answer.json:
            break
        query["cursor"] = answer.json["next"]

    assert [name for page in found for name in page] == NAMES
    assert all(len(page) == size for page in found[:-1])
    assert len(found) == -(-len(NAMES) // size)


@pytest.mark.parametrize("size", [1, 3, 7, 8])
def test_pages_by_number_tile_the_folder(system: System, user: User, folder: str, size: int) -> None:
    count = -(-len(NAMES) // size)
    answers = [ls(system, user, folder, size=str(size), page=str(page)) for page in range(1, count + 3)]

    assert [name for answer in answers[:count] for name in names(answer)] == NAMES
    assert [names(answer) for answer in answers[count:]] == [[], []]
    assert ["next" in answer.json for answer in answers] == [True] * (count - 1) + [False] * 3
    # A page and the next by its cursor
    if count > 1:
        assert names(ls(system, user, folder, size=str(size), cursor=answers[0].json["next"])) == names(answers[1])


def test_a_page_has_fifty_entries_unless_it_says_so(system: System, user: User) -> None:
    cid = folder_ok(system, user, *((f"{number:03}", b"") for number in range(120)))

    assert [len(names(ls(system, user, cid, page=str(page)))) for page in (1, 2, 3, 4)] == [50, 50, 20, 0]
    first = ls(system, user, cid, page="2").json
    assert (first["files"][0]["name"], first["files"][-1]["name"]) == ("050", "099")
    # A cursor without a size gives the rest
    assert len(names(ls(system, user, cid, cursor=first["next"]))) == 20


def test_a_cursor_is_bound_to_its_account_and_folder(system: System, user: User, folder: str) -> None:
    other = system.user()
    folder_ok(system, other, *FILES)
    twin = folder_ok(system, user, *FILES, ("more", b""))
    put_ok(system, user, ("a", b""))
    cursor = ls(system, user, folder, size="2").json["next"]
    assert names(ls(system, user, f"/ipfs/{folder}/", size="2", cursor=cursor)) == NAMES[2:4]

    for who, arg in ((other, folder), (user, twin), (user, f"{folder}/b")):
        assert refusal(ls(system, who, arg, cursor=cursor)) == INVALID
    assert refusal(system.call("GET", "/api/v0/ls", user=user, query={"cursor": cursor})) == INVALID
    of_list = system.call("GET", "/api/v0/ls", user=user, query={"size": "1"}).json["next"]
    assert refusal(ls(system, user, folder, cursor=of_list)) == INVALID
    for bad in (cursor[:-1], cursor + "AAAA", "", "~", "é"):
        assert refusal(ls(system, user, folder, cursor=bad)) == INVALID


def test_who_may_list_need_not_read_and_the_other_way_round(system: System, user: User, folder: str) -> None:
    def narrow(*scopes: str) -> User:
        row, secret = system.accounts.issue_key(user.zelid, "-".join(scopes), list(scopes))
        return User(user.zelid, secret, row.key_id)

    lists, reads, neither = narrow("list"), narrow("read"), narrow("write", "delete")
    no_read, no_list = ((403, f"Key lacks scope {scope}", "key_lacks_scope") for scope in ("read", "list"))

    assert names(ls(system, lists, folder)) == NAMES
    assert names(ls(system, lists, f"{folder}/b")) == ["one", "two.html"]
    assert read(system, reads, f"{folder}/a.png").body == b"hello world"
    assert read(system, reads, folder, "get").status == 200
    for arg in (folder, f"{folder}/b", f"{folder}/a.png", f"{folder}/none", UNKNOWN, "no hash"):
        for who in (lists, neither):
            for call in ("cat", "get", "thumb"):
                assert refusal(read(system, who, arg, call)) == no_read
        for who in (reads, neither):
            assert refusal(ls(system, who, arg)) == no_list
            assert refusal(ls(system, who, arg, page="0")) == no_list


def test_what_is_no_folder_of_ours_is_not_listed(system: System, user: User, folder: str) -> None:
    put_ok(system, user, ("file", b"hello world"))

    assert refusal(ls(system, user, HELLO)) == (400, "Hash is a file", "hash_is_file")
    assert refusal(ls(system, user, f"{folder}/a.png")) == (400, "Hash is a file", "hash_is_file")
    for arg in (
        UNKNOWN,
        f"{folder}/none",
        tree({"one": file_node(b"one"), "two.html": file_node(b"twelve bytes")})[""].cid,
    ):
        assert refusal(ls(system, user, arg)) == (404, "File not found", "file_not_found")
    for arg in ("no hash", HELLO[:-1], f" {folder}"):
        assert refusal(ls(system, user, arg)) == (400, "Invalid or missing hash", "invalid_hash")
    rm(system, user, folder)
    assert refusal(ls(system, user, folder))[0] == 404


def test_a_whole_folder_stops_at_what_an_answer_can_carry(
    system: System, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cid = folder_ok(system, user, *((f"{number:03}", b"") for number in range(100)))
    for limit, value, most in (("MOST_LISTED", 30, 30), ("MOST_LIST_BYTES", 9_000, 41)):
        with monkeypatch.context() as patch:
            patch.setattr(listing, limit, value)
            found: list[list[str]] = []
            query: dict[str, str] = {}
            while True:
                answer = ls(system, user, cid, **query)
                found.append(names(answer))
                if "next" not in answer.json:
                    break
                query = {"cursor": answer.json["next"]}
            assert [name for page in found for name in page] == [f"{number:03}" for number in range(100)]
            assert all(0 < len(page) <= most for page in found)
            assert len(found) > 2
