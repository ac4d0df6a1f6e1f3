"""Errors that every call of the service has: paths, verbs and bodies (spec flux-apis, B.0 and E)."""

import pytest

from tests.support.managing import Manager, refused
from tests.support.system import System

ALLOWED = [
    ("/v1/{env}/api", "GET, POST"),
    ("/v1/{env}/api/a", "DELETE, GET, PUT"),
    ("/v1/{env}/api/a/folders", "GET, POST"),
    ("/v1/{env}/api/a/collections/f", "DELETE, GET, PUT"),
    ("/v1/{env}/folders/tree", "GET, POST"),
    ("/v1/{env}/collections/tree/collection", "DELETE, GET, PUT"),
    ("/v1/{env}/permissions/management-api/api-keys", "GET, POST"),
    ("/v1/{env}/permissions/management-api/api-keys/k", "DELETE, GET, PUT"),
    ("/v1/{env}/permissions/flux-api/roles/r/permissions", "DELETE, GET, POST"),
    ("/v1/{env}/permissions/flux-api/roles/r/permissions/batch", "POST"),
    ("/organizations", "GET"),
    ("/organizations/o/projects/p/environments/e", "DELETE, GET, PUT"),
    ("/account/auth", "POST"),
    ("/account/auth/refresh", "POST"),
]


@pytest.mark.parametrize(("path", "allow"), ALLOWED)
@pytest.mark.parametrize("slash", ["", "/"])
def test_method_not_allowed(me: Manager, path: str, allow: str, slash: str) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - set(allow.split(", ")):
        headers = {"authorization": me.bearer}
        answer = me.system.call(method, path.format(env=me.env) + slash, headers=headers)

        assert refused(answer, 405, "method_not_allowed") is None
        assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/e",
        "/v1/e/nothing",
        "/v1/e/api/a/nothing",
        "/v1/e/api/a/folders/f/more",
        "/v1/e/folders",
        "/v1/e/folders/tree/collection",
        "/v1/e/collections/tree/folder",
        "/v1/e/permissions",
        "/account",
        "/account/nothing/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_not_found_for_unknown_paths(system: System, me: Manager, path: str, method: str) -> None:
    for headers in ({}, {"authorization": me.bearer}):
        assert refused(system.call(method, path, headers=headers), 404, "not_found") is None


BROKEN = [b"{", b"{]", b"name=n", b'{"name": "n",}', b"\xff\xfe", b" ", b'{"a": "\\ud800"}', b"{" * 3_000, b"nan"]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:12]))
def test_json_parse_error(me: Manager, body: bytes) -> None:
    api, folder = me.api(), me.folder()
    me.connect(api, folder)
    calls = [
        ("POST", "/api/"),
        ("PUT", f"/api/{api}/"),
        ("POST", f"/api/{api}/folders/"),
        ("PUT", f"/api/{api}/folders/{folder}/"),
        ("POST", "/folders/tree/"),
        ("POST", "/permissions/management-api/api-keys/"),
    ]
    for method, path in calls:
        assert refused(me.ask(method, path, body), 400, "json_parse_error") is None
    assert refused(me.ask("PUT", "/folders/tree/folder/", body, query={"key": folder}), 400, "json_parse_error") is None


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_is_json_whatever_its_type_says(me: Manager, kind: str) -> None:
    headers = {"authorization": me.bearer, "content-type": kind}
    answer = me.system.call("POST", f"/v1/{me.env}/api/", body={"name": "n", "prefix": "p"}, headers=headers)

    assert answer.status == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]


def test_errors_say_nothing_of_what_was_sent(me: Manager) -> None:
    answer = me.ask("POST", "/api/", {"name": "private words " * 50, "prefix": "p"})

    refused(answer, 422, "validation_error")
    assert b"private" not in answer.body
