"""A store that cannot be read for the moment is a 503 with `Retry-After`, not a fault of ours."""

from itertools import product

import pytest

from tests.metadata.records import META, refusal
from tests.support.faults import Faults, lose_answer, server_error, throttle, timeout_before
from tests.support.system import System

READS = {
    "GetItem": (f"{META}/file_{'0' * 48}", {}),
    "Query": (META, {"userId": "u"}),
    "BatchGetItem": ("/api/v1/stats", {}),
}


def test_reads_that_fail_for_the_moment(
    system: System, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    faults = Faults(system.aws)

    for operation, fault in product(READS, (throttle, server_error, timeout_before, lose_answer)):
        with subtests.test(f"{operation}: {fault.__name__}"):
            faults.clear()
            faults.add(operation, fault, times=2)
            path, query = READS[operation]
            answer = system.call("GET", path, query=query)
            assert refusal(answer) == (503, "busy")
            assert int(answer.headers["retry-after"]) >= 1
