"""Each published prefix describes itself: what its connections allow, and nothing that is private."""

import contextlib
import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from chalicelib import aws
from tests.delivery.visiting import Site, refused
from tests.openapi.serving import Door
from tests.openapi.trial import CONFIG
from tests.support.managing import field, manager
from tests.support.system import System

FIELDS = (
    field("title", searchable=True),
    field("when", "datetime", nullable=True),
    field("tags", multiple=True, searchable=True),
    field("secret", searchable=True, private=True),
    field("hidden", "object", private=True),
    field("within", parent="hidden"),
    field("photo", "file"),
)


@pytest.fixture
def site(shared: System, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(aws.clients, "_current", shared.aws)
    return Site.of(manager(shared))


def described(site: Site, **more: Any) -> Any:
    return site.read("_openapi.json", **more)


def test_what_connections_allow_is_described(site: Site) -> None:
    site.folder("articles", fields=FIELDS)
    site.folder("many", "get_many")
    site.folder("single", "get_one")

    document = described(site)

    assert {(path, *item) for path, item in document["paths"].items()} == {
        ("/articles", "get"),
        ("/articles/_search", "post"),
        ("/articles/{resource_key}", "get"),
        ("/articles/{resource_key}/_files/{hash}", "get"),
        ("/articles/{resource_key}/_thumbs/{hash}", "get"),
        ("/articles/_schema", "get"),
        ("/many", "get"),
        ("/many/_search", "post"),
        ("/many/_schema", "get"),
        ("/single/{resource_key}", "get"),
        ("/single/_schema", "get"),
        ("/_router", "get"),
        ("/_openapi.json", "get"),
    }
    assert document["servers"] == [{"url": f"http://127.0.0.1:8000/flux/{site.me.env}/{site.prefix}"}]


def test_private_fields_are_nowhere_in_it(site: Site) -> None:
    site.folder("articles", fields=FIELDS)

    text = json.dumps(described(site))

    assert "title" in text
    assert not [word for word in ("secret", "hidden", "within") if word in text]


def test_answers_fit_it(site: Site) -> None:
    folder = site.folder("articles", fields=FIELDS)
    hash_ = site.system.put(site.user(), ("one.png", b"one")).json["hash"]
    key = site.post(folder, {"title": "One", "tags": ["a", "b"], "when": None, "secret": "x", "photo": hash_})
    document = described(site)

    for path, answer in {
        "/articles": site.read("articles"),
        "/articles/{resource_key}": site.read(f"articles/{key}"),
        "/articles/_schema": site.read("articles/_schema"),
        "/_router": site.read("_router"),
    }.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        judge = Draft202012Validator({**schema, "components": document["components"]})
        judge.validate(answer)
        assert not judge.is_valid({**answer, "more": 1})


def test_it_is_as_guarded_as_the_routes(site: Site) -> None:
    site.change(is_auth_required=True)

    refused(site.ask("_openapi.json"), 401, "authentication_required")
    document = described(site, auth=site.key())
    every = [operation for item in document["paths"].values() for operation in item.values()]
    assert all(operation["security"] == [{"flux": []}] for operation in every)


def test_it_is_not_there_where_introspection_is_off(site: Site) -> None:
    site.change(router_introspection_enabled=False)

    refused(site.ask("_openapi.json"), 404, "route_not_found")


def test_a_strict_folder_is_reached_through_its_owner(site: Site) -> None:
    above = site.folder("courses")
    site.folder("modules", parent=above, strict=True)

    paths = described(site)["paths"]

    (name,) = [one for one in paths if one.endswith("/modules/{resource_key}")]
    assert name == "/courses/{courses_key}/modules/{resource_key}"
    assert [one["name"] for one in paths[name]["get"]["parameters"]][:2] == ["courses_key", "resource_key"]


MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("guarded", [False, True])
def test_schemathesis_finds_nothing(site: Site, mode: GenerationMode, guarded: bool) -> None:
    folder = site.folder("articles", fields=FIELDS)
    hash_ = site.system.put(site.user(), ("one.png", b"one")).json["hash"]
    key = site.post(folder, {"title": "One", "tags": ["a"], "photo": hash_})
    site.folder("bare", "get_many")
    site.change(is_auth_required=guarded)
    headers = {"Authorization": site.key()} if guarded else {}
    schema = schemathesis.openapi.from_dict(
        described(site, auth=headers.get("Authorization")), config=SchemathesisConfig.from_dict(CONFIG)
    )
    schema.app = Door()
    schema.app.system = site.system
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=6, derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck])
        @given(case=operation.as_strategy(mode))
        def judge(case: Case[Any]) -> None:
            nonlocal tried
            tried += 1
            for name, value in {"resource_key": key, "hash": hash_}.items():
                if name in (case.path_parameters or {}):
                    case.path_parameters[name] = value
            for name in ("next", "previous"):
                (case.query or {}).pop(name, None)
            case.validate_response(case.call(headers=headers), headers=headers)

        with contextlib.suppress(Unsatisfiable):
            # Some operations take nothing that could be wrong.
            judge()
    assert tried > 20
