"""One log line and one set of metrics a call, valid JSON, with nothing in them that a caller sent."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.settings import Settings
from chalicelib.web import observe
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call, Reply, as_json
from tests.support.logs import Logs, recorded
from tests.support.markers import hides
from tests.web.probe import probe

MARKER = "marker7d0c2f5e9b1a48636cb0e4a1"
EVERYWHERE: dict[str, Any] = {
    "url": f"/probe/{MARKER}/{MARKER}",
    "query": f"{MARKER}={MARKER}",
    "body": MARKER.encode(),
    "authorization": f"Basic {MARKER}",
    "cookie": f"{MARKER}={MARKER}",
    "content_type": f"text/{MARKER}",
    "user_agent": MARKER,
    "x_forwarded_for": MARKER,
    "x_request_id": MARKER,
}


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Logs]:
    observe.set_level("INFO")
    with recorded(capsys) as logs:
        yield logs


def answering(status: int) -> Callable[[Call], Reply]:
    return lambda call: as_json({"echo": call.body.decode()}, status)


def raising(error: Exception, cause: Exception | None = None) -> Callable[[Call], Reply]:
    def handle(_call: Call) -> Reply:
        raise error from cause

    return handle


@pytest.mark.parametrize("status", [200, 304, 404, 500])
def test_a_call_is_one_line_and_one_set_of_metrics(logs: Logs, status: int) -> None:
    probe(answering(status))()

    ((entry,), (metrics,)) = logs.entries, logs.metrics
    expected = {
        "level": "INFO",
        "message": "request",
        "request_id": "request-7",
        "method": "POST",
        "route": "/probe/{name}/{rest+}",
        "api": "probe",
        "status": status,
        "code": "",
    }
    assert expected.items() <= entry.items()
    assert entry["ms"] >= 0
    assert entry["timestamp"]
    assert metrics["route"] == "POST /probe/{name}/{rest+}"
    assert (metrics["service"], metrics["Requests"]) == ("probe", [1.0])
    assert metrics["Faults"] == [1.0 if status >= 500 else 0.0]
    assert metrics["Latency"][0] >= 0
    (declared,) = metrics["_aws"]["CloudWatchMetrics"]
    assert declared["Namespace"] == "Fluxvault"
    assert {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]} == {
        "Requests": "Count",
        "Latency": "Milliseconds",
        "Faults": "Count",
    }
    assert sorted(declared["Dimensions"][0]) == ["route", "service"]


def test_a_refusal_is_logged_with_its_code_and_is_no_fault(logs: Logs) -> None:
    probe(raising(InvalidRequestError()))()

    (entry,), (metrics,) = logs.entries, logs.metrics
    assert (entry["status"], entry["code"]) == (400, "invalid_request")
    assert metrics["Faults"] == [0.0]


def test_a_fault_is_logged_with_types_and_places_under_its_request_id(logs: Logs) -> None:
    probe(raising(RuntimeError("text"), ValueError("cause")))()

    fault, entry = logs.entries
    assert (fault["level"], fault["message"], fault["request_id"]) == ("ERROR", "fault", "request-7")
    assert [link["type"] for link in fault["chain"]] == ["builtins.RuntimeError", "builtins.ValueError"]
    assert any("test_observe.py" in place for place in fault["chain"][0]["at"])
    assert (entry["message"], entry["status"], entry["code"]) == ("request", 500, "internal_error")
    assert logs.metrics[0]["Faults"] == [1.0]


@pytest.mark.parametrize(
    "handle",
    [
        answering(200),
        answering(500),
        raising(ValueError(MARKER)),
        raising(KeyError(MARKER), ValueError(MARKER, MARKER.encode())),
        raising(InvalidRequestError(MARKER, detail=[{"field": MARKER, "problem": MARKER}])),
        raising(InvalidRequestError(headers={"X-Marker": MARKER}), RuntimeError(MARKER)),
        raising(UnicodeDecodeError("utf-8", MARKER.encode(), 0, 1, MARKER)),
        raising(OSError(5, MARKER, MARKER)),
        raising(ExceptionGroup(MARKER, [ValueError(MARKER)])),
    ],
)
def test_nothing_a_caller_sent_is_logged(logs: Logs, handle: Callable[[Call], Reply]) -> None:
    probe(handle)(**EVERYWHERE)
    probe(handle)(f"/{MARKER}/unknown", **{name: value for name, value in EVERYWHERE.items() if name != "url"})

    assert len(logs.entries) >= 2
    assert len(logs.metrics) == 2
    assert not hides(MARKER.encode(), logs.text)


def test_an_exception_noted_on_the_way_is_not_logged(logs: Logs) -> None:
    def handle(_call: Call) -> Reply:
        try:
            os.environ[MARKER]
        except KeyError as error:
            error.add_note(MARKER)
            raise RuntimeError(f"failed at {MARKER}") from error
        return as_json({})

    probe(handle)()

    assert "RuntimeError" in logs.text
    assert not hides(MARKER.encode(), logs.text)


def test_what_happens_outside_a_call_is_noted(logs: Logs) -> None:
    observe.note("blob left behind", blob="b1", why="Timeout", count=3)

    (entry,) = logs.entries
    assert {"message": "blob left behind", "blob": "b1", "why": "Timeout", "count": 3}.items() <= entry.items()


def test_the_level_is_a_setting(logs: Logs, settings: Settings) -> None:
    observe.set_level(settings.model_copy(update={"log_level": "ERROR"}).log_level)
    try:
        probe(answering(200))()
        probe(raising(ValueError()))()
    finally:
        observe.set_level("INFO")

    assert [entry["message"] for entry in logs.entries] == ["fault"]
    assert len(logs.metrics) == 2
