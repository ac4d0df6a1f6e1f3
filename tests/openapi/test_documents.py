"""Every route is described and every description has its route; the kept copy is what would be written now."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chalicelib import aws, composition
from chalicelib.openapi.chapters import CHAPTERS
from chalicelib.settings import Settings
from infra.admin.describing import documents
from tests.support.system import System

KEPT = Path(__file__).resolve().parents[2] / "docs/openapi"
VERBS = {"get", "head", "post", "put", "patch", "delete", "options"}


def served(settings: Settings, **changes: Any) -> Any:
    """`/openapi.json` of a process with other settings."""
    app = composition.build(settings.model_copy(update=changes))
    answer = System(app, aws.current()).call("GET", "/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return answer.json


def operations(document: Any) -> set[tuple[str, str]]:
    return {(verb, path) for path, item in document["paths"].items() for verb in item.keys() & VERBS}


def test_every_mounted_route_has_an_operation_and_every_operation_a_route(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted: set[tuple[str, str, str]] = set()
    mount = composition.mount

    def look(app: Any, services: Any, fallback: Any) -> None:
        found = [(service, list(routes)) for service, routes in services]
        mounted.update((service.name, route.method, route.path) for service, routes in found for route in routes)
        mount(app, found, fallback)

    monkeypatch.setattr(composition, "mount", look)
    composition.build(settings)

    assert mounted == {(name, *key) for name, chapter in CHAPTERS.items() for key in chapter.operations}


@pytest.mark.parametrize(
    ("surface", "there", "gone"), [("public", "/v1/", "/api/v1/"), ("internal", "/api/v1/", "/v1/")]
)
def test_a_surface_describes_its_own_routes_alone(settings: Settings, surface: str, there: str, gone: str) -> None:
    paths = served(settings, surface=surface)["paths"]

    assert any(path.startswith(there) for path in paths)
    assert not [path for path in paths if path.startswith(gone)]
    assert {"/health", "/openapi.json", "/docs"} <= paths.keys()


def test_all_surfaces_together_describe_every_operation_under_a_name_of_its_own(settings: Settings) -> None:
    document = served(settings, public_url="https://drive.example.com/")

    ids = [item[verb]["operationId"] for item in document["paths"].values() for verb in item.keys() & VERBS]
    assert len(ids) == len(set(ids)) == sum(len(chapter.operations) for chapter in CHAPTERS.values())
    assert document["servers"] == [{"url": "https://drive.example.com"}]


def test_it_is_openapi_whose_references_lead_somewhere(settings: Settings) -> None:
    document = served(settings)

    assert document["openapi"] == "3.1.0"
    for ref in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found = document
        for step in ref.split("/"):
            found = found[step]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_head_is_answered_without_a_body(settings: Settings) -> None:
    system = System(composition.build(settings), aws.current())

    got, asked = (system.call(verb, "/openapi.json") for verb in ("GET", "HEAD"))

    assert (asked.status, asked.body) == (200, b"")
    assert int(asked.headers["content-length"]) == len(got.body)


@pytest.mark.parametrize("surface", ["public", "internal"])
def test_the_kept_copy_is_not_stale(settings: Settings, surface: str) -> None:
    """`python -m infra.admin openapi docs/openapi` writes it anew."""
    text = (KEPT / f"{surface}.json").read_text()

    assert text == documents()[surface]
    assert served(settings, surface=surface) == json.loads(text) | {"servers": [{"url": settings.public_url}]}
