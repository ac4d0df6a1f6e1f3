"""What warm calls on folders and on pages of lists cost, in round trips to AWS (docs: Budgets)."""

import os
import uuid
from collections.abc import Sequence
from unittest import mock

import pytest

from chalicelib import aws
from chalicelib.blobs import segments
from chalicelib.drive import manifests
from chalicelib.drive.tables import EntryRow
from chalicelib.metadata import ids
from tests.drive.asking import folder_ok, many, put_ok, read
from tests.support.books import rm
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import Answer, System, User

READ = {"BatchGetItem": 1}
"""Who calls, together with all that is known of what they name."""
ENTRIES = 10_000


@pytest.fixture(scope="module")
def account(ministack: Ministack) -> tuple[System, User]:
    """A warm process, and an account that has a folder already."""
    system = ministack.system()
    user = system.user()
    folder_ok(system, user, ("there", b"already"))
    return system, user


@pytest.fixture
def system(account: tuple[System, User], monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setattr(aws.clients, "_current", account[0].aws)
    return account[0]


@pytest.fixture
def user(account: tuple[System, User]) -> User:
    return account[1]


@pytest.fixture
def calls(system: System) -> Calls:
    return Calls(system.aws)


@pytest.fixture
def new() -> str:
    """What is in files that no other test has put."""
    return uuid.uuid4().hex


def files(count: int, what: str) -> Sequence[tuple[str, bytes]]:
    """So many files in some sub-folders."""
    return [(f"{at % 5}/{name}", data) for at, (name, data) in enumerate(many(count, what))]


@pytest.fixture(params=[False, True], ids=["one page", "all pages"])
def folder(request: pytest.FixtureRequest, system: System, user: User, new: str) -> str:
    """A folder of 30 files whose manifest is one page, or all of them."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param:
            patch.setattr(manifests, "MOST_PAGE_BYTES", 1_000)
        cid = folder_ok(system, user, *files(30, new))
    assert manifests.PAGES > 1
    return cid


@pytest.mark.parametrize("count", [1, 200])
def test_a_new_folder_costs_three_one_of_them_s3(
    system: System, user: User, calls: Calls, new: str, count: int
) -> None:
    folder_ok(system, user, *files(count, new))

    assert calls.by_operation() == {**READ, "PutObject": 1, "TransactWriteItems": 1}


@pytest.mark.parametrize("count", [1, 200])
def test_so_does_one_of_8_mib(system: System, user: User, calls: Calls, new: str, count: int) -> None:
    size = 8 * 2**20 // count - 200
    folder_ok(system, user, *((f"{n}", f"{new} {n}".encode().ljust(size)) for n in range(count)))

    # A body of more than that many bytes costs another read, before it is looked at
    assert calls.by_operation() == {**READ, "PutObject": 1, "TransactWriteItems": 1}
    assert calls.total <= 4


def test_a_large_body_is_looked_at_once_its_sender_is_known(system: System, user: User, calls: Calls, new: str) -> None:
    folder_ok(system, user, ("big", new.encode().ljust(segments.OBJECT + 1)))

    assert calls.by_operation() == {"BatchGetItem": 2, "PutObject": 2, "TransactWriteItems": 1}


def test_a_folder_with_a_manifest_on_all_pages_costs_no_more(
    system: System, user: User, calls: Calls, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MOST_PAGE_BYTES", 5_000)
    folder_ok(system, user, *files(200, new))

    assert calls.by_operation() == {**READ, "PutObject": 1, "TransactWriteItems": 1}


def test_a_folder_already_held_costs_no_s3(system: System, user: User, calls: Calls, new: str) -> None:
    put = files(20, new)
    folder_ok(system, user, *put)

    for who, name, cost in (
        (user, None, READ),
        (user, "another name", {**READ, "TransactWriteItems": 1}),
        (system.user(), None, {**READ, "TransactWriteItems": 1}),
    ):
        calls.clear()
        folder_ok(system, who, *put, name=name)
        assert calls.by_operation() == cost, name


def test_a_folder_of_empty_files_costs_no_s3(system: System, user: User, calls: Calls, new: str) -> None:
    folder_ok(system, user, (new, b""))

    assert calls.by_operation() == {**READ, "TransactWriteItems": 1}


@pytest.mark.parametrize("call", ["cat", "get"])
def test_a_file_in_a_folder_costs_two_one_of_them_s3(
    system: System, user: User, calls: Calls, folder: str, call: str
) -> None:
    path = next(f"{line['name']}" for line in read(system, user, f"{folder}/3", "ls").json["files"])
    arg = f"{folder}/3/{path}"
    calls.clear()

    assert read(system, user, arg, call).status == 200
    assert calls.by_operation() == {**READ, "GetObject": 1}

    for verb, headers, status in (("HEAD", {}, 200), ("GET", {"if_none_match": "*"}, 304)):
        calls.clear()
        assert read(system, user, arg, call, verb, **headers).status == status
        assert calls.by_operation() == READ
    calls.clear()
    assert read(system, user, f"{folder}/none", call).status == 404
    assert calls.by_operation() == READ


def test_a_list_inside_costs_two(system: System, user: User, calls: Calls, folder: str) -> None:
    for path in ("", "/3"):
        calls.clear()
        first = read(system, user, folder + path, "ls")
        assert (first.status, calls.by_operation()) == (200, {"BatchGetItem": 2})
    for query in ({"size": "3"}, {"page": "2", "size": "2"}):
        calls.clear()
        answer = system.call("POST", "/api/v0/ls", user=user, query={"arg": folder, **query})
        assert (answer.status, calls.by_operation()) == (200, {"BatchGetItem": 2})


def test_a_tar_costs_two_and_its_reads(system: System, user: User, calls: Calls, folder: str) -> None:
    calls.clear()
    assert read(system, user, folder, "get").status == 200
    assert calls.by_operation() == {"BatchGetItem": 2, "GetObject": 1}

    calls.clear()
    assert read(system, user, f"{folder}/3", "get", range="bytes=600-1800").status == 206
    assert calls.by_operation() == {"BatchGetItem": 2, "GetObject": 1}

    for verb, headers in (
        ("HEAD", {}),
        ("GET", {"if_none_match": f'"{folder}.tar"'}),
        ("GET", {"range": "bytes=0-99"}),
    ):
        calls.clear()
        assert read(system, user, folder, "get", verb, **headers).status in {200, 206, 304}
        assert calls.by_operation() == {"BatchGetItem": 2}


def test_rm_of_a_folder_costs_a_read_and_a_transaction(system: System, user: User, calls: Calls, folder: str) -> None:
    calls.clear()
    assert rm(system, user, folder).status == 200

    assert calls.by_operation() == {**READ, "TransactWriteItems": 1}


@pytest.fixture(scope="module")
def long_list(account: tuple[System, User]) -> User:
    """An account with 10,000 entries of two contents, written past the drive."""
    system, _ = account
    user = system.user()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws.clients, "_current", system.aws)
        put_ok(system, user, ("file.txt", b"file"))
        folder_ok(system, user, ("x", b"x"), name="folder")
        rows = [row.serialize() for row in aws.page(EntryRow, user.zelid).rows]
        puts = [
            {"PutRequest": {"Item": {**rows[number % 2], "order": {"S": ids.new_order()}}}}
            for number in range(ENTRIES - len(rows))
        ]
        for start in range(0, len(puts), 25):
            system.aws.dynamodb.batch_write_item(RequestItems={EntryRow.physical_name(): puts[start : start + 25]})
    return user


def ls(system: System, user: User, **query: object) -> Answer:
    answer = system.call("POST", "/api/v0/ls", user=user, query={name: str(value) for name, value in query.items()})
    assert answer.status == 200, answer.body
    return answer


def test_any_page_of_10000_entries_costs_two(system: System, long_list: User, calls: Calls) -> None:
    # Given the first page, those after it by cursors, and so the last
    cost, seen, query = [], 0, {"size": 500}
    while True:
        calls.clear()
        answer = ls(system, long_list, **query).json
        cost.append(calls.by_operation())
        seen += len(answer["files"])
        if "next" not in answer:
            break
        query = {"size": 500, "cursor": answer["next"]}

    assert seen == ENTRIES
    # Then each costs the same: no S3, and no KMS, since the process has the one generation of keys at hand
    assert len(cost) >= ENTRIES // 500
    assert all(one == {**READ, "Query": 1} for one in cost)


def test_a_jump_costs_a_query_for_each_mib_passed_over(system: System, long_list: User, calls: Calls) -> None:
    cost = {}
    for page, expected in ((1, 50), (2, 50), (100, 50), (200, 50), (201, 0)):
        calls.clear()
        assert len(ls(system, long_list, page=page).json["files"]) == expected
        assert calls.by_operation().keys() == {"BatchGetItem", "Query"}
        cost[page] = calls.total

    # A row takes about 1 KiB, so 10,000 take about 10 MiB
    assert (cost[1], cost[2]) == (2, 3)
    assert cost[100] <= 2 + 6
    assert cost[200] <= 2 + 12
    assert cost[201] <= 2 + 12


def test_a_cold_process_asks_kms_once_a_generation(system: System, long_list: User, ministack: Ministack) -> None:
    """However many entries a list has, and keys of their contents."""
    with mock.patch.dict(os.environ, ministack.access):
        cold = System.make(system.aws.settings)
    calls = Calls(cold.aws)

    assert len(ls(cold, long_list, size=500).json["files"]) == 500

    # The rows of the generations, beside those of the list
    assert calls.by_operation() == {**READ, "Query": 2, "GetItem": 1, "Decrypt": 1}
