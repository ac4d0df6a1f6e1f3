"""Limits of calls a second, as a client meets them: per ZELID and address, told on every answer (seed 001, Limits)."""

from typing import Any

import pytest

from infra.local.gateway import to_event
from tests.drive.asking import HELLO, folder_ok, put_folder, read, refusal
from tests.drive.limited import LIMITED, NAMES, PUTS, READS, Make, put, standing, statuses
from tests.limits.world import Clock
from tests.support.books import rm
from tests.support.ministack import Ministack
from tests.support.system import System, User

READ_CALLS = ("cat", "get", "ls", "status", "thumb")


@pytest.fixture
def system(limited: System) -> System:
    return limited


def at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """From now on, calls come from this address."""

    def from_there(*args: Any) -> Any:
        event = to_event(*args)
        event["requestContext"]["identity"]["sourceIp"] = address
        return event

    monkeypatch.setattr("tests.support.system.to_event", from_there)


def test_a_put_too_many_is_told_when_to_come_back(system: System, user: User, clock: Clock) -> None:
    answers = [put(system, user) for _ in range(PUTS)]
    assert [answer.status for answer in answers] == [200] * PUTS
    assert [standing(answer) for answer in answers] == [
        (f'"puts";r={left};t=1', f'"puts";q={PUTS};w=1') for left in (2, 1, 0)
    ]

    refused = put(system, user)

    assert refusal(refused) == LIMITED
    assert refused.json == {"error": LIMITED[1], "message": LIMITED[1], "code": LIMITED[2]}
    assert refused.headers["retry-after"] == "1"
    assert standing(refused) == ('"puts";r=0;t=1', f'"puts";q={PUTS};w=1')
    clock.now += 1
    again = put(system, user)
    assert (again.status, standing(again)[0]) == (200, '"puts";r=2;t=1')
    assert "retry-after" not in again.headers


def test_a_read_too_many_likewise(system: System, user: User, clock: Clock) -> None:
    put(system, user)
    for _ in range(2):
        answers = [read(system, user, HELLO) for _ in range(READS)]
        assert [answer.status for answer in answers] == [200] * READS
        assert [standing(answer)[0] for answer in answers] == [f'"reads";r={left};t=1' for left in (4, 3, 2, 1, 0)]
        refused = read(system, user, HELLO)
        assert refusal(refused) == LIMITED
        assert (refused.headers["retry-after"], *standing(refused)) == ("1", '"reads";r=0;t=1', '"reads";q=5;w=1')
        clock.now += 1


def test_put_putfolder_and_rm_count_together(system: System, user: User) -> None:
    assert put(system, user).status == 200
    folder_ok(system, user, ("a", b"a"))
    assert rm(system, user, HELLO).status == 200

    for refused in (put(system, user), put_folder(system, user, ("a", b"a")), rm(system, user, HELLO)):
        assert refusal(refused) == LIMITED
    # But not as reads
    assert system.call("GET", "/api/v0/status", user=user).status == 200


@pytest.mark.parametrize("verb", ["POST", "GET", "HEAD"])
def test_all_reads_count_together(system: System, user: User, clock: Clock, verb: str) -> None:
    put(system, user)
    asked = {call: {"arg": HELLO} if call in {"cat", "get", "thumb"} else {} for call in READ_CALLS}

    let_in = [system.call(verb, f"/api/v0/{call}", user=user, query=query) for call, query in asked.items()]
    refused = [system.call(verb, f"/api/v0/{call}", user=user, query=query) for call, query in asked.items()]

    assert [answer.status for answer in let_in] == [200, 200, 200, 200, 404]
    assert [answer.status for answer in refused] == [429] * len(READ_CALLS)
    assert put(system, user).status == 200
    clock.now += 1
    assert read(system, user, HELLO).status == 200


def test_one_request_is_one_however_many_files(system: System, user: User) -> None:
    for turn in range(PUTS):
        files = [(f"{turn} {number}", b"%d" % number) for number in range(20)]
        assert system.put(user, *files).status == 200

    assert put(system, user).status == 429


def test_accounts_are_counted_apart(system: System, user: User) -> None:
    other = system.user()

    assert statuses(PUTS + 1, lambda: put(system, user)) == [200] * PUTS + [429]
    assert statuses(PUTS + 1, lambda: put(system, other)) == [200] * PUTS + [429]
    assert statuses(READS + 1, lambda: read(system, user, HELLO)) == [200] * READS + [429]
    assert statuses(READS + 1, lambda: read(system, other, HELLO)) == [200] * READS + [429]


def test_all_keys_of_an_account_are_counted_together(system: System, user: User) -> None:
    row, secret = system.accounts.issue_key(user.zelid, "second")
    second = User(user.zelid, secret, row.key_id)

    assert statuses(PUTS, lambda: put(system, user)) == [200] * PUTS
    assert put(system, second).status == 429


def test_addresses_are_counted_apart(system: System, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("203.0.113.9", "203.0.113.10", "2001:db8::1"):
        at(monkeypatch, address)
        assert statuses(PUTS + 1, lambda: put(system, user)) == [200] * PUTS + [429]
        assert statuses(READS + 1, lambda: read(system, user, HELLO)) == [200] * READS + [429]


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "client-ip"])
def test_no_header_says_where_a_call_comes_from(system: System, user: User, name: str) -> None:
    def from_elsewhere(number: int) -> int:
        headers = {name: f"for=198.51.100.{number}" if name == "forwarded" else f"198.51.100.{number}"}
        return system.call("GET", "/api/v0/status", user=user, headers=headers).status

    assert [from_elsewhere(number) for number in range(READS + 1)] == [200] * READS + [429]


def test_no_other_service_is_limited(make: Make) -> None:
    system = make(puts_per_second=1, reads_per_second=1)
    record = {"filenameEnc": "f", "size": 3, "user": "usr_1", "mimeType": "text/plain", "dekEnc": "d", "thumb": False}

    for _ in range(3):
        answers = [
            system.call("GET", "/api/v1/stats"),
            system.call("POST", "/api/v1/meta", body=record),
            system.call("GET", "/health"),
            system.call("POST", "/api/v1/dek/wrap", body={"dek": "a key"}),
        ]
        assert [answer.status for answer in answers] == [200] * 4
        assert not any(answer.headers.keys() & set(NAMES) for answer in answers)


def test_processes_count_together(make: Make, ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(puts_per_second=PUTS, reads_per_second=READS)
    with monkeypatch.context() as patch:
        for name, value in ministack.access.items():
            patch.setenv(name, value)
        second = System.make(first.aws.settings)
    user = first.user()
    both = [first, second] * READS

    assert sorted(put(system, user).status for system in both) == [200] * PUTS + [429] * (len(both) - PUTS)
    assert sorted(read(system, user, HELLO).status for system in both) == [200] * READS + [429] * READS


def test_the_limits_are_the_seeds_unless_a_setting_says_otherwise(make: Make) -> None:
    system = make()
    user = system.user()

    assert standing(put(system, user)) == ('"puts";r=149;t=1', '"puts";q=150;w=1')
    assert standing(read(system, user, HELLO)) == ('"reads";r=1499;t=1', '"reads";q=1500;w=1')
