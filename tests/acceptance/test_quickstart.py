"""The metadata service's quickstart, line by line as its readers paste it."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tests.acceptance.client import Target, totals

PUBLISHED = "http://meta.internal:8080"

WRAP = """\
curl -X POST http://meta.internal:8080/api/v1/dek/wrap \\
  -H "Content-Type: application/json" \\
  -d '{
    "dek": "pl41n_d3k_k3y_32b1ts_0000000000"
  }'
"""

CREATE = """\
curl -X POST http://meta.internal:8080/api/v1/meta \\
  -H "Content-Type: application/json" \\
  -d '{
    "filenameEnc": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
    "size": 204800,
    "user": "usr_9f8e7d6c",
    "mimeType": "image/png",
    "dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
    "thumb": true
  }'
"""

RETRIEVE = "curl http://meta.internal:8080/api/v1/meta/file_abc123\n"

STATS = "curl http://meta.internal:8080/api/v1/stats\n"

SHARED = {
    "filenameEnc": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
    "size": 204800,
    "mimeType": "image/png",
    "dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
}

Paste = Callable[..., dict[str, object]]


@pytest.fixture
def paste(shell: Callable[[str], str], target: Target) -> Paste:
    """Runs a published line against the target, with `swap` for what a reader puts in its place."""

    def run(line: str, **swap: str) -> dict[str, object]:
        for old, new in {PUBLISHED: target.base_url, **swap}.items():
            assert old in line
            line = line.replace(old, new)
        answer: dict[str, object] = json.loads(shell(line))
        return answer

    return run


def test_step_one_wraps_a_dek_and_unwrap_gives_it_back(paste: Paste, meta: httpx.Client) -> None:
    wrapped = paste(WRAP)

    assert wrapped.keys() == {"dekEnc"}
    back = meta.post("/api/v1/dek/unwrap", json=wrapped)
    assert (back.status_code, back.json()) == (200, {"dek": "pl41n_d3k_k3y_32b1ts_0000000000"})
    assert paste(WRAP) != wrapped


def test_steps_two_to_four_create_retrieve_and_count(paste: Paste, meta: httpx.Client) -> None:
    files, size = totals(meta)
    began = int(time.time())

    created = paste(CREATE)
    file_id, uploaded = str(created["id"]), str(created["uploadedDate"])
    retrieved = paste(RETRIEVE, file_abc123=file_id)
    stats = paste(STATS)
    meta.delete(f"/api/v1/meta/{file_id}")

    assert created == {**SHARED, "id": file_id, "user": "usr_9f8e7d6c", "uploadedDate": uploaded}
    assert retrieved == {
        **SHARED,
        "id": file_id,
        "thumbs": {"mobile": True, "web": False, "webPre": False},
        "uploadedDate": uploaded,
    }
    assert stats == {"totalFiles": files + 1, "totalSizeBytes": size + 204_800}
    assert re.fullmatch(r"file_[A-Za-z0-9_-]+", file_id)
    moment = datetime.strptime(uploaded, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    assert began - 5 <= moment <= time.time() + 5


def test_the_key_of_step_one_goes_into_step_two_and_comes_back_out(paste: Paste, meta: httpx.Client) -> None:
    dek_enc = str(paste(WRAP)["dekEnc"])

    file_id = paste(CREATE, enc_k3y_wr4pp3d_by_m4st3r_k3y_00=dek_enc)["id"]
    kept = meta.get(f"/api/v1/meta/{file_id}").json()["dekEnc"]
    meta.delete(f"/api/v1/meta/{file_id}")

    assert kept == dek_enc
    assert meta.post("/api/v1/dek/unwrap", json={"dekEnc": kept}).json() == {"dek": "pl41n_d3k_k3y_32b1ts_0000000000"}
