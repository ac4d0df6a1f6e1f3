"""When a key was last used: to the hour, for one write an hour, and never in the way of a call."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.aws import Ref
from chalicelib.identity import Account, Credential, Identity, Scope, lastused
from chalicelib.identity.errors import InvalidCredentialsError, KeyLacksScopeError
from chalicelib.identity.lastused import PRECISION_SECONDS
from chalicelib.identity.tables import DriveKeyRow
from chalicelib.web import observe
from infra.admin.accounts import _key, _line
from tests.support.calls import Calls
from tests.support.faults import Faults, lose_answer, server_error, throttle, timeout_before
from tests.support.logs import Logs, recorded
from tests.support.markers import hides
from tests.support.system import System, User
from tests.support.threads import at_once

NOW = 1_800_000_000


class Process:
    """One process that lets callers in, at a time that the test says."""

    def __init__(self) -> None:
        self.identity = Identity(30)
        self.identity.clock = lambda: self.now
        self.now: float = NOW

    def admit(self, user: User, scope: Scope | None = "read") -> Account:
        credential = Credential.of(user.zelid, user.key)
        assert credential is not None
        return self.identity.admit(credential, aws.batch_get(*self.identity.reads(credential)), scope)


@pytest.fixture
def user(system: System) -> User:
    return system.user()


@pytest.fixture
def process(system: System) -> Process:
    del system
    return Process()


@pytest.fixture
def calls(system: System) -> Calls:
    return Calls(system.aws)


@pytest.fixture
def faults(system: System, monkeypatch: pytest.MonkeyPatch) -> Faults:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return Faults(system.aws)


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    observe.set_level("INFO")
    with recorded(capsys) as logs:
        yield logs


def last_used(user: User) -> int | None:
    (row,) = aws.batch_get(Ref(DriveKeyRow, user.zelid, user.key_id))
    return int(row.last_used) if row.last_used is not None else None


def test_a_key_that_was_never_used_says_so(user: User) -> None:
    assert last_used(user) is None


def test_one_write_an_hour(process: Process, user: User, calls: Calls) -> None:
    seen = []
    for minutes in range(0, 130, 10):
        process.now = NOW + minutes * 60
        calls.clear()
        process.admit(user)
        assert calls.by_operation() == {"BatchGetItem": 1}
        seen.append((len(calls.nudges), last_used(user)))

    assert seen == [
        (1, NOW),
        *[(0, NOW)] * 5,
        (1, NOW + 3600),
        *[(0, NOW + 3600)] * 5,
        (1, NOW + 7200),
    ]


def test_processes_see_each_others_writes(process: Process, user: User, calls: Calls) -> None:
    process.admit(user)
    for other in (Process(), Process()):
        other.now = NOW + PRECISION_SECONDS - 1
        other.admit(user)

    assert len(calls.nudges) == 1
    assert last_used(user) == NOW


def test_a_later_time_is_never_replaced_by_an_earlier_one(user: User) -> None:
    """Two processes at once, both of which read that the key was never used."""
    first, second = Process(), Process()
    credential = Credential.of(user.zelid, user.key)
    assert credential is not None
    rows = aws.batch_get(*first.identity.reads(credential))
    second.now = NOW + 5

    for each in (second, first):
        each.identity.admit(credential, rows, "read")

    assert last_used(user) == NOW + 5


def test_nothing_but_the_time_changes(system: System, process: Process, user: User) -> None:
    before = row(system, user)
    rest = system.contents()

    process.admit(user)

    assert row(system, user) == {**before, "last_used": {"N": str(NOW)}}
    assert system.contents() == rest


def row(system: System, user: User) -> dict[str, Any]:
    """The row of a key as it is stored; `contents` leaves out when a key was last used."""
    key = DriveKeyRow.item_key(user.zelid, user.key_id)
    item: dict[str, Any] = system.aws.dynamodb.get_item(TableName=DriveKeyRow.physical_name(), Key=key)["Item"]
    return item


def test_a_key_that_is_revoked_meanwhile_stays_revoked(system: System, process: Process, user: User) -> None:
    credential = Credential.of(user.zelid, user.key)
    assert credential is not None
    rows = aws.batch_get(*process.identity.reads(credential))
    system.accounts.revoke_key(user.zelid, user.key_id)

    # It was read before, so this call is still let in.
    process.identity.admit(credential, rows, "read")

    assert system.accounts.keys(user.zelid) == []
    with pytest.raises(InvalidCredentialsError):
        process.admit(user)


def test_who_is_not_let_in_has_not_used_a_key(system: System, process: Process, user: User, calls: Calls) -> None:
    row, key = system.accounts.issue_key(user.zelid, "list only", ["list"])
    limited = User(user.zelid, key, row.key_id)
    expired_row, expired_key = system.accounts.issue_key(user.zelid, "expired", expires=NOW - 1)
    calls.clear()

    with pytest.raises(KeyLacksScopeError):
        process.admit(limited)
    with pytest.raises(InvalidCredentialsError):
        process.admit(User(user.zelid, expired_key, expired_row.key_id))

    assert calls.nudges == []


@pytest.mark.parametrize("fault", [throttle, server_error, timeout_before, lose_answer])
def test_a_store_that_fails_stops_no_call_and_is_asked_once_an_hour(
    process: Process, user: User, faults: Faults, logs: Logs, fault: Callable[..., Any]
) -> None:
    faults.add("UpdateItem", fault, times=1000)

    for minutes in (0, 1, 59):
        process.now = NOW + minutes * 60
        assert process.admit(user).zelid == user.zelid
    # Once, and at most once more by botocore
    assert 1 <= faults.hits <= 2
    notes = [entry for entry in logs.entries if entry["message"] == "last use of a key not kept"]
    assert len(notes) == 1
    for secret in (user.zelid, user.key, user.key_id):
        assert not hides(secret.encode(), logs.text)

    faults.clear()
    process.now = NOW + PRECISION_SECONDS
    process.admit(user)
    assert last_used(user) == NOW + PRECISION_SECONDS


def test_threads_write_once_between_them(process: Process, user: User, calls: Calls) -> None:
    at_once([lambda: process.admit(user)] * 8)

    assert len(calls.nudges) == 1


def test_what_a_process_remembers_is_bounded(
    system: System, process: Process, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lastused, "MOST_KEYS", 3)
    users = [system.user() for _ in range(6)]

    for each in users * 2:
        process.admit(each)

    assert len(process.identity._last_used._tried) == 3
    # What is forgotten is still known from the rows.
    assert len(calls.nudges) == 6


def test_operators_see_it_in_utc(process: Process, user: User, system: System) -> None:
    (unused,) = system.accounts.keys(user.zelid)
    process.admit(user)
    (used,) = system.accounts.keys(user.zelid)

    assert _key(unused)["last_used"] is None
    assert "  used never  " in _line(_key(unused))
    shown = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%MZ")
    assert _key(used)["last_used"] == shown == "2027-01-15T08:00Z"
    assert _line(_key(used)) == f"{used.key_id}  {used.shown}...  delete,list,read,write  used {shown}  test"
