"""Bad input to the metadata and key services: a 400 or 404 that says what is wrong, and nothing changes."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.client import totals

GOOD: dict[str, Any] = {
    "filenameEnc": "00",
    "size": 1,
    "user": "usr_bad",
    "mimeType": "image/png",
    "dekEnc": "x",
    "thumb": True,
}
FIELDS = list(GOOD)
LONGEST = {"filenameEnc": 8_192, "user": 256, "mimeType": 255, "dekEnc": 8_192}
PATHS = ["/api/v1/meta", "/api/v1/dek/wrap", "/api/v1/dek/unwrap"]


@pytest.fixture(autouse=True)
def _nothing_changes(meta: httpx.Client) -> Iterator[None]:
    before = totals(meta)
    yield
    assert totals(meta) == before


def assert_invalid(answer: httpx.Response, field: str | None = None) -> None:
    """400 `invalid_request`, naming the field that is wrong."""
    body = answer.json()
    assert (answer.status_code, body["error"]) == (400, "invalid_request")
    assert body.keys() == {"error", "detail"}
    assert all(fault.keys() == {"field", "problem"} for fault in body["detail"])
    if field is not None:
        assert field in [fault["field"] for fault in body["detail"]]


def with_size(raw: str) -> str:
    """A good body but for the size, which is spelled out."""
    return json.dumps(GOOD).replace('"size": 1', f'"size": {raw}')


NO_OBJECT = [b"{", b'{"dek": "cut o', b"[]", b'"text"', b"null", b"1", b"nonsense", b"{} {}"]
NO_OBJECT += [b"{'dek': 'x'}", b"a=1", b"\xff\xfe{}", b'{"dek": "\xff"}', b"\x00", b"[" * 100_000, b'{"a":' * 50_000]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("raw", NO_OBJECT, ids=lambda raw: repr(raw[:12]))
def test_what_is_no_json_object_is_refused(path: str, raw: bytes, meta: httpx.Client) -> None:
    assert_invalid(meta.post(path, content=raw))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, [], {}, ["x"], {"a": 1}, 1.5, "", -1, "absent"], ids=repr)
def test_a_create_with_a_field_of_another_type_is_refused(field: str, value: Any, meta: httpx.Client) -> None:
    body = {**GOOD, field: value}
    if value == "absent":
        del body[field]

    assert_invalid(meta.post("/api/v1/meta", json=body), field)


SIZES = ["-1", "9007199254740992", "1e3", "1.0", "1e999", "NaN", "Infinity", "true", '"1"', "0x10", "01", "9" * 5_000]


@pytest.mark.parametrize("raw", SIZES, ids=lambda raw: raw[:20])
def test_a_size_that_is_no_whole_number_in_range_is_refused(raw: str, meta: httpx.Client) -> None:
    assert_invalid(meta.post("/api/v1/meta", content=with_size(raw)))


@pytest.mark.parametrize("field", LONGEST)
def test_a_text_that_is_too_long_is_refused_and_the_longest_is_not(field: str, meta: httpx.Client) -> None:
    body = {**GOOD, field: "ü" * LONGEST[field]}

    longest = meta.post("/api/v1/meta", json=body)
    assert longest.status_code == 200
    assert meta.delete(f"/api/v1/meta/{longest.json()['id']}").status_code == 200
    assert_invalid(meta.post("/api/v1/meta", json={**body, field: body[field] + "x"}), field)


def test_what_nobody_asked_for_is_refused(meta: httpx.Client) -> None:
    assert_invalid(meta.post("/api/v1/meta", json={**GOOD, "id": "file_mine"}), "id")
    assert_invalid(meta.post("/api/v1/meta", json={**GOOD, "filename_enc": "00"}), "filename_enc")
    assert_invalid(meta.post("/api/v1/dek/wrap", json={"dek": "x", "more": 1}), "more")
    assert_invalid(meta.post("/api/v1/dek/unwrap", json={"dekEnc": "x", "more": 1}), "more")
    assert_invalid(meta.get("/api/v1/meta", params={"userId": "x", "page": "2"}), "page")
    assert_invalid(meta.post("/api/v1/meta", content=json.dumps(GOOD).replace("usr_bad", "\\ud800")))


LIMITS = [("limit", f"userId=x&limit={limit}") for limit in ("0", "1001", "-1", "x", "1.5", "", "9" * 400)]
CURSORS = [("cursor", f"userId=x&cursor={cursor}") for cursor in ("", "x", "e30", "A" * 1_025, "%00", "%ff")]
USERS = [("userId", query) for query in ("", "userId=", f"userId={'x' * 257}", "userId=a&userId=b")]


@pytest.mark.parametrize(("field", "query"), LIMITS + CURSORS + USERS, ids=lambda value: value[:24])
def test_a_bad_list_query_is_refused(field: str, query: str, meta: httpx.Client) -> None:
    assert_invalid(meta.get(f"/api/v1/meta?{query}"), field)


def test_a_cursor_is_good_for_its_own_list_alone(meta: httpx.Client) -> None:
    ids = [meta.post("/api/v1/meta", json={**GOOD, "user": "usr_cursor"}).json()["id"] for _ in range(2)]
    cursor = meta.get("/api/v1/meta", params={"userId": "usr_cursor", "limit": 1}).json()["next"]

    assert_invalid(meta.get("/api/v1/meta", params={"userId": "usr_other", "cursor": cursor}), "cursor")
    for changed in (cursor[:-1], f"{cursor}A", cursor.swapcase(), ("B" if cursor[0] == "A" else "A") + cursor[1:]):
        assert_invalid(meta.get("/api/v1/meta", params={"userId": "usr_cursor", "cursor": changed}), "cursor")
    assert [meta.delete(f"/api/v1/meta/{file_id}").status_code for file_id in ids] == [200, 200]


@pytest.mark.parametrize(
    "file_id",
    ["nope", "file_", "file_abc123", "x" * 3_000, "%00", "%ff", "%2F..%2F", "FILE_1", "💾", "file_" + "0" * 48, "%0a"],
)
def test_an_unknown_record_is_404(file_id: str, meta: httpx.Client) -> None:
    path = f"/api/v1/meta/{file_id}"
    answers = [meta.get(path), meta.delete(path), meta.patch(path, json={"dekEnc": "x"})]
    answers.append(meta.put(f"{path}/thumbs", json={"web": True}))

    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, {"error": "not_found"})] * 4


CHANGES = [
    {"size": 2},
    {"user": "x"},
    {"dekEnc": None},
    {"mimeType": 5},
    {"dekEnc": ""},
    {"thumbs": {}},
    {"thumb": True},
]
FLAGS = [{"web": None}, {"web": "true"}, {"mobile": 1}, {"all": True}, {"webPre": []}]
BAD_CHANGES = [*(("", one) for one in CHANGES), *(("/thumbs", one) for one in FLAGS)]


@pytest.mark.parametrize(("path", "changes"), BAD_CHANGES, ids=str)
def test_a_bad_change_is_refused_and_changes_nothing(path: str, changes: dict[str, Any], meta: httpx.Client) -> None:
    record = f"/api/v1/meta/{meta.post('/api/v1/meta', json=GOOD).json()['id']}"
    before = meta.get(record).json()

    assert_invalid(meta.request("PUT" if path else "PATCH", f"{record}{path}", json=changes), next(iter(changes)))
    assert meta.get(record).json() == before
    assert meta.delete(record).status_code == 200


@pytest.mark.parametrize("body", ["{}", '{"dek":null}', '{"dek":5}', '{"dek":""}', '{"dek":["x"]}', '{"dek":true}'])
def test_a_bad_dek_is_refused(body: str, meta: httpx.Client) -> None:
    answer = meta.post("/api/v1/dek/wrap", content=body)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_dek"})


def test_a_dek_may_have_4096_bytes_and_no_more(meta: httpx.Client) -> None:
    longest = "é" * 2_048
    wrapped = meta.post("/api/v1/dek/wrap", json={"dek": longest}).json()["dekEnc"]

    assert meta.post("/api/v1/dek/unwrap", json={"dekEnc": wrapped}).json() == {"dek": longest}
    assert meta.post("/api/v1/dek/wrap", json={"dek": longest + "x"}).json() == {"error": "invalid_dek"}


@pytest.mark.parametrize(
    "dek_enc",
    [None, 5, [], "", "x", "enc_k3y_wr4pp3d_by_m4st3r_k3y_00", "A" * 8_192, "A" * 8_193, "日本", "====", " ", "\x00"],
    ids=lambda value: repr(value)[:30],
)
def test_a_bad_wrapped_dek_is_refused(dek_enc: Any, meta: httpx.Client) -> None:
    answer = meta.post("/api/v1/dek/unwrap", json={"dekEnc": dek_enc})

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_enc_dek"})


def test_an_altered_wrapped_dek_is_refused(meta: httpx.Client) -> None:
    good = meta.post("/api/v1/dek/wrap", json={"dek": "the key"}).json()["dekEnc"]
    altered = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(0, len(good), 7)]

    for dek_enc in [*altered, good[:-1], good + "A", good + "=", f" {good}", good.swapcase()]:
        answer = meta.post("/api/v1/dek/unwrap", json={"dekEnc": dek_enc})
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_enc_dek"})
