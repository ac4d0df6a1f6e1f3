"""The runtime API, spoken as a runtime does.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from infra.runtime.api import MOST_RESULT, VERSION, Invocation, Outcome, RuntimeApi

NEXT = f"{VERSION}/invocation/next"
ERROR = b'{"errorMessage": "no", "errorType": "ValueError"}'
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    yield api
    api.close()


def ask(api: RuntimeApi, method: str, path: str, body: bytes | None = None) -> Answer:
    connection = http.client.HTTPConnection(api.address, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def submitted(api: RuntimeApi, payload: bytes = b'{"a": 1}') -> Invocation:
    """An event that the runtime has taken."""
    invocation = Invocation(payload, "arn:aws:lambda:us-east-1:000000000000:function:f", 5)
    api.submit(invocation)
    assert ask(api, "GET", NEXT)[0] == 200
    return invocation


def test_the_next_event_comes_with_what_lambda_says_about_it(api: RuntimeApi) -> None:
    invocation = Invocation(b'{"a": 1}', "arn:of:f", 5)
    api.submit(invocation)

    status, headers, body = ask(api, "GET", NEXT)

    assert (status, body, headers["content-type"]) == (200, b'{"a": 1}', "application/json")
    assert headers["lambda-runtime-aws-request-id"] == invocation.request_id
    assert headers["lambda-runtime-invoked-function-arn"] == "arn:of:f"
    assert headers["lambda-runtime-trace-id"].startswith("Root=1-")
    assert 0 < int(headers["lambda-runtime-deadline-ms"]) / 1000 - time.time() <= 5


def test_a_runtime_waits_until_there_is_an_event(api: RuntimeApi) -> None:
    # Given a runtime that asks before there is one
    answer: Future[Answer] = Future()
    threading.Thread(target=lambda: answer.set_result(ask(api, "GET", NEXT))).start()
    assert api.begun.wait(5)
    assert not answer.done()

    api.submit(Invocation(b"[]", "arn", 5))

    assert answer.result(5)[2] == b"[]"


@pytest.mark.parametrize(("kind", "failed"), [("response", False), ("error", True)])
def test_what_came_of_it_reaches_whoever_waits(api: RuntimeApi, kind: str, failed: bool) -> None:
    invocation = submitted(api)

    status, _, body = ask(api, "POST", f"{VERSION}/invocation/{invocation.request_id}/{kind}", ERROR)

    assert (status, json.loads(body)) == (202, {"status": "OK"})
    assert invocation.outcome.result(1) == Outcome(ERROR, failed)


def test_an_answer_may_come_in_chunks(api: RuntimeApi) -> None:
    invocation = submitted(api)
    connection = http.client.HTTPConnection(api.address, timeout=10)
    pieces = iter([b'{"a":', b" 2}"])

    connection.request(
        "POST", f"{VERSION}/invocation/{invocation.request_id}/response", pieces, encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )  # fmt: skip

    assert connection.getresponse().status == 202
    connection.close()
    assert invocation.outcome.result(1).payload == b'{"a": 2}'


@pytest.mark.parametrize(("length", "status"), [(MOST_RESULT, 202), (MOST_RESULT + 1, 413)])
def test_a_result_is_at_most_six_megabytes(api: RuntimeApi, length: int, status: int) -> None:
    invocation = submitted(api)

    said, _, _ = ask(api, "POST", f"{VERSION}/invocation/{invocation.request_id}/response", b" " * length)

    outcome = invocation.outcome.result(1)
    assert (said, outcome.failed, api.ended) == (status, status == 413, status == 413)
    assert (b"Function.ResponseSizeTooLarge" in outcome.payload) == outcome.failed


@pytest.mark.parametrize("kind", ["response", "error"])
def test_an_answer_to_another_event_is_refused(api: RuntimeApi, kind: str) -> None:
    invocation = submitted(api)

    status, _, body = ask(api, "POST", f"{VERSION}/invocation/another/{kind}", b"{}")

    assert (status, json.loads(body)["errorType"]) == (400, "InvalidRequestID")
    assert not invocation.outcome.done()


def test_only_the_first_answer_counts(api: RuntimeApi) -> None:
    path = f"{VERSION}/invocation/{(invocation := submitted(api)).request_id}/response"

    assert [ask(api, "POST", path, body)[0] for body in (b"1", b"2")] == [202, 400]
    assert invocation.outcome.result(1).payload == b"1"


def test_a_runtime_that_cannot_begin_fails_its_event_and_all_later_ones(api: RuntimeApi) -> None:
    first = Invocation(b"{}", "arn", 5)
    api.submit(first)

    assert ask(api, "POST", f"{VERSION}/init/error", ERROR)[0] == 202

    api.submit(second := Invocation(b"{}", "arn", 5))
    assert [one.outcome.result(1) for one in (first, second)] == [Outcome(ERROR, failed=True)] * 2
    assert api.begun.is_set()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", VERSION, f"{VERSION}/invocation", f"{VERSION}/restore/next"])
def test_there_is_nothing_else(api: RuntimeApi, method: str, path: str) -> None:
    assert ask(api, method, path, b"{}")[0] == 404


def test_a_runtime_that_waits_is_let_go_at_the_end() -> None:
    api = RuntimeApi()
    ended: Future[type[Exception]] = Future()

    def wait() -> None:
        try:
            ask(api, "GET", NEXT)
        except (http.client.HTTPException, OSError) as error:
            ended.set_result(type(error))

    threading.Thread(target=wait).start()
    assert api.begun.wait(5)

    api.close()

    assert issubclass(ended.result(5), (http.client.HTTPException, OSError))
