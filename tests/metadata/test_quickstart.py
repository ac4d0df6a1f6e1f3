"""The quickstart of seed 000, pasted: its requests, its values, and the shapes of its answers."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.system import System

JSON = {"Content-Type": "application/json"}

WRAP = b"""{
    "dek": "pl41n_d3k_k3y_32b1ts_0000000000"
  }"""
CREATE = b"""{
    "filenameEnc": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
    "size": 204800,
    "user": "usr_9f8e7d6c",
    "mimeType": "image/png",
    "dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00",
    "thumb": true
  }"""


@pytest.fixture
def file(system: System) -> dict[str, Any]:
    """The answer to step 2."""
    answer = system.call("POST", "/api/v1/meta", headers=JSON, body=CREATE)
    assert answer.status == 200
    made: dict[str, Any] = answer.json
    return made


def test_step_1_wraps_a_dek_which_comes_back(system: System) -> None:
    wrapped = system.call("POST", "/api/v1/dek/wrap", headers=JSON, body=WRAP)
    assert wrapped.status == 200
    assert list(wrapped.json) == ["dekEnc"]
    assert wrapped.json["dekEnc"] != "pl41n_d3k_k3y_32b1ts_0000000000"

    unwrapped = system.call("POST", "/api/v1/dek/unwrap", headers=JSON, body=wrapped.body)
    assert unwrapped.json == {"dek": "pl41n_d3k_k3y_32b1ts_0000000000"}


def test_step_2_creates_file_metadata(file: dict[str, Any]) -> None:
    file_id, uploaded = file["id"], file["uploadedDate"]
    assert list(file.items()) == [
        ("id", file_id),
        ("filenameEnc", "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"),
        ("size", 204800),
        ("user", "usr_9f8e7d6c"),
        ("mimeType", "image/png"),
        ("dekEnc", "enc_k3y_wr4pp3d_by_m4st3r_k3y_00"),
        ("uploadedDate", uploaded),
    ]
    assert re.fullmatch(r"file_[a-z0-9]+", file_id)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", uploaded)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(uploaded)) < timedelta(seconds=10)


def test_step_3_retrieves_it(system: System, file: dict[str, Any]) -> None:
    found = system.call("GET", f"/api/v1/meta/{file['id']}")
    assert found.status == 200
    assert list(found.json.items()) == [
        ("id", file["id"]),
        ("filenameEnc", "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"),
        ("size", 204800),
        ("mimeType", "image/png"),
        ("dekEnc", "enc_k3y_wr4pp3d_by_m4st3r_k3y_00"),
        ("thumbs", {"mobile": True, "web": False, "webPre": False}),
        ("uploadedDate", file["uploadedDate"]),
    ]
    assert list(found.json["thumbs"]) == ["mobile", "web", "webPre"]


def test_step_4_checks_platform_stats(system: System, file: dict[str, Any]) -> None:
    assert file["size"] == 204800
    stats = system.call("GET", "/api/v1/stats")
    assert stats.status == 200
    assert stats.body == b'{"totalFiles":1,"totalSizeBytes":204800}'


def test_the_examples_own_id_and_key_are_refused_politely(system: System) -> None:
    missing = system.call("GET", "/api/v1/meta/file_abc123")
    assert (missing.status, missing.json) == (404, {"error": "not_found"})

    body = b'{"dekEnc": "enc_k3y_wr4pp3d_by_m4st3r_k3y_00"}'
    never_wrapped = system.call("POST", "/api/v1/dek/unwrap", headers=JSON, body=body)
    assert (never_wrapped.status, never_wrapped.json) == (400, {"error": "invalid_enc_dek"})


def test_content_type_and_trailing_slash_do_not_matter(system: System) -> None:
    for headers in ({}, {"Content-Type": "text/plain"}, {"content-type": "application/json; charset=utf-8"}):
        assert system.call("POST", "/api/v1/meta/", headers=headers, body=CREATE).status == 200
    assert system.call("GET", "/api/v1/stats/").json["totalFiles"] == 3
