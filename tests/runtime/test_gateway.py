"""One address before two REST APIs: which of them a path goes to, and in which shape."""

import base64
from typing import Any

import pytest

from infra.local.gateway import HttpRequest, to_event
from infra.local.matching import RouteMatcher
from infra.runtime.gateway import Stage, Stages

PUBLIC = ["/", "/health", "/api/v0/put", "/v1/{env}/api", "/{unknown+}"]
INTERNAL = ["/", "/health", "/api/v1/stats", "/api/v1/meta/{file_id}", "/{unknown+}"]


def sent(path: str, body: bytes = b"") -> tuple[str, dict[str, Any]]:
    """Which stage a request reached, and its event there."""
    reached: list[tuple[str, dict[str, Any]]] = []

    def stage(name: str, routes: list[str]) -> Stage:
        return Stage(routes, lambda event: reached.append((name, event)))

    stages = Stages(stage("public", PUBLIC), stage("internal", INTERNAL))
    match = RouteMatcher(stages.routes).match(path)
    assert match is not None
    stages(to_event(HttpRequest("POST", path, "", [], body, "127.0.0.1"), match, "id"), None)
    (one,) = reached
    return one


@pytest.mark.parametrize(
    ("path", "side", "resource", "params"),
    [
        ("/", "public", "/", None),
        ("/health", "public", "/health", None),
        ("/api/v0/put", "public", "/api/v0/put", None),
        ("/api/v2/put", "public", "/{unknown+}", {"unknown": "api/v2/put"}),
        ("/v1/abc/api", "public", "/v1/{env}/api", {"env": "abc"}),
        ("/api/v1/stats", "internal", "/api/v1/stats", None),
        ("/api/v1/meta/1", "internal", "/api/v1/meta/{file_id}", {"file_id": "1"}),
        ("/api/v1/nope/x", "internal", "/{unknown+}", {"unknown": "api/v1/nope/x"}),
        ("/api/v1/", "internal", "/{unknown+}", {"unknown": "api/v1"}),
        ("/api/v1", "internal", "/{unknown+}", {"unknown": "api/v1"}),
    ],
)
def test_a_path_goes_to_its_own_side_as_that_side_knows_it(
    path: str, side: str, resource: str, params: dict[str, str] | None
) -> None:
    reached, event = sent(path)

    assert reached == side
    assert (event["resource"], event["requestContext"]["resourcePath"]) == (resource, resource)
    assert event["pathParameters"] == params
    assert event["path"] == path


def test_a_body_crosses_as_base64_text() -> None:
    _, event = sent("/api/v0/put", b"\x00\xff\r\n")

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xff\r\n", True)


def test_no_body_stays_none() -> None:
    _, event = sent("/api/v0/put")

    assert (event["body"], event["isBase64Encoded"]) == (None, False)
