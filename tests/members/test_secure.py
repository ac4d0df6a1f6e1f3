"""Requests that are signed: exactly what was signed, of late, by that key (spec flux-apis, A.2)."""

import base64
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from tests.support.managing import Manager, manager, refused, secure
from tests.support.system import Answer

BODY = json.dumps({"name": "Über", "prefix": "p"}, ensure_ascii=False, separators=(",", ":")).encode()


def path(me: Manager) -> str:
    return f"/v1/{me.env}/api/"


def send(
    me: Manager, headers: dict[str, str], body: bytes = BODY, method: str = "POST", to: str | None = None
) -> Answer:
    return me.system.call(method, to or path(me), body=body, headers=headers)


def test_a_signed_request_is_let_in_with_a_body_and_without(me: Manager) -> None:
    made = send(me, secure(me, path(me), BODY))
    assert made.status == 201, made.body

    assert send(me, secure(me, path(me)), b"", "GET").json["results"] == [made.json]
    assert send(me, secure(me, path(me)), b"", "GET", path(me)).status == 200


@pytest.mark.parametrize("minutes", [-14.9, -1, 1, 14.9])
def test_clocks_may_differ_by_fifteen_minutes(me: Manager, minutes: float) -> None:
    assert send(me, secure(me, path(me), BODY, at=time.time() + 60 * minutes)).status == 201


@pytest.mark.parametrize("minutes", [-16, -15.1, 15.1, 16, -60 * 24 * 365, 60 * 24])
def test_but_not_by_more(me: Manager, minutes: float) -> None:
    refused(send(me, secure(me, path(me), BODY, at=time.time() + 60 * minutes)), 401, "authentication_failed")


Change = Callable[[Manager], Answer]
CHANGED: dict[str, Change] = {
    "another body": lambda me: send(me, secure(me, path(me), BODY), BODY.replace(b"p", b"q")),
    "no body": lambda me: send(me, secure(me, path(me), BODY), b""),
    "a body where none was": lambda me: send(me, secure(me, path(me))),
    "another path": lambda me: send(me, secure(me, path(me) + "x/", BODY)),
    "without the slash that was sent": lambda me: send(me, secure(me, path(me)[:-1], BODY)),
    "with a slash that was not sent": lambda me: send(me, secure(me, path(me), BODY), to=path(me)[:-1]),
    "with the query": lambda me: send(me, secure(me, path(me) + "?a=1", BODY)),
    "a decoded path": lambda me: send(me, secure(me, path(me) + "a b", b""), b"", "GET", path(me) + "a%20b"),
    "another date": lambda me: send(
        me, {**secure(me, path(me), BODY, at=time.time() - 60), "date": secure(me, "/")["date"]}
    ),
    "no date": lambda me: send(me, {"authorization": secure(me, path(me), BODY)["authorization"]}),
    "an HTTP date": lambda me: send(me, secure(me, path(me), BODY, date=time.strftime("%a, %d %b %Y %H:%M:%S GMT"))),
    "a date with microseconds": lambda me: send(
        me, secure(me, path(me), BODY, date=time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime()))
    ),
    "a date in words": lambda me: send(me, secure(me, path(me), BODY, date="now")),
    "an empty date": lambda me: send(me, secure(me, path(me), BODY, date="")),
    "another key's signature": lambda me: send(
        me,
        {
            **secure(manager(me.system), path(me), BODY),
            "authorization": f"Secure {me.public}:" + secure(manager(me.system), path(me), BODY)["authorization"][52:],
        },
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_authentication_failed(me: Manager, name: str) -> None:
    assert refused(CHANGED[name](me), 401, "authentication_failed") is None
    assert me.ask("GET", "/api/").json["count"] == 0


@pytest.mark.parametrize("key", ["a b", "ü", "a%2Fb", "a+b", "k:k"])
def test_the_path_is_signed_as_it_is_sent(me: Manager, key: str) -> None:
    for encoded in {quote(key, safe="%+:"), quote(key, safe="")}:
        at = f"{path(me)}{encoded}"
        answer = send(me, secure(me, at), b"", "GET", at)
        refused(answer, 404, "api_not_found")


def test_the_query_is_not_signed(me: Manager) -> None:
    me.api()
    answer = me.system.call("GET", path(me), query={"limit": "1"}, headers=secure(me, path(me)))

    assert answer.json["count"] == 1


def test_either_form_of_a_secret_is_taken(me: Manager) -> None:
    private = load_der_private_key(base64.b64decode(me.secret), password=None)
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    other = base64.b64encode(pkcs8).decode()

    assert (len(me.public), len(me.secret), len(other)) == (44, 164, 184)
    assert me.ask("GET", "/api/", auth=f"Simple {me.public}:{other}").status == 200
    assert me.ask("GET", "/api/", auth=me.simple).status == 200
