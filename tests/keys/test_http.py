"""`POST /api/v1/dek/wrap` and `/api/v1/dek/unwrap` as callers see them (seed 000; spec, Endpoints)."""

import base64

import pytest

from tests.support.logs import recorded
from tests.support.markers import hides
from tests.support.system import Answer, System

MOST_DEK_BYTES = 4096
# What JSON or the shape refuses before anything is known of a key.
NOT_A_BODY: dict[str, bytes] = {
    "not JSON": b"{",
    "an array": b"[]",
    "a string": b'"dek"',
    "null": b"null",
    "a form": b"dek=x&dekEnc=x",
    "an unknown field": b'{"dek": "x", "dekEnc": "x", "more": 1}',
    "not UTF-8": b'{"dek": "\xff", "dekEnc": "\xff"}',
    "half a surrogate pair": b'{"dek": "\\ud800", "dekEnc": "\\ud800"}',
    "nested deeply": b'{"dek": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
NOT_A_STRING = [
    b"",
    b"{}",
    b'{"%s": null}',
    b'{"%s": 1}',
    b'{"%s": ["x"]}',
    b'{"%s": {}}',
    b'{"%s": true}',
    b'{"%s": ""}',
]


def post(system: System, verb: str, body: object) -> Answer:
    return system.call("POST", f"/api/v1/dek/{verb}", body=body)


def test_wrap_and_unwrap(system: System, subtests: pytest.Subtests) -> None:
    for dek in ("pl41n_d3k_k3y_32b1ts_0000000000", "x", "é" * (MOST_DEK_BYTES // 2), "\0", ' "\\\n', "\U0001f511"):
        with subtests.test(f"{dek[:6]!a}"):
            wrapped = post(system, "wrap", {"dek": dek})
            assert (wrapped.status, list(wrapped.json)) == (200, ["dekEnc"])

            opened = post(system, "unwrap", wrapped.json)
            assert (opened.status, opened.json) == (200, {"dek": dek})
            assert opened.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("verb", "field"), [("wrap", "dek"), ("unwrap", "dekEnc")])
def test_a_body_of_another_shape_is_an_invalid_request(
    system: System, subtests: pytest.Subtests, verb: str, field: str
) -> None:
    for what, body in NOT_A_BODY.items():
        with subtests.test(what):
            answer = post(system, verb, body)
            assert answer.status == 400
            assert answer.json["error"] == "invalid_request"
            assert all(set(fault) == {"field", "problem"} and fault["problem"] for fault in answer.json["detail"])
            assert answer.json["detail"]
    wrong_case = post(system, verb, {field.upper(): "x"})
    assert wrong_case.json["detail"] == [{"field": field.upper(), "problem": "Extra inputs are not permitted"}]


@pytest.mark.parametrize(
    ("verb", "field", "code"), [("wrap", b"dek", "invalid_dek"), ("unwrap", b"dekEnc", "invalid_enc_dek")]
)
def test_what_is_no_string_is_no_key(
    system: System, subtests: pytest.Subtests, verb: str, field: bytes, code: str
) -> None:
    for body in NOT_A_STRING:
        with subtests.test(body.decode()):
            answer = post(system, verb, body.replace(b"%s", field))
            assert (answer.status, answer.json) == (400, {"error": code})


def test_a_dek_over_4096_bytes_is_refused(system: System) -> None:
    for dek in ("x" * (MOST_DEK_BYTES + 1), "é" * (MOST_DEK_BYTES // 2) + "x"):
        answer = post(system, "wrap", {"dek": dek})
        assert (answer.status, answer.json) == (400, {"error": "invalid_dek"})


def test_a_sample_of_altered_keys(system: System, subtests: pytest.Subtests) -> None:
    """The whole sweep is in `test_altered`; here, that the answer is a 400 and never a fault."""
    wrapped = post(system, "wrap", {"dek": "dek"}).json["dekEnc"]
    raw = base64.urlsafe_b64decode(wrapped + "==")
    flipped = [raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :] for at in range(0, len(raw), 7)]
    altered = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in flipped]
    altered += ["enc_k3y_wr4pp3d_by_m4st3r_k3y_00", "é", "A" * 9000, wrapped + "=", wrapped + "AAAA", wrapped[:-1]]

    for dek_enc in altered:
        with subtests.test(dek_enc[:40]):
            answer = post(system, "unwrap", {"dekEnc": dek_enc})
            assert (answer.status, answer.json) == (400, {"error": "invalid_enc_dek"})


def test_no_key_reaches_the_log(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    with recorded(capsys) as logs:
        wrapped = post(system, "wrap", {"dek": "pl41n_d3k"}).json["dekEnc"]
        post(system, "unwrap", {"dekEnc": wrapped})
        post(system, "unwrap", {"dekEnc": wrapped + "A"})
        post(system, "wrap", {"dek": "pl41n_d3k", "pl41n_d3k": 1})

    assert [entry["status"] for entry in logs.entries] == [200, 200, 400, 400]
    assert not hides(b"pl41n_d3k", logs.text)
    assert wrapped[:40] not in logs.text
