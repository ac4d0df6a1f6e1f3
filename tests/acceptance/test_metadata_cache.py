"""The cache's calls and the audited totals over HTTP: each row of the contract, with its errors."""

import time
import uuid
from typing import Any

import httpx
import pytest

SYNC, PREFETCH, INVALIDATE = (f"/api/v1/e/meta/{name}" for name in ("sync", "prefetch", "invalidate"))
RECORD = {"filenameEnc": "f", "size": 3, "mimeType": "text/plain", "dekEnc": "d", "thumb": False}


def post(meta: httpx.Client, path: str, body: object) -> tuple[int, Any]:
    answer = meta.post(path, json=body)
    return answer.status_code, answer.json()


@pytest.fixture
def user() -> str:
    return f"usr_{uuid.uuid4().hex}"


@pytest.fixture
def files(meta: httpx.Client, user: str) -> list[str]:
    return [str(meta.post("/api/v1/meta", json={**RECORD, "user": user}).json()["id"]) for _ in range(3)]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("kind", ["allOne", "allTwo", "mostOne", "mostTwo"])
def test_a_sync_tells_what_it_cached(meta: httpx.Client, user: str, kind: str) -> None:
    status, answer = post(meta, SYNC, {"user": user, "type": kind})
    assert (status, set(answer), answer["user"]) == (200, {"user", "synced", "skipped"}, user)
    assert answer["synced"] + answer["skipped"] == (3 if kind.startswith("all") else 0)


def test_a_prefetch_tells_what_it_cached(meta: httpx.Client, user: str, files: list[str]) -> None:
    for file_id in files:
        assert meta.get(f"/api/v1/meta/{file_id}").status_code == 200
    status, answer = post(meta, PREFETCH, {"user": user, "limit": 2})
    assert (status, set(answer), answer["user"]) == (200, {"user", "prefetched"}, user)
    assert answer["prefetched"] <= 2


def test_what_is_cached_never_outlives_a_change(meta: httpx.Client, user: str, files: list[str]) -> None:
    post(meta, SYNC, {"user": user, "type": "allOne"})
    path = f"/api/v1/meta/{files[0]}"
    for name in ("one", "two", "three"):
        assert meta.patch(path, json={"filenameEnc": name}).status_code == 200
        assert meta.get(path).json()["filenameEnc"] == name
        post(meta, PREFETCH, {"user": user, "limit": 10})
        assert meta.get(path).json()["filenameEnc"] == name
    assert meta.delete(path).status_code == 200
    post(meta, SYNC, {"user": user, "type": "allTwo"})
    assert meta.get(path).status_code == 404


def test_invalidate_in_its_three_forms(meta: httpx.Client, user: str, files: list[str]) -> None:
    for body in ({"type": "file", "fileId": files[0]}, {"type": "user", "user": user}, {"type": "all"}):
        post(meta, SYNC, {"user": user, "type": "allTwo"})
        status, answer = post(meta, INVALIDATE, body)
        assert (status, set(answer), answer["type"]) == (200, {"type", "invalidated"}, body["type"])
        assert isinstance(answer["invalidated"], int)
        assert meta.get(f"/api/v1/meta/{files[0]}").status_code == 200


@pytest.mark.parametrize(("path", "more"), [(SYNC, {"type": "allOne"}), (PREFETCH, {"limit": 5})])
def test_a_user_without_files_is_not_found(meta: httpx.Client, user: str, path: str, more: dict[str, Any]) -> None:
    assert post(meta, path, {"user": user, **more}) == (404, {"error": "not_found"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SYNC, {"user": "u", "type": "some"}),
        (SYNC, {"type": "allOne"}),
        (SYNC, {"user": "", "type": "allOne"}),
        (PREFETCH, {"user": "u", "limit": 0}),
        (PREFETCH, {"user": "u", "limit": 1001}),
        (PREFETCH, {"user": "u", "limit": "5"}),
        (PREFETCH, {"user": "u"}),
        (INVALIDATE, {"type": "some"}),
        (INVALIDATE, {"type": "file"}),
        (INVALIDATE, {"type": "file", "fileId": "x", "user": "u"}),
        (INVALIDATE, {"type": "user"}),
        (INVALIDATE, {"type": "all", "user": "u"}),
        (INVALIDATE, {"type": "all", "more": 1}),
        (INVALIDATE, {}),
    ],
)
def test_malformed_calls_are_told(meta: httpx.Client, path: str, body: object) -> None:
    status, answer = post(meta, path, body)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert answer["detail"]


def test_the_totals_audit_themselves(meta: httpx.Client) -> None:
    first = meta.get("/api/v1/stats", params={"verify": "true"}).json()
    assert set(first) == {"totalFiles", "totalSizeBytes", "verify"}
    until = time.monotonic() + 30
    while (answer := meta.get("/api/v1/stats", params={"verify": "true"}).json())["verify"] is None:
        assert time.monotonic() < until, "no audit was finished"
        time.sleep(0.2)
    assert answer["verify"]["drift"] == 0
    assert set(answer["verify"]) - {"unsettled"} == {"drift", "checkedAt"}


def test_verify_is_true_or_false(meta: httpx.Client) -> None:
    answer = meta.get("/api/v1/stats", params={"verify": "perhaps"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
