"""Rewrapping and batches of keys over HTTP: each row of the contract, with its errors."""

from typing import Any

import httpx
import pytest

WRAP, UNWRAP, REWRAP, BATCH = (f"/api/v1/dek/{name}" for name in ("wrap", "unwrap", "rewrap", "batch"))


def post(meta: httpx.Client, path: str, body: object) -> tuple[int, Any]:
    answer = meta.post(path, json=body)
    return answer.status_code, answer.json()


@pytest.fixture
def wrapped(meta: httpx.Client) -> str:
    return str(meta.post(WRAP, json={"dek": "a key to keep"}).json()["dekEnc"])


def test_a_rewrapped_key_is_another_text_for_the_same_key(meta: httpx.Client, wrapped: str) -> None:
    status, answer = post(meta, REWRAP, {"dekEnc": wrapped})
    assert status == 200
    assert set(answer) == {"dekEnc"}
    assert answer["dekEnc"] != wrapped
    assert post(meta, UNWRAP, answer) == (200, {"dek": "a key to keep"})
    assert post(meta, UNWRAP, {"dekEnc": wrapped}) == (200, {"dek": "a key to keep"})


@pytest.mark.parametrize("path", [UNWRAP, REWRAP])
@pytest.mark.parametrize("dek_enc", ["", "nonsense", "enc_k3y_wr4pp3d_by_m4st3r_k3y_00", None, 7, "é", "A" * 9_000])
def test_what_is_no_wrapped_key_is_refused(meta: httpx.Client, path: str, dek_enc: object) -> None:
    assert post(meta, path, {"dekEnc": dek_enc}) == (400, {"error": "invalid_enc_dek"})


@pytest.mark.parametrize("path", [UNWRAP, REWRAP])
def test_a_changed_character_anywhere_is_refused(meta: httpx.Client, wrapped: str, path: str) -> None:
    for at in range(0, len(wrapped), 7):
        changed = wrapped[:at] + ("A" if wrapped[at] != "A" else "B") + wrapped[at + 1 :]
        assert post(meta, path, {"dekEnc": changed}) == (400, {"error": "invalid_enc_dek"}), at


def test_a_batch_answers_each_item_in_its_place(meta: httpx.Client, wrapped: str) -> None:
    status, answer = post(meta, BATCH, {"op": "unwrap", "items": [wrapped, "nonsense", wrapped, 7]})
    bad = {"error": "invalid_enc_dek"}
    assert (status, answer) == (200, {"results": [{"dek": "a key to keep"}, bad, {"dek": "a key to keep"}, bad]})

    status, answer = post(meta, BATCH, {"op": "wrap", "items": ["one", "", None, "two"]})
    assert status == 200
    assert [set(result) for result in answer["results"]] == [{"dekEnc"}, {"error"}, {"error"}, {"dekEnc"}]
    assert answer["results"][1] == {"error": "invalid_dek"}

    again = {"op": "rewrap", "items": [result["dekEnc"] for result in answer["results"] if "dekEnc" in result]}
    rewrapped = [result["dekEnc"] for result in post(meta, BATCH, again)[1]["results"]]
    status, answer = post(meta, BATCH, {"op": "unwrap", "items": rewrapped})
    assert answer == {"results": [{"dek": "one"}, {"dek": "two"}]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"op": "wrap", "items": []}, "items"),
        ({"op": "wrap", "items": ["x"] * 101}, "items"),
        ({"op": "burn", "items": ["x"]}, "op"),
        ({"items": ["x"]}, "op"),
        ({"op": "wrap"}, "items"),
        ({"op": "wrap", "items": "x"}, "items"),
        ({"op": "wrap", "items": ["x"], "more": 1}, "more"),
    ],
)
def test_a_malformed_batch_is_told_by_field(meta: httpx.Client, body: object, field: str) -> None:
    status, answer = post(meta, BATCH, body)
    assert (status, answer["error"]) == (400, "invalid_request")
    assert {fault["field"] for fault in answer["detail"]} == {field}


def test_a_batch_takes_a_hundred(meta: httpx.Client) -> None:
    status, answer = post(meta, BATCH, {"op": "wrap", "items": ["x"] * 100})
    assert status == 200
    assert len({result["dekEnc"] for result in answer["results"]}) == 100


@pytest.mark.parametrize("path", [WRAP, BATCH, "/api/v1/meta", "/api/v1/e/meta/sync"])
def test_a_body_over_four_mebibytes_is_refused(meta: httpx.Client, path: str) -> None:
    answer = meta.post(path, content=b'{"dek":"' + b"x" * 4 * 2**20 + b'"}')
    assert (answer.status_code, answer.json()) == (413, {"error": "payload_too_large"})


def test_the_largest_batch_fits(meta: httpx.Client) -> None:
    items = ",".join(['"' + "\\u0041" * 4_096 + '"'] * 100)
    answer = meta.post(BATCH, content=f'{{"op":"wrap","items":[{items}]}}')
    assert answer.status_code == 200
    assert all("dekEnc" in result for result in answer.json()["results"])
