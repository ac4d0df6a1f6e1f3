"""Every path is answered: by its route, with 405 and `Allow`, or with 404; always in its service's envelope."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib import aws, composition
from chalicelib.settings import Settings
from chalicelib.web import routing
from chalicelib.web.routing import VERBS, Route, Service
from tests.support.system import Answer, System

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
            elif service in {"management", "account", "organizations", "delivery"}:
                body = {"message": "Method not allowed", "error_code": "method_not_allowed", "detail": None}
                assert said(answer) == body
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
        ("/v1/nothing", {"message": "Not found", "error_code": "not_found", "detail": None}),
        ("/account/nothing", {"message": "Not found", "error_code": "not_found", "detail": None}),
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


def test_a_trailing_slash_makes_no_difference(table: tuple[System, Table]) -> None:
    system, _ = table

    for path in ("/api/v0/status", "/api/v0/put"):
        assert system.call("POST", f"{path}/").status == system.call("POST", path).status == 401
    assert system.call("GET", "/health/").json == {"status": "ok"}


def test_a_request_id_is_the_platforms(table: tuple[System, Table]) -> None:
    system, _ = table

    ids = {system.call("GET", "/health", headers={"x-request-id": "theirs"}).headers["x-request-id"] for _ in range(3)}

    assert len(ids) == 3
    assert "theirs" not in ids
