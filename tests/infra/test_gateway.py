import base64
import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
from chalice import Chalice, Response
from hypothesis import given
from hypothesis import strategies as st

from infra.local import gateway
from infra.local.gateway import BadResultError, HttpAnswer, HttpRequest, Limits, from_result, to_event
from infra.local.matching import Match, RouteMatcher

ROUTES = [
    "/",
    "/health",
    "/v1/{env}",
    "/v1/{env}/folders/tree",
    "/v1/{env}/folders/{folder}/resources",
    "/v1/{other}/{unknown+}",
    "/flux/{env}/{proxy+}",
    "/a/b/c",
    "/a/{x}/d",
    "/{unknown+}",
]


@pytest.mark.parametrize(
    ("path", "route", "params"),
    [
        ("/", "/", {}),
        ("/health", "/health", {}),
        ("/health/", "/health", {}),
        ("/%68ealth", "/health", {}),
        ("/v1/e1", "/v1/{env}", {"env": "e1"}),
        ("/v1/e1/folders/tree/", "/v1/{env}/folders/tree", {"env": "e1"}),
        ("/v1/e1/folders/tree/resources", "/v1/{env}/folders/{folder}/resources", {"env": "e1", "folder": "tree"}),
        ("/v1/e1/folders/f", "/v1/{other}/{unknown+}", {"other": "e1", "unknown": "folders/f"}),
        ("/flux/e1/blog/articles/", "/flux/{env}/{proxy+}", {"env": "e1", "proxy": "blog/articles"}),
        ("/flux/e1//x", "/flux/{env}/{proxy+}", {"env": "e1", "proxy": "/x"}),
        ("/flux/e1/%C3%BC%20b/%2541", "/flux/{env}/{proxy+}", {"env": "e1", "proxy": "ü b/%41"}),
        ("/v1/a%2Fb", "/v1/{env}", {"env": "a/b"}),
        ("/v1/a+b", "/v1/{env}", {"env": "a+b"}),
        ("/a/b/d", "/a/{x}/d", {"x": "b"}),
        ("/a/b/e", "/{unknown+}", {"unknown": "a/b/e"}),
        ("/v1", "/{unknown+}", {"unknown": "v1"}),
        ("/v1//folders", "/{unknown+}", {"unknown": "v1//folders"}),
        ("//health", "/{unknown+}", {"unknown": "/health"}),
    ],
)
def test_the_most_specific_route_is_taken(path: str, route: str, params: dict[str, str]) -> None:
    assert RouteMatcher(ROUTES).match(path) == Match(route, params)


@pytest.mark.parametrize("path", ["/", "/b", "/a/", "/a", "/a//", "/a/b/c", "*", "a/b", ""])
def test_no_route_is_no_match(path: str) -> None:
    assert RouteMatcher(["/a/{x}"]).match(path) is None


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        (["a"], "begin with a slash"),
        (["/a/"], "not end with one"),
        (["/{a+}/b"], "comes last"),
        (["/a{b}"], "whole segment"),
        (["/{a"], "whole segment"),
        (["/{}"], "whole segment"),
        (["/{x}", "/{y}"], "same paths"),
        (["/{x+}", "/{y+}"], "same paths"),
        (["/a", "/a"], "same paths"),
    ],
)
def test_routes_that_make_no_sense_are_refused(routes: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        RouteMatcher(routes)


def takes(route: str, path: str) -> dict[str, str] | None:
    """The rules of one route, on their own."""
    wanted = [] if route == "/" else route[1:].split("/")
    inner = path[1:-1] if path.endswith("/") else path[1:]
    given_ = inner.split("/") if inner else []
    params: dict[str, str] = {}
    for place, part in enumerate(wanted):
        if part.endswith("+}"):
            rest = "/".join(given_[place:])
            return {**params, part[1:-2]: unquote(rest)} if rest else None
        if place >= len(given_):
            return None
        if part.startswith("{"):
            if not given_[place]:
                return None
            params[part[1:-1]] = unquote(given_[place])
        elif part != unquote(given_[place]):
            return None
    return params if len(given_) == len(wanted) else None


def ranks(route: str) -> list[int]:
    return [2 if part.endswith("+}") else int(part.startswith("{")) for part in route.split("/")]


def shape(route: str) -> str:
    return "/".join(
        {0: part, 1: "{}", 2: "{+}"}[rank] for part, rank in zip(route.split("/"), ranks(route), strict=True)
    )


@st.composite
def routes(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.sampled_from(["a", "b", "{x}", "{y}"]), max_size=4))
    named = [part.replace("}", f"{place}}}") for place, part in enumerate(parts)]
    return "/" + "/".join(named + draw(st.sampled_from([[], [], ["{rest+}"]])))


paths = st.lists(st.sampled_from(["a", "b", "c", "", "%61", "a%2Fb", "%25"]), max_size=6).map(
    lambda p: "/" + "/".join(p)
)


@given(st.lists(routes(), max_size=8, unique_by=shape), paths)
def test_the_tree_finds_what_trying_every_route_finds(table: list[str], path: str) -> None:
    fitting = {route: params for route in table if (params := takes(route, path)) is not None}
    best = min(fitting, key=ranks, default=None)

    found = RouteMatcher(table).match(path)

    assert found == (None if best is None else Match(best, fitting[best]))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives_as_a_path_parameter(text: str) -> None:
    found = RouteMatcher(["/files/{name}"]).match("/files/" + quote(text, safe=""))

    assert found == Match("/files/{name}", {"name": text})


def request(**changes: Any) -> HttpRequest:
    usual = {"method": "GET", "path": "/f/a%20b/", "query": "", "headers": [], "body": b"", "client": "192.0.2.7"}
    return HttpRequest(**{**usual, **changes})


def event_of(**changes: Any) -> gateway.Event:
    return to_event(request(**changes), Match("/f/{name}", {"name": "a b"}), "r-1")


def test_an_event_has_the_shape_that_lambda_gets() -> None:
    event = event_of(
        method="POST",
        query="q=1&q=%C3%BC+b&empty=&flag",
        headers=[("accept", "a/b"), ("x-one", "1"), ("accept", "c/d"), ("x-forwarded-for", "203.0.113.9")],
        body=b"\xff\x00",
    )

    context = event.pop("requestContext")
    assert context["identity"]["sourceIp"] == "192.0.2.7"
    assert (context["resourcePath"], context["path"]) == ("/f/{name}", "/f/a%20b/")
    assert (context["httpMethod"], context["requestId"]) == ("POST", "r-1")
    assert (context["stage"], context["protocol"]) == ("local", "HTTP/1.1")
    assert event == {
        "resource": "/f/{name}",
        "path": "/f/a%20b/",
        "httpMethod": "POST",
        "headers": {"accept": "a/b,c/d", "x-one": "1", "x-forwarded-for": "203.0.113.9"},
        "multiValueHeaders": {"accept": ["a/b", "c/d"], "x-one": ["1"], "x-forwarded-for": ["203.0.113.9"]},
        "queryStringParameters": {"q": "ü b", "empty": "", "flag": ""},
        "multiValueQueryStringParameters": {"q": ["1", "ü b"], "empty": [""], "flag": [""]},
        "pathParameters": {"name": "a b"},
        "stageVariables": None,
        "body": b"\xff\x00",
        "isBase64Encoded": False,
    }


def test_what_is_empty_is_none_as_on_aws() -> None:
    event = to_event(request(), Match("/health", {}), "r-1")

    nones = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body")
    assert [event[name] for name in nones] == [None] * 4


@given(st.binary(max_size=100), st.text(max_size=20))
def test_the_size_of_an_event_is_that_of_its_json(body: bytes, query: str) -> None:
    event = event_of(body=body, query=f"q={quote(query)}")

    as_sent = json.dumps({**event, "body": base64.b64encode(body).decode()})

    assert gateway.event_size(event) == len(as_sent)


def result(**members: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": "hi", **members}


def test_a_text_result_becomes_an_answer() -> None:
    answer = from_result(result(body="hü"), "GET")

    assert answer == HttpAnswer(200, [("Content-Type", "text/plain"), ("content-length", "3")], "hü".encode())


@given(st.binary())
def test_a_base64_result_becomes_its_bytes(body: bytes) -> None:
    answer = from_result(result(body=base64.b64encode(body).decode(), isBase64Encoded=True), "GET")

    assert answer.body == body
    assert ("content-length", str(len(body))) in answer.headers


def test_head_has_the_headers_of_get_and_no_body() -> None:
    assert from_result(result(), "HEAD") == HttpAnswer(200, from_result(result(), "GET").headers, b"")


def test_head_may_name_a_length_without_making_the_body() -> None:
    answer = from_result(result(body="", headers={"Content-Length": "5000000000", "Content-Type": "a/b"}), "HEAD")

    assert answer.headers == [("Content-Type", "a/b"), ("content-length", "5000000000")]


def test_a_wrong_length_or_framing_from_the_function_is_not_sent() -> None:
    answer = from_result(result(headers={"Content-Length": "9", "Transfer-Encoding": "chunked", "X-A": "1"}), "GET")

    assert answer.headers == [("X-A", "1"), ("content-type", "application/json"), ("content-length", "2")]


def test_header_lists_are_sent_one_by_one_and_win_over_single_values() -> None:
    both = result(headers={"x-a": "0", "X-B": 7}, multiValueHeaders={"X-A": ["1", "2"]}, body="")

    answer = from_result(both, "GET")

    assert answer.headers[:3] == [("X-B", "7"), ("X-A", "1"), ("X-A", "2")]


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_neither_body_nor_length(status: int) -> None:
    assert from_result(result(statusCode=status, headers={}), "GET") == HttpAnswer(status, [], b"")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (None, "statusCode"),
        ("text", "statusCode"),
        ({}, "statusCode"),
        ({"statusCode": "200"}, "statusCode"),
        (result(body=b"raw"), "type bytes"),
        (result(body={"a": 1}), "type dict"),
        (result(body="!", isBase64Encoded=True), "not base64"),
        (result(headers={"X-A": "1\r\nX-B: 2"}), "header"),
        (result(headers={"X A": "1"}), "header"),
        (result(headers={"X-A\n": "1"}), "header"),
    ],
)
def test_what_is_no_result_is_refused(bad: Any, why: str) -> None:
    with pytest.raises(BadResultError, match=why):
        from_result(bad, "GET")


def test_the_limits_of_aws_say_what_aws_says() -> None:
    assert gateway.too_long(Limits.aws()).body == b'{"message":"Request Too Long"}'
    assert json.loads(gateway.too_long(Limits(cap=5)).body).keys() == {"error", "message"}
    assert (Limits.aws().most, Limits().most, Limits(cap=5, body=9).most) == (10 * 2**20, 2**30, 5)


def test_an_event_goes_through_chalice_and_back() -> None:
    app = Chalice("tiny")
    app.api.binary_types = ["*/*"]

    def put(name: str) -> Response:
        seen = app.current_request
        said = f"{name} {seen.query_params['q']} {seen.headers['X-A']} {seen.context['path']} ".encode()
        return Response(said + seen.raw_body, {"Content-Type": "x/y"}, 201)

    app.route("/f/{name}", methods=["PUT"], content_types=["*/*"])(put)

    table = RouteMatcher(app.routes)
    sent = request(method="PUT", query="q=%2B", headers=[("x-a", "1"), ("accept", "*/*")], body=b"\xff")
    match = table.match(sent.path)
    assert match is not None

    answer = from_result(app(to_event(sent, match, "r-1"), None), "PUT")

    assert answer == HttpAnswer(201, [("Content-Type", "x/y"), ("content-length", "19")], b"a b + 1 /f/a%20b/ \xff")
