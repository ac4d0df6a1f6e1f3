"""Bodies on their way to the application: in chunks, cut off, awaited, and longer than is allowed."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from infra.local.gateway import Limits
from infra.local.server import serving
from tests.infra.tiny import ask, calls, connected, get, read_answer, tiny

CAP = 3_000_000


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(tiny(), Limits(cap=CAP)) as address:
        yield address


def test_a_chunked_body_arrives_whole(url: str) -> None:
    chunks = b"3\r\nab\x00\r\n5;note=1\r\ncdefg\r\n0\r\n\r\n"

    status, _, body = ask(url, get("/echo/x", "Transfer-Encoding: chunked", method="POST") + chunks)

    assert status == 200
    assert bytes.fromhex(json.loads(body)["body"]) == b"ab\x00cdefg"


@pytest.mark.parametrize(
    ("framing", "sent"),
    [("Content-Length: 10", b"only 6"), ("Transfer-Encoding: chunked", b"6\r\nonly 6\r\n")],
    ids=["length", "chunked"],
)
def test_a_body_that_is_cut_off_reaches_nobody(url: str, framing: str, sent: bytes) -> None:
    path = f"/echo/cut-{len(sent)}"
    with connected(url) as raw:
        raw.sendall(get(path, framing, method="PUT") + sent)

    ask(url, get("/echo/after"))
    time.sleep(0.2)

    assert "/echo/after" in calls
    assert path not in calls


def test_a_body_announced_too_long_is_refused_before_it_is_sent(url: str) -> None:
    request = get("/echo/long", f"Content-Length: {CAP + 1}", "Expect: 100-continue", method="PUT")

    status, headers, body = ask(url, request)

    assert status == 413
    assert headers["connection"] == "close"
    assert json.loads(body).keys() == {"error", "message"}
    assert "/echo/long" not in calls


@pytest.mark.parametrize("announced", [True, False])
def test_a_client_that_sends_too_much_still_sees_the_refusal(url: str, *, announced: bool) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    pieces = iter([b"x" * 100_000] * 100)

    if announced:
        connection.request("PUT", "/echo/much", body=pieces, headers={"Content-Length": "10000000"})
    else:
        connection.request("PUT", "/echo/much", body=pieces, encode_chunked=True)
    answer = connection.getresponse()

    assert answer.status == 413
    assert b"longer than 3000000 bytes" in answer.read()
    assert "/echo/much" not in calls
    connection.close()


def test_the_longest_body_that_is_allowed_arrives(url: str) -> None:
    status, _, body = ask(url, get("/echo/x", f"Content-Length: {CAP}", method="PUT") + b"x" * CAP)

    assert (status, json.loads(body)["length"]) == (200, CAP)


def test_a_client_that_waits_for_it_is_told_to_continue(url: str) -> None:
    with connected(url) as raw:
        raw.sendall(get("/echo/x", "Content-Length: 4", "Expect: 100-continue", method="POST"))
        told = raw.recv(1000)
        raw.sendall(b"body")
        status, _, body = read_answer(raw)

    assert told.startswith(b"HTTP/1.1 100 ")
    assert (status, bytes.fromhex(json.loads(body)["body"])) == (200, b"body")


def test_the_quotas_of_aws_can_be_switched_on() -> None:
    answers = {}
    with serving(tiny(), Limits.aws()) as url:
        for name, size in {"fits": 4_700_000, "too long as base64": 4_730_000, "too long": 10 * 2**20 + 1}.items():
            connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
            connection.request("PUT", "/echo/x", body=b"x" * size)
            answers[name] = connection.getresponse().status
            connection.close()
        big = {size: ask(url, get(f"/odd/{size}"))[::2] for size in (4_700_000, 4_730_000)}

    assert answers == {"fits": 200, "too long as base64": 413, "too long": 413}
    assert big == {4_700_000: (200, b"x" * 4_700_000), 4_730_000: (502, b'{"message":"Internal server error"}')}
