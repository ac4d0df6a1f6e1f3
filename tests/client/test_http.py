from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from client.errors import ClientError, Exit, LostAnswerError, ProtocolError, RefusedError, UnreachableError
from client.http import Api, Body
from client.patience import Patience, retry_after
from client.settings import Settings

Handler = Callable[[httpx.Request], httpx.Response]


class Calling:
    """An API over made-up answers, with what it slept and said."""

    def __init__(self, *answers: httpx.Response | Exception, tries: int = 6) -> None:
        self.slept: list[float] = []
        self.said: list[str] = []
        self.heard: list[httpx.Request] = []
        self._answers = list(answers)
        patience = Patience(tries=tries, first=0.5, sleep=self.slept.append)
        transport = httpx.MockTransport(self._answer)
        self.api = Api(Settings("https://x.org", "alice", "key"), self.said.append, patience, transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.heard.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def error(self) -> ClientError:
        with self.api, pytest.raises(ClientError) as caught:
            self.api.call("status")
        return caught.value


def good() -> httpx.Response:
    return httpx.Response(200, json={"status": "success"})


def refused(status: int, code: str = "some_code", message: str = "Some message", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"error": message, "message": message, "code": code}, headers=named)


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [
        (400, Exit.FAILED),
        (401, Exit.NOT_ALLOWED),
        (402, Exit.NO_ROOM),
        (403, Exit.NOT_ALLOWED),
        (404, Exit.NOT_FOUND),
        (409, Exit.FAILED),
        (413, Exit.NO_ROOM),
        (500, Exit.FAILED),
    ],
)
def test_refusals_are_final_and_say_what_the_server_says(status: int, exit_code: Exit) -> None:
    calling = Calling(refused(status))

    error = calling.error()

    assert isinstance(error, RefusedError)
    assert (str(error), error.code, error.exit) == ("Some message", "some_code", exit_code)
    assert len(calling.heard) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    calling = Calling(refused(status, Retry_After="3"), refused(status), good())

    with calling.api:
        assert calling.api.call("status").document == {"status": "success"}

    assert calling.slept[0] == 3.0
    assert 0.5 <= calling.slept[1] <= 1.0
    assert calling.said == ["Some message; trying again in 3 s"]


def test_a_server_that_stays_busy() -> None:
    calling = Calling(refused(503, "busy", "Too much at once"), tries=3)

    error = calling.error()

    assert (str(error), error.exit) == ("Too much at once: try again later", Exit.UNREACHABLE)
    assert len(calling.heard) == 3


def test_nobody_waits_for_an_hour() -> None:
    calling = Calling(refused(429, "too_many_requests", "Too many requests", Retry_After="3600"))

    assert calling.error().exit == Exit.UNREACHABLE
    assert calling.slept == []


def test_a_server_that_is_not_there_is_not_waited_for() -> None:
    calling = Calling(httpx.ConnectError("[Errno 111] Connection refused"))

    error = calling.error()

    assert isinstance(error, UnreachableError)
    assert str(error) == "https://x.org cannot be reached: Connection refused; check the address and the network"
    assert calling.slept == []


def test_a_server_that_went_away_is_waited_for() -> None:
    calling = Calling(good(), httpx.ConnectError("[Errno 111] Connection refused"), good())

    with calling.api:
        calling.api.call("status")
        calling.api.call("status")

    assert len(calling.slept) == 1


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (httpx.ReadTimeout("x"), "did not answer in time"),
        (httpx.ConnectTimeout("x"), "no connection in time"),
        (httpx.RemoteProtocolError("Server disconnected"), "broke the connection off (Server disconnected)"),
        (
            httpx.ReadError("[Errno 104] Connection reset by peer"),
            "broke the connection off (Connection reset by peer)",
        ),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_no_answer(failure: httpx.TransportError, says: str) -> None:
    error = Calling(failure, tries=2).error()

    assert says in str(error)
    assert (error.exit, "\n" in str(error)) == (Exit.UNREACHABLE, False)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"5", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_fluxvault(body: bytes) -> None:
    error = Calling(httpx.Response(200, content=body)).error()

    assert isinstance(error, ProtocolError)
    assert "no Fluxvault drive" in str(error)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"message": 5}', b"{}"])
def test_an_error_of_someone_else(body: bytes) -> None:
    assert str(Calling(httpx.Response(403, content=body)).error()) == "x.org answered 403 Forbidden"


def test_management_names_codes_in_its_own_way() -> None:
    error = Calling(httpx.Response(422, json={"message": "Bad", "error_code": "validation_error"})).error()

    assert (str(error), error.code) == ("Bad", "validation_error")


def test_what_must_not_be_done_twice_is_asked_again_if_nobody_heard_it() -> None:
    refused_connection = httpx.ConnectError("[Errno 111] Connection refused")
    calling = Calling(good(), refused_connection, httpx.ConnectTimeout("x"), refused(429), good())

    with calling.api:
        calling.api.call("status")
        assert calling.api.ask("POST", "https://x.org/keys", once=True).status == 200

    assert len(calling.heard) == 5


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.ProxyError("x")])
def test_what_nobody_heard_is_not_a_lost_answer(failure: httpx.TransportError) -> None:
    calling = Calling(failure, tries=2)

    with calling.api, pytest.raises(UnreachableError):
        calling.api.ask("POST", "https://x.org/keys", once=True)


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")])
def test_what_may_have_been_heard_is_a_lost_answer(failure: httpx.TransportError) -> None:
    calling = Calling(failure, good())

    with calling.api, pytest.raises(LostAnswerError):
        calling.api.ask("POST", "https://x.org/keys", once=True)

    assert len(calling.heard) == 1


def test_credentials_are_not_carried_elsewhere() -> None:
    calling = Calling(httpx.Response(301, headers={"Location": "http://evil.org/"}))

    assert "sends us on to http://evil.org/" in str(calling.error())
    assert len(calling.heard) == 1


def test_a_body_is_made_again_for_each_try() -> None:
    calling = Calling(refused(503), good())
    body = Body({"Content-Length": "4"}, lambda: iter([b"ab", b"cd"]))

    with calling.api:
        calling.api.call("put", body=body)

    assert [request.content for request in calling.heard] == [b"abcd", b"abcd"]


def test_requests_carry_the_credentials_and_say_who_asks() -> None:
    calling = Calling(good())

    with calling.api:
        calling.api.call("ls", {"arg": "Qm/a b"})

    (request,) = calling.heard
    assert str(request.url) == "https://x.org/api/v0/ls?arg=Qm%2Fa%20b"
    assert request.headers["authorization"] == "Basic YWxpY2U6a2V5"
    assert request.headers["user-agent"].startswith("fluxvault-client/")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0", 0.0), ("17", 17.0), ("", None), ("soon", None), ("-5", None), ("9" * 30, 999_999_999.0)],
)
def test_retry_after_in_seconds(given: str, seconds: float | None) -> None:
    assert retry_after(httpx.Response(503, headers={"Retry-After": given})) == seconds


def test_retry_after_as_a_date() -> None:
    def asked(offset: int) -> float | None:
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=offset), usegmt=True)
        return retry_after(httpx.Response(503, headers={"Retry-After": date}))

    assert asked(-10) == 0.0
    assert 8 < (asked(10) or 0) <= 10


def test_pauses_double_and_are_bounded() -> None:
    pauses = list(Patience(tries=9, first=1, most=20).pauses())

    assert [low / 2 <= pause <= low for pause, low in zip(pauses, (1, 2, 4, 8, 16, 20, 20, 20), strict=True)] == [
        True
    ] * 8
