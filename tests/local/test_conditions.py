"""Errors that need a condition no client can make: a small limit, a cache out of reach, a disabled master key."""

from pathlib import Path
from typing import Any

import httpx

from tests.local.stack import Start, aws_client

RECORD = {"filenameEnc": "f", "size": 3, "user": "usr_1", "mimeType": "text/plain", "dekEnc": "d", "thumb": False}
SYNC = "/api/v1/e/meta/sync"
# Nothing listens on port 9.
OUT_OF_REACH = {"CACHE_URL": "redis://127.0.0.1:9/0"}


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Status and code of an error of the internal services."""
    return answer.status_code, answer.json()["error"]


def test_a_sync_of_more_than_its_limit_caches_nothing(start: Start, local: Path) -> None:
    running = start(local, more={"CACHE_SYNC_BYTES": "10"}).ready()
    with httpx.Client(base_url=running.base_url) as meta:
        assert meta.post("/api/v1/meta", json=RECORD).status_code == 200
        assert told(meta.post(SYNC, json={"user": "usr_1", "type": "allOne"})) == (400, "limit_exceeded")
        answer = meta.post(SYNC, json={"user": "usr_1", "type": "allTwo"}).json()
        assert (answer["synced"], answer["skipped"]) == (0, 1)
    running.interrupt()


def test_without_its_cache_it_reads_and_changes_nothing(start: Start, local: Path) -> None:
    running = start(local, more=OUT_OF_REACH).ready()
    with httpx.Client(base_url=running.base_url) as meta:
        file_id = meta.post("/api/v1/meta", json=RECORD).json()["id"]
        path = f"/api/v1/meta/{file_id}"
        refused = [
            meta.patch(path, json={"mimeType": "image/png"}),
            meta.put(f"{path}/thumbs", json={"web": True}),
            meta.delete(path),
            meta.post(SYNC, json={"user": "usr_1", "type": "allOne"}),
            meta.post("/api/v1/e/meta/prefetch", json={"user": "usr_1", "limit": 5}),
            meta.post("/api/v1/e/meta/invalidate", json={"type": "all"}),
        ]
        for answer in refused:
            assert told(answer) == (503, "cache_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        record = meta.get(path).json()
        assert (record["mimeType"], record["thumbs"]["web"]) == ("text/plain", False)
        assert meta.get("/api/v1/stats").json() == {"totalFiles": 1, "totalSizeBytes": 3}
    running.interrupt()


def test_a_disabled_master_key_stops_keys_and_says_so(start: Start, local: Path) -> None:
    running = start(local, more={"KEY_CACHE_SECONDS": "0"}).ready()
    kms = aws_client(local, "kms")
    key_id = kms.describe_key(KeyId="alias/fluxvault-local")["KeyMetadata"]["KeyId"]
    with httpx.Client(base_url=running.base_url) as meta:
        wrapped = meta.post("/api/v1/dek/wrap", json={"dek": "a key"}).json()
        kms.disable_key(KeyId=key_id)
        disabled = [
            meta.post("/api/v1/dek/wrap", json={"dek": "a key"}),
            meta.post("/api/v1/dek/unwrap", json=wrapped),
            meta.post("/api/v1/dek/rewrap", json=wrapped),
            meta.post("/api/v1/dek/batch", json={"op": "unwrap", "items": [wrapped["dekEnc"]]}),
        ]
        assert [told(answer) for answer in disabled] == [(403, "key_disabled")] * 4
        kms.enable_key(KeyId=key_id)
        assert meta.post("/api/v1/dek/unwrap", json=wrapped).json() == {"dek": "a key"}
    running.interrupt()
