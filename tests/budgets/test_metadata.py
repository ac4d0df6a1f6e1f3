"""What warm calls of the metadata and key services cost, in round trips to AWS (docs: Budgets)."""

from typing import Any

import pytest

from tests.metadata.records import EXAMPLE, META, add_many
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import Answer, System

USER = EXAMPLE["user"]
READ = {"GetItem": 1}
WRITE = {"TransactWriteItems": 1}


class Meter:
    """Calls the app, and tells what the last call cost."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._calls = Calls(system.aws)

    def call(self, method: str, path: str, **more: Any) -> Answer:
        self._calls.clear()
        answer = self._system.call(method, path, **more)
        assert answer.status == 200
        return answer

    @property
    def cost(self) -> dict[str, int]:
        return self._calls.by_operation()


@pytest.fixture
def meter(ministack: Ministack) -> Meter:
    """Over a warm process: its key generation is known."""
    meter = Meter(ministack.system())
    meter.call("POST", "/api/v1/dek/wrap", body={"dek": "warms up"})
    return meter


def test_1000_wraps_and_unwraps_cost_nothing(meter: Meter) -> None:
    for number in range(1000):
        wrapped = meter.call("POST", "/api/v1/dek/wrap", body={"dek": f"dek {number}"}).json
        assert meter.cost == {}
        assert meter.call("POST", "/api/v1/dek/unwrap", body=wrapped).json == {"dek": f"dek {number}"}
        assert meter.cost == {}


@pytest.mark.parametrize("stored", [10, 400])
def test_calls_on_records_cost_the_same_however_many_there_are(meter: Meter, stored: int) -> None:
    one = f"{META}/{add_many(USER, stored)[stored // 2]}"

    meter.call("POST", META, body=EXAMPLE)
    assert meter.cost == WRITE

    meter.call("GET", one)
    assert meter.cost == READ

    meter.call("PATCH", one, body={"filenameEnc": "new", "mimeType": "x/y", "dekEnc": "new"})
    assert meter.cost == READ | WRITE

    meter.call("PUT", f"{one}/thumbs", body={"web": True})
    assert meter.cost == READ | WRITE

    meter.call("DELETE", one)
    assert meter.cost == READ | WRITE

    assert meter.call("GET", "/api/v1/stats").json["totalFiles"] == stored
    assert meter.cost == {"BatchGetItem": 1}


@pytest.mark.parametrize("stored", [10, 400])
def test_every_page_of_a_list_is_one_call(meter: Meter, stored: int) -> None:
    add_many(USER, stored)
    query = {"userId": USER, "limit": "7"}

    first = meter.call("GET", META, query=query)
    assert meter.cost == {"Query": 1}

    second = meter.call("GET", META, query={**query, "cursor": first.json["next"]})
    assert meter.cost == {"Query": 1}
    assert len(first.json["files"]) == 7
    assert len(second.json["files"]) == min(7, stored - 7)

    assert len(meter.call("GET", META, query={"userId": USER, "limit": "1000"}).json["files"]) == stored
    assert meter.cost == {"Query": 1}
