"""What warm calls of the drive cost, in round trips to AWS (docs: Budgets)."""

import uuid

import pytest

from chalicelib import aws
from tests.drive.asking import many, put_ok
from tests.support.books import rm
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import System, User

READ = {"BatchGetItem": 1}
LOOK_UP = READ
"""A put reads once: who calls, together with what is known of its contents."""


@pytest.fixture(scope="module", params=[5, 300], ids=["5 entries", "300 entries"])
def account(request: pytest.FixtureRequest, ministack: Ministack) -> tuple[System, User]:
    """A warm process, and an account with so many entries, to which tests add: cost must not grow with them."""
    system = ministack.system()
    user = system.user()
    put_ok(system, user, *many(request.param, "there already"))
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
    """What files are called and hold that no other test has put."""
    return uuid.uuid4().hex


def test_one_small_new_file_costs_three_one_of_them_s3(system: System, user: User, calls: Calls, new: str) -> None:
    put_ok(system, user, *many(1, new))

    assert calls.by_operation() == {**LOOK_UP, "PutObject": 1, "TransactWriteItems": 1}


def test_a_content_already_held_costs_two_without_s3(system: System, user: User, calls: Calls, new: str) -> None:
    put_ok(system, user, (new, many(1, "there already")[0][1]))
    assert calls.by_operation() == {**LOOK_UP, "TransactWriteItems": 1}

    # Another account's content, likewise
    put_ok(system, system.user(), ("theirs", new.encode()))
    calls.clear()
    put_ok(system, user, ("mine", new.encode()))
    assert calls.by_operation() == {**LOOK_UP, "TransactWriteItems": 1}


def test_the_very_same_file_again_costs_the_look_up_alone(system: System, user: User, calls: Calls) -> None:
    # One that no other test puts under another name.
    file = many(5, "there already")[4]
    put_ok(system, user, file)
    # The first time it is taken from the put of many files that placed it.
    calls.clear()

    put_ok(system, user, file)

    assert calls.by_operation() == LOOK_UP


@pytest.mark.parametrize("count", [2, 5, 12])
def test_a_further_file_adds_at_most_two(system: System, user: User, calls: Calls, new: str, count: int) -> None:
    put_ok(system, user, *many(count, new))

    assert calls.by_operation() == {**LOOK_UP, "PutObject": count, "TransactWriteItems": 1}
    assert calls.total <= 4 + 2 * (count - 1)


@pytest.mark.parametrize("count", [13, 24, 30])
def test_twelve_files_a_transaction(system: System, user: User, calls: Calls, new: str, count: int) -> None:
    transactions = {13: 2, 24: 2, 30: 3}[count]
    put_ok(system, user, *many(count, new))

    assert calls.by_operation() == {**LOOK_UP, "PutObject": count, "TransactWriteItems": transactions}
    assert calls.total <= 4 + 2 * (count - 1)


def test_an_empty_file_costs_no_s3(system: System, user: User, calls: Calls, new: str) -> None:
    put_ok(system, user, (f"empty {new}", b""))

    assert calls.by_operation() == {**LOOK_UP, "TransactWriteItems": 1}


@pytest.mark.parametrize("call", ["cat", "get"])
def test_reading_costs_two_one_of_them_s3(system: System, user: User, calls: Calls, new: str, call: str) -> None:
    (cid,) = put_ok(system, user, ("new", new.encode()))
    calls.clear()

    assert system.call("POST", f"/api/v0/{call}", user=user, query={"arg": cid}).body == new.encode()
    assert calls.by_operation() == {**READ, "GetObject": 1}

    calls.clear()
    assert system.call("HEAD", f"/api/v0/{call}", user=user, query={"arg": cid}).status == 200
    assert calls.by_operation() == READ

    calls.clear()
    known = {"if-none-match": f'"{cid}"'}
    assert system.call("GET", f"/api/v0/{call}", user=user, query={"arg": cid}, headers=known).status == 304
    assert calls.by_operation() == READ


def test_a_list_costs_two(system: System, user: User, calls: Calls) -> None:
    whole = system.call("POST", "/api/v0/ls", user=user)
    assert len(whole.json["files"]) >= 5
    assert calls.by_operation() == {**READ, "Query": 1}

    calls.clear()
    first = system.call("POST", "/api/v0/ls", user=user, query={"size": "3"})
    assert calls.by_operation() == {**READ, "Query": 1}

    calls.clear()
    system.call("POST", "/api/v0/ls", user=user, query={"size": "3", "cursor": first.json["next"]})
    assert calls.by_operation() == {**READ, "Query": 1}


def test_status_costs_one(system: System, user: User, calls: Calls) -> None:
    assert system.call("POST", "/api/v0/status", user=user).status == 200

    assert calls.by_operation() == READ


def test_rm_costs_a_read_and_a_transaction(system: System, user: User, calls: Calls, new: str) -> None:
    (cid, _) = put_ok(system, user, ("new", new.encode()), ("again", new.encode()))
    calls.clear()

    assert rm(system, user, cid).status == 200

    assert calls.by_operation() == {**READ, "TransactWriteItems": 1}
    assert calls.total <= 3


def test_who_is_not_let_in_costs_one_read_at_most(system: System, user: User, calls: Calls) -> None:
    unknown = User("nobody-here", user.key, user.key_id)

    assert system.put(unknown, ("file", b"file")).status == 401
    assert calls.by_operation() == READ
    calls.clear()
    assert system.call("POST", "/api/v0/put").status == 401
    assert calls.total == 0
