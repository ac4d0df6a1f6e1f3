"""Which origins may read an API from a browser (Fetch standard; spec flux-apis, B.1)."""

from collections.abc import Mapping

import pytest

from chalicelib import aws
from chalicelib.delivery import Delivery
from tests.delivery.visiting import Site, refused
from tests.support.managing import Manager
from tests.support.system import Answer

SHOP, BLOG, EVIL = "https://shop.example", "http://blog.example:8080", "https://shop.example.evil.example"
ALLOW, METHODS, VARY = "access-control-allow-origin", "access-control-allow-methods", "vary"


def site(me: Manager, *origins: str, **more: object) -> Site:
    made = Site.of(me, cors_origins=list(origins), **more)
    made.folder("things")
    return made


def asked(where: Site, origin: str | None, path: str = "things", method: str = "GET", **more: str) -> Answer:
    headers = {**more, **({"origin": origin} if origin is not None else {})}
    return where.ask(path, method, headers=headers)


def cors(answer: Answer) -> Mapping[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_origins_no_headers(me: Manager, method: str) -> None:
    answer = asked(site(me), SHOP, method=method)

    assert answer.status == (200 if method == "GET" else 204)
    assert cors(answer) == {}
    assert VARY not in answer.headers


def test_any_origin(me: Manager) -> None:
    where = site(me, "*")

    for origin in (SHOP, EVIL, "null"):
        answer = asked(where, origin)
        assert answer.headers[ALLOW] == "*"
        assert VARY not in answer.headers
    # Whoever has no origin has no use for the headers.
    assert cors(asked(where, None)) == {}


def test_named_origins(me: Manager) -> None:
    where = site(me, SHOP, BLOG, "https://Upper.Example")

    for origin in (SHOP, BLOG, "https://upper.example"):
        answer = asked(where, origin)
        assert answer.headers[ALLOW] == origin
        assert {"ETag", "X-Request-Id", "Retry-After"} <= set(
            answer.headers["access-control-expose-headers"].split(", ")
        )
        assert "access-control-allow-credentials" not in answer.headers
    for stranger in (EVIL, "https://shop.example:444", "http://shop.example", "null", "", None):
        assert cors(asked(where, stranger)) == {}
    # A cache that keeps an answer for one origin must not give it to another.
    assert {asked(where, origin).headers[VARY] for origin in (SHOP, EVIL, None)} == {"Origin"}


def test_preflight(me: Manager) -> None:
    where = site(me, SHOP, is_auth_required=True)

    # Browsers ask without any credentials, and before they know whether there is anything.
    for path in ("things", "things/_search", "nowhere", "_router"):
        wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        answer = asked(where, SHOP, path, "OPTIONS", **wanted)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers[ALLOW] == SHOP
        assert answer.headers[METHODS] == "GET, HEAD, POST"
        assert {"Authorization", "Content-Type", "If-None-Match", "Range"} <= set(
            answer.headers["access-control-allow-headers"].split(", ")
        )
        assert int(answer.headers["access-control-max-age"]) > 0
        stranger = asked(where, EVIL, path, "OPTIONS", **wanted)
        assert (stranger.status, cors(stranger), stranger.headers[VARY]) == (204, {}, "Origin")


def test_refusals_can_be_read_too(me: Manager) -> None:
    where = site(me, SHOP, is_auth_required=True)
    auth = where.key()

    cases = [
        (asked(where, SHOP), 401, "authentication_required"),
        (asked(where, SHOP, "nowhere", authorization=auth), 404, "route_not_found"),
        (asked(where, SHOP, "things/nobody", authorization=auth), 404, "resource_not_found"),
        (asked(where, SHOP, "things", "DELETE", authorization=auth), 405, "method_not_allowed"),
        (asked(where, SHOP, "things", "POST", authorization=auth), 403, "collection_not_writable"),
        (
            where.ask("things", query={"x": "1"}, headers={"origin": SHOP, "authorization": auth}),
            422,
            "invalid_request",
        ),
    ]
    for answer, status, code in cases:
        refused(answer, status, code)
        assert (answer.headers[ALLOW], answer.headers[VARY]) == (SHOP, "Origin")
    assert cors(asked(where, EVIL)) == {}


@pytest.mark.parametrize(("error", "status"), [(aws.StoreBusyError, 503), (ZeroDivisionError, 500)])
def test_faults_of_ours_can_be_read_too(
    me: Manager, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    where = site(me, SHOP)
    key = where.post(where.folder("more"), {"title": "One"})

    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(Delivery, "one", failing)

    answer = asked(where, SHOP, f"more/{key}")

    assert answer.status == status
    assert answer.headers[ALLOW] == SHOP


def test_what_an_answer_varies_by_adds_up(me: Manager) -> None:
    where = site(me, SHOP, is_auth_required=True)

    answer = asked(where, SHOP, authorization=where.key())

    assert answer.headers[VARY] == "Origin, Authorization"
    assert answer.headers["cache-control"].startswith("private")
