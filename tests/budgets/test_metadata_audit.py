"""What totals and their audits cost, in round trips to AWS (docs: Budgets)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.metadata import audit
from infra.local.function import LambdaContext
from tests.metadata.records import META, add_many
from tests.support.calls import Calls
from tests.support.ministack import Ministack
from tests.support.system import Answer, System

ASK = {"BatchGetItem": 1, "GetItem": 1, "TransactWriteItems": 1, "SendMessage": 1}
"""`verify=true` where none is under way: the totals, the last audit, and a new one with its message."""
FEW, MANY = 5, 210
"""Records: less than a page, and several pages, where pages are small."""


class Meter:
    """A system with so many records and a queue, and every call it makes to AWS."""

    def __init__(self, ministack: Ministack, monkeypatch: pytest.MonkeyPatch, stored: int) -> None:
        for name, value in ministack.access.items():
            monkeypatch.setenv(name, value)
        # Only its name is needed to send to it; MiniStack's own form of a queue's address.
        first = ministack.system()
        self.url = str(first.aws.sqs.create_queue(QueueName=first.aws.settings.blob_bucket)["QueueUrl"])
        self.system: System = ministack.system(jobs_queue_url=self.url)
        if stored:
            add_many("u", stored, size=3)
        self.calls = Calls(self.system.aws)
        self.system.aws.sqs.meta.events.register_first("before-send.sqs.*", self._count)

    def _count(self, event_name: str, **more: Any) -> None:
        # Calls knows nothing of the queue.
        self.calls._count(event_name, **more)

    def stats(self, **query: str) -> tuple[dict[str, Any], dict[str, int]]:
        """The answer to a request for the totals, and what it cost."""
        self.calls.clear()
        answer: Answer = self.system.call("GET", "/api/v1/stats", query=query)
        assert answer.status == 200
        return answer.json, self.calls.by_operation()

    def messages(self) -> list[str]:
        """Bodies of what waits in the queue, taken away."""
        sqs = self.system.aws.sqs
        found = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def lists(self, limit: int) -> Iterator[tuple[int, dict[str, int]]]:
        """Page by page, how many records it has and what it cost."""
        # Cursors are signed with a key that a warm process knows.
        self.system.call("POST", "/api/v1/dek/wrap", body={"dek": "warms up"})
        query, more = {"userId": "u", "limit": str(limit)}, True
        while more:
            self.calls.clear()
            found = self.system.call("GET", META, query=query).json
            yield len(found["files"]), self.calls.by_operation()
            query["cursor"], more = found["next"], found["next"] is not None

    def audit(self) -> list[dict[str, int]]:
        """Let the worker do what waits in the queue to the end; what each step cost."""
        costs = []
        while bodies := self.messages():
            for body in bodies:
                record = {"body": body, "receiptHandle": "r"}
                self.calls.clear()
                self.system.app.handler_map["jobs"]({"Records": [record]}, LambdaContext("request"))
                costs.append(self.calls.by_operation())
        return costs


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 100)


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("stored", [0, FEW, MANY])
def test_totals_cost_one_call_and_their_audit_four(
    ministack: Ministack, monkeypatch: pytest.MonkeyPatch, stored: int
) -> None:
    meter = Meter(ministack, monkeypatch, stored)
    totals = {"totalFiles": stored, "totalSizeBytes": 3 * stored}

    assert meter.stats() == (totals, {"BatchGetItem": 1})
    assert meter.stats(verify="false") == (totals, {"BatchGetItem": 1})
    assert meter.stats(verify="true") == ({**totals, "verify": None}, ASK)
    # While one is under way, none is begun.
    assert meter.stats(verify="true")[1] == {"BatchGetItem": 1, "GetItem": 1}
    meter.audit()

    answer, cost = meter.stats(verify="true")

    assert answer["verify"]["drift"] == 0
    assert cost == ASK
    assert sum(cost.values()) <= 4


def test_a_page_of_1000_costs_the_same_at_any_place(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an audit, and of a list."""
    meter = Meter(ministack, monkeypatch, 2100)
    meter.stats(verify="true")

    first, *others, comparison = meter.audit()
    lists = list(meter.lists(limit=1000))

    page = {"GetItem": 1, "Scan": 1, "TransactWriteItems": 1, "SendMessage": 1}
    assert first == {**page, "BatchGetItem": 1}
    assert others == [page, page]
    assert comparison == {"GetItem": 1, "BatchGetItem": 1, "TransactWriteItems": 1}
    assert lists == [(1000, {"Query": 1}), (1000, {"Query": 1}), (100, {"Query": 1})]


@pytest.mark.usefixtures("_small_pages")
def test_what_an_audit_remembers_does_not_grow(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is read and written with every page."""
    sizes = []
    for stored in (FEW, MANY):
        meter = Meter(ministack, monkeypatch, stored)
        meter.stats(verify="true")
        (body,) = meter.messages()
        meter.system.app.handler_map["jobs"]({"Records": [{"body": body, "receiptHandle": "r"}]}, LambdaContext("r"))
        rows = meter.system.contents()[f"{meter.system.aws.settings.table_prefix}progress"]
        (state,) = [row["state"]["S"] for row in rows if row["job"]["S"] == audit.JOB]
        assert len(json.loads(state)["before"]) == 12
        sizes.append(len(state))

    assert sizes[1] < sizes[0] + 1000
