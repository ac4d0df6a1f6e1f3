"""Access tokens: only ours, of their kind, in their time (spec flux-apis, A.1 and A.3)."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from chalicelib.members.tokens import Tokens
from tests.support.books import services_of
from tests.support.managing import Manager, refused
from tests.support.system import System


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claims(me: Manager, **changed: Any) -> dict[str, Any]:
    said = jwt.decode(me.access, options={"verify_signature": False})
    return {name: value for name, value in {**said, **changed}.items() if value is not None}


def signed(me: Manager, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token under our own secret, with other claims."""
    number, secret = services_of(me.system).keys.secret("jwt")
    return jwt.encode(claims(me, **changed), secret, algorithm="HS256", headers={"kid": str(number), **(header or {})})


def at_start(moment: float) -> Tokens:
    return Tokens(lambda _number: (1, b"k" * 32), lambda: moment)


def test_our_token_is_good_in_any_spelling_of_the_scheme(me: Manager) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert me.ask("GET", "/api/", auth=f"{scheme} {me.access}").status == 200
    assert me.ask("GET", "/api/", auth=f"Bearer {signed(me)}").status == 200


NOW = time.time()
TAMPERED: dict[str, Callable[[Manager], str]] = {
    "empty": lambda _: "",
    "garbage": lambda _: "garbage",
    "two dots": lambda _: "..",
    "not ascii": lambda _: "\xfc.\xfc.\xfc",
    "other payload": lambda me: ".".join(
        [me.access.split(".")[0], part(claims(me, sub="a@b.c")), me.access.split(".")[2]]
    ),
    "no signature": lambda me: ".".join([*me.access.split(".")[:2], ""]),
    "cut": lambda me: me.access[:-2],
    "alg none": lambda me: f"{part({'alg': 'none', 'typ': 'JWT', 'kid': '1'})}.{part(claims(me))}.",
    "alg none, signed": lambda me: ".".join([part({"alg": "none", "kid": "1"}), *me.access.split(".")[1:]]),
    "alg HS384": lambda me: jwt.encode(
        claims(me), services_of(me.system).keys.secret("jwt")[1] * 2, algorithm="HS384", headers={"kid": "1"}
    ),
    "another secret": lambda me: jwt.encode(claims(me), b"k" * 32, algorithm="HS256", headers={"kid": "1"}),
    "an empty secret": lambda me: jwt.encode(claims(me), b"\0" * 32, algorithm="HS256", headers={"kid": "1"}),
    "kid of an unknown generation": lambda me: signed(me, {"kid": "99"}),
    "kid not a number": lambda me: signed(me, {"kid": "one"}),
    "kid a long number": lambda me: signed(me, {"kid": "1" * 400}),
    "kid negative": lambda me: signed(me, {"kid": "-1"}),
    "kid another digit one": lambda me: signed(me, {"kid": "\u0661"}),
    "header not an object": lambda me: ".".join([part([1]), *me.access.split(".")[1:]]),
    "header deep": lambda me: ".".join([base64.urlsafe_b64encode(b"[" * 5_001).decode(), *me.access.split(".")[1:]]),
    "kid a list": lambda me: ".".join([part({"alg": "HS256", "kid": ["1"]}), *me.access.split(".")[1:]]),
    "no kid": lambda me: ".".join([part({"alg": "HS256"}), *me.access.split(".")[1:]]),
    "a refresh token": lambda me: me.refresh,
    "another kind": lambda me: signed(me, token_type="drive"),
    "expired": lambda me: signed(me, iat=int(NOW) - 90_000, exp=int(NOW) - 10),
    "from the future": lambda me: signed(me, iat=int(NOW) + 3_600, exp=int(NOW) + 9_000),
    "another account": lambda me: signed(me, acc="someone-else"),
    "another user": lambda me: signed(me, sub="nobody@example.com"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_authentication_failed(me: Manager, name: str) -> None:
    answer = me.ask("GET", "/api/", auth=f"Bearer {TAMPERED[name](me)}")

    assert refused(answer, 401, "authentication_failed") is None


@pytest.mark.parametrize("name", ["sub", "acc", "jti", "iat", "exp", "token_type"])
def test_authentication_failed_without_a_claim(me: Manager, name: str) -> None:
    refused(me.ask("GET", "/api/", auth=f"Bearer {signed(me, **{name: None})}"), 401, "authentication_failed")


def test_tokens_of_earlier_generations_stay_good(system: System, me: Manager) -> None:
    before = me.access
    services_of(system).keys.add_generation()

    assert me.ask("GET", "/api/", auth=f"Bearer {before}").status == 200


@pytest.mark.parametrize(("kind", "life"), [("access", 86_400), ("refresh", 604_800)])
def test_a_token_lives_to_the_second(kind: Any, life: int) -> None:
    token, said = at_start(1_000_000).make(kind, "a@b.c", "account")

    assert at_start(1_000_000 + life - 1).read(kind, token) == said
    assert at_start(1_000_000 + life).read(kind, token) is None
    # Another machine's clock may be a minute behind.
    assert at_start(1_000_000 - 60).read(kind, token) == said
    assert at_start(1_000_000 - 61).read(kind, token) is None
