"""Judged from outside, by bytes on a socket: what Chalice's own server gets wrong, and what a client may do wrong."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chalice import Chalice, Response

from infra.local.gateway import Limits
from infra.local.server import THREADS, serving

PROJECT = Path(__file__).resolve().parents[2]
VERBS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
CAP = 3_000_000

calls: list[str] = []
marked: ContextVar[str] = ContextVar("marked", default="fresh")
together = threading.Barrier(THREADS)


def tiny() -> Chalice:
    app = Chalice("tiny")
    app.api.binary_types = ["*/*"]

    def middleware(request: Any, get_response: Callable[[Any], Any]) -> Any:
        calls.append(request.context["path"])
        request.headers = {**dict(request.headers), "accept": "*/*"}
        seen.set(request)
        return get_response(request)

    seen: ContextVar[Any] = ContextVar("seen")
    app.register_middleware(middleware, "http")

    def echo(**params: str) -> Response:
        request = seen.get()
        said = {
            "method": request.method,
            "params": request.uri_params,
            "args": params,
            "query": request.to_original_event()["multiValueQueryStringParameters"],
            "path": request.context["path"],
            "route": request.path,
            "ip": request.context["identity"]["sourceIp"],
            "length": len(request.raw_body),
            "body": request.raw_body[:50].hex(),
            "left": request.lambda_context.get_remaining_time_in_millis(),
        }
        return Response(json.dumps(said).encode(), {"Content-Type": "application/json"})

    def odd(what: str) -> Response:
        if what == "exit":
            raise SystemExit(3)
        if what == "variable":
            before = marked.get()
            marked.set("used")
            return Response(before.encode(), {"Content-Type": "text/plain"})
        if what == "together":
            together.wait(10)
        if what == "slow":
            time.sleep(20)
        size = int(what) if what.isdigit() else 0
        return Response(b"x" * size, {"Content-Type": "x/y", "Set-Cookie": ["a=1", "b=2"]})

    for route in ("/", "/echo/{name}", "/all/{env}/{rest+}"):
        app.route(route, methods=VERBS, content_types=["*/*"], name=route)(echo)
    app.route("/odd/{what}", methods=["GET", "HEAD"], name="odd")(odd)
    return app


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(tiny(), Limits(cap=CAP)) as address:
        yield address


@contextlib.contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as raw:
        yield raw


def read_answer(raw: socket.socket, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """One answer off the wire, to its end and no further, so that anything that should not follow breaks the next."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = raw.recv(1)
        assert byte, f"closed after {data!r}"
        data += byte
    first, *lines = data.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = b""
    while not head and len(body) < int(headers["content-length"]):
        body += raw.recv(int(headers["content-length"]) - len(body))
    return int(first.split()[1]), headers, body


def ask(url: str, request: bytes, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    with connected(url) as raw:
        raw.sendall(request)
        return read_answer(raw, head=head)


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: any", *headers, "", ""]).encode()


def test_a_chunked_body_arrives_whole(url: str) -> None:
    chunks = b"3\r\nab\x00\r\n5;note=1\r\ncdefg\r\n0\r\n\r\n"

    status, _, body = ask(url, get("/echo/x", "Transfer-Encoding: chunked", method="POST") + chunks)

    assert status == 200
    assert bytes.fromhex(json.loads(body)["body"]) == b"ab\x00cdefg"


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


SERVE = """
import sys
from infra.local.server import serve
from tests.infra.test_server import tiny
serve(tiny(), port=int(sys.argv[1]), ready=lambda url: print(url, flush=True))
print("returned", flush=True)
"""


@contextlib.contextmanager
def served(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SERVE, str(port)]
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_serve_within_three_seconds_whatever_hangs(number: signal.Signals) -> None:
    with served(0) as process:
        url = line_of(process)
        with connected(url) as raw:
            raw.sendall(get("/odd/slow"))
            assert ask(url, get("/odd/1"))[0] == 200
            began = time.monotonic()
            os.kill(process.pid, number)
            code = process.wait(10)
        took = time.monotonic() - began

        assert (code, line_of(process)) == (0, "returned")
        assert took < 3


def test_an_idle_server_stops_at_once() -> None:
    with served(0) as process:
        url = line_of(process)
        with connected(url) as raw:
            raw.sendall(get("/odd/1"))
            read_answer(raw)
            began = time.monotonic()
            process.terminate()
            code = process.wait(10)

        assert code == 0
        assert time.monotonic() - began < 1


def test_a_busy_port_is_one_line_and_exit_code_one(url: str) -> None:
    with served(urlsplit(url).port or 0) as process:
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(r"cannot listen on 127\.0\.0\.1:\d+: Address already in use\n", err)
