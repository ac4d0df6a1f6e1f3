"""`GET /api/v1/stats?verify=true`: the last audit at once, and a new one beside the request (spec, Endpoints)."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import composition
from chalicelib.jobs import LocalJobs
from chalicelib.jobs import tables as progress
from chalicelib.metadata import audit as auditing
from tests.metadata.auditing import damage
from tests.metadata.records import create, fields_at_fault, stats
from tests.support.jobs import HeldJobs
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once

WAIT_SECONDS = 20.0


@pytest.fixture
def system(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def jobs(system: System) -> HeldJobs:
    """The queue of the system's process."""
    assert stats(system) == (0, 0)
    return HeldJobs.latest


def verify(system: System, value: str = "true") -> Answer:
    return system.call("GET", "/api/v1/stats", query={"verify": value})


def verified(system: System) -> Any:
    """What is told of the last audit, beside totals that are as ever."""
    answer = verify(system)
    assert answer.status == 200
    assert list(answer.json) == ["totalFiles", "totalSizeBytes", "verify"]
    assert (answer.json["totalFiles"], answer.json["totalSizeBytes"]) == stats(system)
    return answer.json["verify"]


def test_first_null_then_what_the_last_audit_found(system: System, jobs: HeldJobs) -> None:
    create(system, size=7)
    assert verified(system) is None
    assert verified(system) is None

    began = time.time()
    assert jobs.work() == 2
    found = verified(system)

    assert list(found) == ["drift", "checkedAt"]
    assert found["drift"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["checkedAt"])
    moment = datetime.strptime(found["checkedAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    assert int(began) <= moment <= time.time()


def test_each_time_a_new_one_is_begun(system: System, jobs: HeldJobs) -> None:
    create(system, size=7)
    drifts = []
    for number in range(3):
        verify(system)
        damage(0, files=1, size=number)
        jobs.work()
        drifts.append(verified(system)["drift"])
        jobs.work()

    assert drifts == [1, 3, 6]


def test_the_answer_is_of_before(system: System, jobs: HeldJobs) -> None:
    """The audit that is asked for now is told the next time."""
    verify(system)
    jobs.work()
    damage(0, size=5)

    assert [verified(system)["drift"], jobs.work(), verified(system)["drift"]] == [0, 2, 5]


@pytest.mark.parametrize("query", [{}, {"verify": "false"}])
def test_without_verify_nothing_is_told_or_begun(system: System, jobs: HeldJobs, query: dict[str, str]) -> None:
    verify(system)
    jobs.work()
    before = progress.load(auditing.JOB)

    answer = system.call("GET", "/api/v1/stats", query=query)

    assert answer.json == {"totalFiles": 0, "totalSizeBytes": 0}
    assert (progress.load(auditing.JOB), jobs.held) == (before, [])


@pytest.mark.parametrize("value", ["yes", "2", "", "null", "truee", "true ", "[]"])
def test_what_is_no_boolean_is_refused_and_begins_nothing(system: System, jobs: HeldJobs, value: str) -> None:
    assert fields_at_fault(verify(system, value)) == ["verify"]
    assert jobs.held == []
    assert progress.load(auditing.JOB) == (0, {})


def test_shards_that_could_not_be_compared_are_told(system: System, jobs: HeldJobs) -> None:
    verify(system)
    jobs.held.clear()
    step, state = progress.load(auditing.JOB)
    result = {"drift": 0, "checked_at": "2026-01-01T00:00:00Z", "unsettled": 3}

    progress.save(auditing.JOB, step + 1, {**state, "result": result})

    assert verified(system) == {"drift": 0, "checkedAt": "2026-01-01T00:00:00Z", "unsettled": 3}


def test_many_who_ask_at_once_begin_one(system: System, jobs: HeldJobs) -> None:
    answers = at_once([lambda: verify(system)] * 6)

    assert [(answer.status, answer.json["verify"]) for answer in answers] == [(200, None)] * 6
    assert len(jobs.held) == 1


def test_a_process_without_a_queue_does_it_itself(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "LocalJobs", LocalJobs)
    system = ministack.system()
    create(system, size=7)
    until = time.monotonic() + WAIT_SECONDS
    while (found := verify(system).json["verify"]) is None and time.monotonic() < until:
        time.sleep(0.02)

    # The last request has begun one more, which must not outlive the test.
    while progress.load(auditing.JOB)[1]["running"] and time.monotonic() < until:
        time.sleep(0.02)

    assert found is not None
    assert found["drift"] == 0
