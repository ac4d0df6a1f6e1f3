"""Limits of calls a second where a call is not answered with 200: who is counted, and what is told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.drive.asking import HELLO, UNKNOWN, put_folder, read, refusal
from tests.drive.failing import ALWAYS, no_pauses, patience
from tests.drive.limited import LIMITED, NAMES, PUTS, READS, Make, put, standing, statuses
from tests.support.books import rm
from tests.support.calls import Calls
from tests.support.faults import Faults, conflict, server_error, throttle, timeout_before
from tests.support.system import System, User


@pytest.fixture
def system(limited: System) -> System:
    return limited


def test_errors_tell_the_standing_too(make: Make) -> None:
    system = make()
    user, lapsed = system.user(), system.user(paid_until=1)
    put(system, user)
    row, secret = system.accounts.issue_key(user.zelid, "none", ["list"])
    narrow, wrong = User(user.zelid, secret, row.key_id), User(user.zelid, system.user().key, "")

    expected = {
        404: read(system, user, UNKNOWN),
        400: read(system, user, "no hash"),
        401: read(system, wrong, HELLO),
        402: read(system, lapsed, HELLO),
        403: read(system, narrow, HELLO),
        416: read(system, user, HELLO, range="bytes=99-"),
        304: read(system, user, HELLO, if_none_match="*"),
        206: read(system, user, HELLO, range="bytes=0-1"),
    }

    assert {status: answer.status for status, answer in expected.items()} == {status: status for status in expected}
    for answer in expected.values():
        left, policy = standing(answer)
        assert left.startswith('"reads";r=')
        assert policy == '"reads";q=1500;w=1'
        assert "retry-after" not in answer.headers
    # What else an error says is not lost
    assert expected[401].headers["www-authenticate"].startswith("Basic ")
    assert expected[416].headers["content-range"] == "bytes */11"
    for answer, status in ((system.put(user), 400), (rm(system, user, UNKNOWN), 404), (put(system, lapsed), 402)):
        assert (answer.status, standing(answer)[1]) == (status, '"puts";q=150;w=1')


def test_faults_of_the_stores_tell_the_standing_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    system = make()
    user, faults = system.user(), Faults(system.aws)
    put(system, user)
    no_pauses(monkeypatch)
    patience(monkeypatch, 0.1)

    faults.add("TransactWriteItems", conflict, times=ALWAYS)
    busy = rm(system, user, HELLO)
    faults.clear()
    faults.add("BatchGetItem", throttle, times=ALWAYS)
    unread = read(system, user, HELLO)

    for answer, policy in ((busy, '"puts";q=150;w=1'), (unread, '"reads";q=1500;w=1')):
        assert refusal(answer) == (503, "Too much at once, try again", "busy")
        assert (answer.headers["retry-after"], standing(answer)[1]) == ("1", policy)


def test_who_presents_no_key_of_ours_is_not_counted(system: System) -> None:
    for headers in ({}, {"authorization": "Basic bm9ib2R5OnBhc3N3b3Jk"}, {"authorization": "Bearer x"}):
        for _ in range(READS + 1):
            answer = system.call("GET", "/api/v0/status", headers=headers)
            assert answer.status == 401
            assert not answer.headers.keys() & {*NAMES, "retry-after"}


def test_a_wrong_key_is_counted_like_a_right_one(system: System, user: User) -> None:
    """So keys cannot be tried faster than the limit, and those who try learn nothing from it."""
    wrong = User(user.zelid, system.user().key, "")

    assert statuses(READS + 2, lambda: read(system, wrong, HELLO)) == [401] * READS + [429] * 2


def test_a_refused_call_does_nothing(system: System, user: User) -> None:
    statuses(PUTS, lambda: put(system, user))
    statuses(READS, lambda: read(system, user, HELLO))
    before, calls = system.contents(), Calls(system.aws)

    refused = [
        rm(system, user, HELLO),
        system.put(user, ("new", b"new"), ("big", bytes(9 * 2**20))),
        system.call("POST", "/api/v0/putfolder", user=user, body=b"no multipart"),
        read(system, user, HELLO),
        read(system, user, "no hash"),
    ]

    assert [refusal(answer) for answer in refused] == [LIMITED] * 5
    # Nor is the window asked, once it is known to be full: at most an update each for puts
    assert calls.total == 0
    assert len(calls.nudges) <= 3
    assert system.contents() == before


@pytest.mark.parametrize("fault", [server_error, throttle, timeout_before])
def test_without_its_store_reads_are_let_in_and_puts_are_not(
    system: System, user: User, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(system, user)
    no_pauses(monkeypatch)
    before, faults = system.contents(), Faults(system.aws)
    # Given updates that all fail: the windows', and nothing else that these calls need
    faults.add("UpdateItem", fault, times=ALWAYS)

    reads = [read(system, user, HELLO) for _ in range(READS)]
    puts = [put(system, user), put_folder(system, user, ("a", b"a")), rm(system, user, HELLO)]

    assert faults.hits > 0
    assert [(answer.status, answer.body) for answer in reads] == [(200, b"hello world")] * READS
    assert all(standing(answer)[1] == f'"reads";q={READS};w=1' for answer in reads)
    assert [refusal(answer) for answer in puts] == [(503, "Too much at once, try again", "busy")] * 3
    assert [answer.headers["retry-after"] for answer in puts] == ["1"] * 3
    assert system.contents() == before
    # And as soon as it works, so do they
    faults.clear()
    assert put(system, user).status == 200
