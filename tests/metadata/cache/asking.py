"""What tests of the cache's endpoints say over and over."""

from collections.abc import Callable
from typing import Any

from chalicelib.metadata import ids
from chalicelib.metadata.lookup import encode
from chalicelib.metadata.tables import get
from tests.metadata.records import META, read
from tests.support.calls import Calls
from tests.support.system import Answer, System

MakeSystem = Callable[..., System]


def ask(system: System, what: str, **body: Any) -> Answer:
    """A sync, prefetch or invalidate."""
    return system.call("POST", f"/api/v1/e/meta/{what}", body=body)


def ok(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return dict(answer.json)


def sync(system: System, user: str, kind: str) -> tuple[int, int]:
    """How many were synced, and how many skipped."""
    answer = ok(ask(system, "sync", user=user, type=kind))
    assert list(answer) == ["user", "synced", "skipped"]
    assert answer["user"] == user
    return answer["synced"], answer["skipped"]


def prefetch(system: System, user: str, limit: int) -> int:
    answer = ok(ask(system, "prefetch", user=user, limit=limit))
    assert list(answer) == ["user", "prefetched"]
    assert answer["user"] == user
    return int(answer["prefetched"])


def invalidate(system: System, **body: str) -> int:
    answer = ok(ask(system, "invalidate", **body))
    assert list(answer) == ["type", "invalidated"]
    assert answer["type"] == body["type"]
    return int(answer["invalidated"])


def cached(system: System, *file_ids: str) -> list[bool]:
    """Whether each is read without a call to AWS. Reading caches those that were not."""
    found = []
    for file_id in file_ids:
        calls = Calls(system.aws)
        read(system, file_id)
        assert calls.by_operation() in ({}, {"GetItem": 1})
        found.append(calls.total == 0)
    return found


def read_often(system: System, *counts: tuple[str, int]) -> None:
    """Read each so often, then forget what that has cached."""
    for file_id, times in counts:
        for _ in range(times):
            read(system, file_id)
    invalidate(system, type="all")


def bytes_of(*file_ids: str) -> int:
    """What a sync of these counts."""
    keys = [ids.split(file_id) for file_id in file_ids]
    return sum(len(encode(record)) for key in keys if key and (record := get(*key)))


def change(system: System, file_id: str, mime_type: str) -> None:
    assert system.call("PATCH", f"{META}/{file_id}", body={"mimeType": mime_type}).status == 200
