"""APIs, endpoint by endpoint (seed 002; spec flux-apis, B.1)."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.managing import Manager, invalid, refused

SEED = {"key", "name", "description", "environment", "prefix", "version", "created_at"}
MORE = {
    "is_auth_required",
    "mcp_enabled",
    "router_introspection_enabled",
    "cors_origins",
    "cache_max_age",
    "path",
}
BLOG = {"name": "Blog API", "prefix": "blog-v1", "description": "API for accessing blog content"}
DEFAULTS = {
    "is_auth_required": False,
    "mcp_enabled": True,
    "router_introspection_enabled": True,
    "cache_max_age": 0,
    "cors_origins": [],
    "path": None,
}


def test_create_answers_the_seed_s_object_and_what_clients_need(me: Manager) -> None:
    answer = me.ask("POST", "/api/", BLOG)

    assert answer.status == 201
    made = answer.json
    assert made.keys() == SEED | MORE
    assert {name: made[name] for name in BLOG} == BLOG
    assert (made["environment"], made["version"]) == (me.env, "1")
    assert {name: made[name] for name in MORE} == DEFAULTS
    assert re.fullmatch(r"[0-9a-z]{12}", made["key"])
    moment = datetime.strptime(made["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(moment.timestamp() - time.time()) < 60


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_call_takes_a_slash_at_the_end_or_none(me: Manager, slash: str) -> None:
    made = me.ask("POST", f"/api{slash}", BLOG).json
    one = f"/api/{made['key']}{slash}"

    assert me.ask("GET", one).json == made
    assert me.ask("GET", f"/api{slash}").json == {"count": 1, "next": None, "previous": None, "results": [made]}
    assert me.ask("PUT", one, {"name": "New"}).json == {**made, "name": "New"}
    gone = me.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    refused(me.ask("GET", one), 404, "api_not_found")
    assert me.ask("GET", f"/api{slash}").json["count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n", "prefix": "p"},
        {"name": "n" * 255, "prefix": "p" * 100, "description": "d" * 500},
        {"name": "ü" * 255, "prefix": "A-_9", "description": ""},
        {"name": "n", "prefix": "-", "version": "1"},
        {"name": "n", "prefix": "9", "description": None},
        {"name": "n", "prefix": "p", "mcp_enabled": False, "router_introspection_enabled": False},
        {"name": "n", "prefix": "p", "is_auth_required": True, "cors_origins": ["https://a.example"]},
    ],
)
def test_create_takes_all_that_is_within_the_limits(me: Manager, body: dict[str, Any]) -> None:
    answer = me.ask("POST", "/api/", body)

    assert answer.status == 201, answer.body
    assert {name: answer.json[name] for name in body} == body
    assert me.ask("GET", f"/api/{answer.json['key']}/").json == answer.json


NAME = [("", "name"), ("n" * 256, "name"), (1, "name")]
PREFIX = [(value, "prefix") for value in ("", "p" * 101, "a b", "ä", "a/b", "a.b", "_a", "a\n", 1, ["a"])]
OTHERS: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({"description": "d" * 501}, ("description",)),
    ({"description": 1}, ("description",)),
    ({"is_auth_required": "yes"}, ("is_auth_required",)),
    ({"cors_origins": ["ftp://a"]}, ("cors_origins", 0)),
    ({"cors_origins": ["https://a", "https://a/path"]}, ("cors_origins", 1)),
    ({"cors_origins": "*"}, ("cors_origins",)),
    ({"colour": "red"}, ("colour",)),
    ({"key": "mine"}, ("key",)),
]
WRONG = [({name: value}, (name,)) for value, name in NAME + PREFIX] + OTHERS


@pytest.mark.parametrize(("wrong", "where"), WRONG, ids=repr)
def test_validation_error_on_create_and_update(me: Manager, wrong: dict[str, Any], where: tuple[Any, ...]) -> None:
    invalid(me.ask("POST", "/api/", {**BLOG, **wrong}), *where)
    assert me.ask("GET", "/api/").json["results"] == []

    key = me.api("mine")
    before = me.ask("GET", f"/api/{key}/").json
    invalid(me.ask("PUT", f"/api/{key}/", wrong), *where)
    assert me.ask("GET", f"/api/{key}/").json == before


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["name"]),
        ({"name": "n"}, ["prefix"]),
        ({"prefix": "p"}, ["name"]),
        ({"name": None, "prefix": "p"}, ["name"]),
        ({**BLOG, "version": "2"}, ["version"]),
        ({**BLOG, "version": 1}, ["version"]),
        ([], []),
        ("text", []),
        (b"", ["name"]),
        (b"null", []),
    ],
)
def test_validation_error_on_create_alone(me: Manager, body: Any, where: list[str]) -> None:
    invalid(me.ask("POST", "/api/", body), *where)


def test_every_issue_is_told_at_once(me: Manager) -> None:
    detail = refused(me.ask("POST", "/api/", {"prefix": "a b", "x": 1}), 422, "validation_error")

    assert sorted(issue["loc"][0] for issue in detail) == ["name", "prefix", "x"]
    assert {issue["type"] for issue in detail} == {"missing", "string_pattern_mismatch", "extra_forbidden"}


def test_api_prefix_exists(me: Manager) -> None:
    first, second = me.api("one"), me.api("two")

    assert refused(me.ask("POST", "/api/", {"name": "n", "prefix": "one"}), 422, "api_prefix_exists") is None
    refused(me.ask("PUT", f"/api/{second}/", {"prefix": "one"}), 422, "api_prefix_exists")

    # Its own is no conflict, case counts, and what is given up can be taken.
    assert me.ask("PUT", f"/api/{first}/", {"prefix": "one"}).status == 200
    assert me.ask("PUT", f"/api/{first}/", {"prefix": "One"}).json["prefix"] == "One"
    assert me.ask("PUT", f"/api/{second}/", {"prefix": "one"}).json["prefix"] == "one"
    assert me.ask("DELETE", f"/api/{second}/").status == 204
    assert me.api("one")


def test_update_is_partial(me: Manager) -> None:
    made = me.made("/api/", **BLOG, cors_origins=["https://a.example"], is_auth_required=True)
    path = f"/api/{made['key']}/"

    assert me.ask("PUT", path, {}).json == made
    assert me.ask("PUT", path).json == made
    changed = {"name": "Updated Blog API", "description": "Updated"}
    assert me.ask("PUT", path, changed).json == {**made, **changed}
    assert me.ask("PUT", path, {"cors_origins": []}).json["cors_origins"] == []
    assert me.ask("PUT", path, {"description": ""}).json["description"] == ""
    assert me.ask("PUT", path, {"is_auth_required": False}).json["is_auth_required"] is False
    assert me.ask("GET", path).json == {
        **made,
        "name": "Updated Blog API",
        "description": "",
        "cors_origins": [],
        "is_auth_required": False,
    }


def test_version_never_changes(me: Manager) -> None:
    invalid(me.ask("PUT", f"/api/{me.api()}/", {"version": "1"}), "version")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["https://a", "https://b", "https://a"], ["https://a", "https://b"]),
        (["https://a", "*"], ["*"]),
        (["http://localhost:3000"], ["http://localhost:3000"]),
    ],
)
def test_origins_are_normalised(me: Manager, given: list[str], kept: list[str]) -> None:
    assert me.made("/api/", **BLOG, cors_origins=given)["cors_origins"] == kept


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("key", ["nothing", "%20", "a%2Fb", "ü", "k" * 3_000])
def test_api_not_found(me: Manager, method: str, key: str) -> None:
    me.api()

    assert refused(me.ask(method, f"/api/{key}/", {"name": "n"}), 404, "api_not_found") is None


def test_an_api_is_deleted_once(me: Manager) -> None:
    key = me.api()

    assert me.ask("DELETE", f"/api/{key}/").status == 204
    refused(me.ask("DELETE", f"/api/{key}/"), 404, "api_not_found")
