"""Every path is answered: by its route, with 405 and `Allow`, or with 404; always in its service's envelope."""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from chalice.app import Chalice

from chalicelib import aws, composition
from chalicelib.settings import Settings
from chalicelib.web import routing
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import VERBS, Route, Service
from infra.local.function import LambdaContext
from infra.local.gateway import HttpRequest, to_event
from infra.local.matching import RouteMatcher
from tests.support.system import Answer, System

HIDDEN = "hidden-in-the-message"
Table = dict[str, tuple[str, set[str]]]


@pytest.fixture
def table(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[System, Table]:
    """The whole app, without any AWS behind it, and each of its paths with its service's name and its verbs."""
    found: Table = {}
    mount = routing.mount

    def look(app: Chalice, services: Iterable[tuple[Service, Iterable[Route]]], fallback: Service) -> None:
        mounted = [(service, list(routes)) for service, routes in services]
        for service, routes in mounted:
            for route in routes:
                found.setdefault(route.path, (service.name, set()))[1].add(route.method)
        mount(app, mounted, fallback)

    monkeypatch.setattr(composition, "mount", look)
    app = composition.build(settings)
    return System(app, aws.current()), found


def concrete(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "some", path)


def said(answer: Answer) -> Mapping[str, Any]:
    assert answer.headers["content-type"] == "application/json"
    body: Mapping[str, Any] = answer.json
    return body


def test_the_table_is_the_documented_one(table: tuple[System, Table]) -> None:
    _, routes = table
    read = {"GET", "HEAD", "POST"}

    drive = {path: verbs for path, (service, verbs) in routes.items() if service == "drive"}

    documented = {"cat": read, "get": read, "ls": read, "status": read, "put": {"POST"}, "rm": {"POST"}}
    assert documented.items() <= {path.removeprefix("/api/v0/"): verbs for path, verbs in drive.items()}.items()
    assert {"/api/v1/meta", "/api/v1/meta/{file_id}", "/api/v1/stats", "/api/v1/dek/wrap", "/health"} <= routes.keys()


def test_every_other_verb_is_405_with_allow(table: tuple[System, Table]) -> None:
    system, routes = table
    for path, (service, verbs) in routes.items():
        for verb in set(VERBS) - verbs:
            answer = system.call(verb, concrete(path))

            assert (answer.status, answer.headers["allow"]) == (405, ", ".join(sorted(verbs))), (verb, path)
            assert answer.headers["x-request-id"]
            if verb == "HEAD":
                assert answer.body == b""
            elif service == "drive":
                text = "Method not allowed"
                assert said(answer) == {"error": text, "message": text, "code": "method_not_allowed"}
            else:
                assert said(answer)["error"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v0/nothing", {"error": "Not found", "message": "Not found", "code": "not_found"}),
        ("/api/v0/put/more", {"error": "Not found", "message": "Not found", "code": "not_found"}),
        ("/api/v0", {"error": "Not found", "message": "Not found", "code": "not_found"}),
        ("/api/v1/nothing", {"error": "not_found"}),
        ("/api/v1/meta/a/b/c", {"error": "not_found"}),
        ("/nothing", {"error": "not_found", "message": "Not found"}),
        ("/", {"error": "not_found", "message": "Not found"}),
        ("/favicon.ico", {"error": "not_found", "message": "Not found"}),
        ("/a/b/c/d/e/f", {"error": "not_found", "message": "Not found"}),
        ("/%2e%2e/%00/é", {"error": "not_found", "message": "Not found"}),
    ],
)
def test_unknown_paths_are_404_in_the_nearest_envelope(
    table: tuple[System, Table], path: str, body: dict[str, str]
) -> None:
    system, _ = table
    for verb in ("GET", "POST", "DELETE", "OPTIONS"):
        answer = system.call(verb, path)

        assert (answer.status, said(answer)) == (404, body)


@pytest.mark.parametrize(
    ("surface", "there", "gone"),
    [("public", "/api/v0/ls", "/api/v1/stats"), ("internal", "/api/v1/stats", "/api/v0/ls")],
)
def test_a_surface_has_its_own_routes_alone(settings: Settings, surface: str, there: str, gone: str) -> None:
    app = composition.build(settings.model_copy(update={"surface": surface}))
    system = System(app, aws.current())

    assert system.call("DELETE", there).status == 405
    assert system.call("DELETE", gone).status == 404
    assert system.call("GET", "/health").json == {"status": "ok"}


def faults(paths: Iterable[str]) -> list[str]:
    """What API Gateway refuses in a table of paths, though neither Chalice nor cfn-lint says so (decision 3)."""
    names: dict[str, set[str]] = defaultdict(set)
    found = []
    for path in paths:
        segments = path.split("/")
        for at, segment in enumerate(segments):
            if not segment.startswith("{"):
                continue
            # A greedy part and one of a single segment are two resources, which may stand side by side by one name.
            names["/".join(segments[:at])].add(segment.strip("{}").removesuffix("+"))
            if segment.endswith("+}") and at != len(segments) - 1:
                found.append(f"{path}: a greedy part is not last")
        if path != "/" and path.endswith("/"):
            found.append(f"{path}: a trailing slash")
    found += [f"{parent}/: {len(those)} parameter names" for parent, those in names.items() if len(those) > 1]
    return found


@pytest.mark.parametrize("surface", ["all", "public", "internal"])
def test_api_gateway_takes_the_whole_route_table(settings: Settings, surface: str) -> None:
    app = composition.build(settings.model_copy(update={"surface": surface}))

    assert len(app.routes) >= 4
    assert faults(app.routes) == []


@pytest.mark.parametrize(
    ("paths", "count"),
    [
        (["/a/{x}", "/a/{y}/b"], 1),
        (["/a/{x}", "/a/{x}/b/{y}", "/c/{y}"], 0),
        (["/{rest+}", "/a/{rest+}"], 0),
        (["/{rest+}/a"], 1),
        (["/a/"], 1),
    ],
)
def test_the_check_of_the_table_can_fail(paths: list[str], count: int) -> None:
    assert len(faults(paths)) == count


PROBE = Service("probe", "/probe", lambda refusal: {"wrong": refusal.code})


def probe(handle: Callable[[Call], Reply], path: str = "/probe/{name}/{rest+}") -> Callable[..., dict[str, Any]]:
    """An app with one route, to be called with an event's fields."""
    app = Chalice("fluxvault", configure_logs=False)
    app.api.binary_types = ["*/*"]
    routing.mount(app, [(PROBE, [Route("POST", path, handle)])], fallback=PROBE)
    matcher = RouteMatcher(app.routes)

    def call(url: str = "/probe/a/b", query: str = "", body: bytes = b"", **headers: str) -> dict[str, Any]:
        match = matcher.match(url)
        assert match is not None
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        event = to_event(HttpRequest("POST", url, query, named, body, "203.0.113.9"), match, "request-7")
        result: dict[str, Any] = app({**event, **call.event}, LambdaContext("lambda-7"))  # type: ignore[attr-defined]
        return result

    call.event = {}  # type: ignore[attr-defined]
    return call


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


def test_a_trailing_slash_makes_no_difference(table: tuple[System, Table]) -> None:
    system, _ = table

    for path in ("/api/v0/status", "/api/v0/put"):
        assert system.call("POST", f"{path}/").status == system.call("POST", path).status == 401
    assert system.call("GET", "/health/").json == {"status": "ok"}


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


def body_of(result: dict[str, Any]) -> Any:
    body = result["body"]
    return json.loads(base64.b64decode(body) if result.get("isBase64Encoded") else body)


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


def test_a_request_id_is_the_platforms(table: tuple[System, Table]) -> None:
    system, _ = table

    ids = {system.call("GET", "/health", headers={"x-request-id": "theirs"}).headers["x-request-id"] for _ in range(3)}

    assert len(ids) == 3
    assert "theirs" not in ids
