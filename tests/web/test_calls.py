"""What a route function is given, and what becomes of what it returns or raises."""

import base64
import json

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib import aws
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from tests.web.probe import body_of, probe

HIDDEN = "hidden-in-the-message"


def test_a_call_is_what_was_sent() -> None:
    calls: list[Call] = []

    def handle(call: Call) -> Reply:
        calls.append(call)
        return as_json({})

    call = probe(handle)
    call("/probe/n%C3%A4me%2541/b%2Fc/d/", "a=1&a=2&b=%C3%A9&c=", b"\x00\xff", content_type="x/y", x_other="Z")

    (seen,) = calls
    assert (seen.method, seen.route) == ("POST", "/probe/{name}/{rest+}")
    assert seen.path == "/probe/n%C3%A4me%2541/b%2Fc/d/"
    assert seen.params["name"] == "näme%41"
    assert seen.query == {"a": ["1", "2"], "b": ["é"], "c": [""]}
    assert (seen.first("a"), seen.first("c"), seen.first("d")) == ("1", "", None)
    assert (seen.headers["content-type"], seen.headers["x-other"]) == ("x/y", "Z")
    assert (seen.body, seen.source_ip, seen.request_id) == (b"\x00\xff", "203.0.113.9", "request-7")


@pytest.mark.parametrize(
    ("body", "encoded"), [("text é", False), (base64.b64encode(b"text \xc3\xa9").decode(), True), (None, False)]
)
def test_a_body_comes_as_text_base64_or_nothing(body: str | None, encoded: bool) -> None:
    call = probe(lambda call: Reply(call.body, content_type="a/b"))
    call.event = {"body": body, "isBase64Encoded": encoded}  # type: ignore[attr-defined]

    result = call()

    raw = base64.b64decode(result["body"]) if result.get("isBase64Encoded") else result["body"].encode()
    assert raw == ("text é".encode() if body is not None else b"")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValueError(HIDDEN), 500, "internal_error"),
        (KeyError(HIDDEN), 500, "internal_error"),
        (RecursionError(HIDDEN), 500, "internal_error"),
        (MemoryError(HIDDEN), 500, "internal_error"),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": HIDDEN}}, "GetItem"), 500, "internal_error"),
        (aws.StoreBusyError(HIDDEN), 503, "busy"),
        (aws.OutcomeUnknownError(HIDDEN), 503, "busy"),
        (EndpointConnectionError(endpoint_url=f"https://{HIDDEN}"), 503, "busy"),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": HIDDEN}}, "GetItem"), 503, "busy"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_fault_becomes_the_services_envelope_and_says_nothing_of_ours(
    error: Exception, status: int, code: str
) -> None:
    def handle(_call: Call) -> Reply:
        raise error

    result = probe(handle)()

    assert result["statusCode"] == status
    headers = {name.lower(): value for name, value in result["headers"].items()}
    assert (headers["content-type"], headers["x-request-id"]) == ("application/json", "request-7")
    assert ("retry-after" in headers) == (status == 503)
    if status == 503:
        assert int(headers["retry-after"]) >= 1
    assert body_of(result) == {"wrong": code}
    assert HIDDEN not in json.dumps(result)


def test_an_answer_that_json_cannot_say_is_a_fault_of_ours() -> None:
    for value in (float("nan"), float("inf"), object(), {1: object()}):
        result = probe(lambda _call, value=value: as_json(value))()  # type: ignore[misc]

        assert (result["statusCode"], body_of(result)) == (500, {"wrong": "internal_error"})


def test_a_refusal_keeps_its_status_code_and_headers() -> None:
    class TeapotError(Refusal):
        status = 418
        code = "teapot"

    def handle(_call: Call) -> Reply:
        raise TeapotError(headers={"X-Pot": "short"})

    result = probe(handle)()

    assert (result["statusCode"], body_of(result)) == (418, {"wrong": "teapot"})
    assert result["headers"]["X-Pot"] == "short"
