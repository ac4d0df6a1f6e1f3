"""Judged from outside, by bytes on a socket: what Chalice's own server gets wrong, from requests to calls and back."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from infra.local.server import THREADS, serving
from tests.infra.tiny import ask, connected, get, read_answer, tiny


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(tiny()) as address:
        yield address


def test_head_sends_the_headers_of_get_and_no_body(url: str) -> None:
    with connected(url) as raw:
        raw.sendall(get("/odd/70000", method="HEAD") + get("/odd/3"))
        status, headers, _ = read_answer(raw, head=True)
        following = read_answer(raw)

    assert (status, headers["content-length"], headers["content-type"]) == (200, "70000", "x/y")
    assert (following[0], following[2]) == (200, b"xxx")


def test_path_and_query_arrive_decoded_and_the_raw_path_as_it_was(url: str) -> None:
    _, _, body = ask(url, get("/echo/%C3%BC%20%2F%2525/?a=1&a=%2B+2&b"))

    said = json.loads(body)
    assert said["args"] == said["params"] == {"name": "ü /%25"}
    assert said["path"] == "/echo/%C3%BC%20%2F%2525/"
    assert said["query"] == {"a": ["1", "+ 2"], "b": [""]}


def test_a_greedy_parameter_takes_many_segments(url: str) -> None:
    _, _, body = ask(url, get("/all/e1/blog//articles/_search", method="OPTIONS"))

    said = json.loads(body)
    assert said["params"] == {"env": "e1", "rest": "blog//articles/_search"}
    assert (said["route"], said["method"]) == ("/all/{env}/{rest+}", "OPTIONS")


def test_an_unknown_path_is_answered_by_the_gateway(url: str) -> None:
    status, headers, body = ask(url, get("/nowhere"))

    assert (status, body) == (403, b'{"message":"Missing Authentication Token"}')
    assert headers["content-type"] == "application/json"


def test_a_verb_that_is_not_registered_is_left_to_the_application(url: str) -> None:
    assert ask(url, get("/odd/1", method="PURGE"))[0] == 405


def test_the_source_address_is_the_peer_whatever_headers_say(url: str) -> None:
    _, _, body = ask(url, get("/echo/x", "X-Forwarded-For: 203.0.113.9", "X-Real-IP: 203.0.113.9"))

    assert json.loads(body)["ip"] == "127.0.0.1"


def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(url: str) -> None:
    with connected(url) as raw:
        raw.sendall(get("/echo/one") + get("/echo/two", "Content-Length: 2", method="PUT") + b"ab" + get("/echo/three"))
        names = [json.loads(body)["args"]["name"] for body in (read_answer(raw)[2] for _ in range(3))]

    assert names == ["one", "two", "three"]


def test_a_large_answer_arrives_whole_with_every_header(url: str) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/odd/5000000")
    answer = connection.getresponse()

    assert answer.read() == b"x" * 5_000_000
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-amzn-RequestId"])
    assert "server" not in answer.headers
    connection.close()


def test_whatever_the_application_raises_is_the_gateways_502(url: str) -> None:
    status, _, body = ask(url, get("/odd/exit"))

    assert (status, body) == (502, b'{"message":"Internal server error"}')


def test_no_call_sees_the_context_variables_of_another(url: str) -> None:
    with connected(url) as raw:
        bodies = []
        for _ in range(THREADS + 1):
            raw.sendall(get("/odd/variable"))
            bodies.append(read_answer(raw)[2])

    assert set(bodies) == {b"fresh"}


def test_as_many_calls_as_there_are_threads_run_at_once(url: str) -> None:
    with ThreadPoolExecutor(THREADS) as clients:
        statuses = [answer[0] for answer in clients.map(lambda _: ask(url, get("/odd/together")), range(THREADS))]

    assert statuses == [200] * THREADS
