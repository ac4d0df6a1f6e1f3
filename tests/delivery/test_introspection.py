"""What an API says of itself: `_router` and `_schema` (spec flux-apis, C.6)."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.delivery.visiting import BOTH, Site, refused
from tests.support.managing import Manager, field

FIELDS = (
    field("title", searchable=True, required=True, name="Title", description="What it is called"),
    field("body", "text"),
    field("kind", searchable=True, private=True),
    field("place", "object"),
    field("city", searchable=True, parent="place"),
    field("house", "integer", parent="place", private=True),
    field("inner", "object", private=True),
    field("code", searchable=True, parent="inner"),
    field("tags", searchable=True, multiple=True),
)


@pytest.fixture
def site(me: Manager) -> Site:
    return Site.of(me)


def route(site: Site, action: str, path: str) -> dict[str, Any]:
    (found,) = [
        one for one in site.read("_router")["routes"] if (one["action"], one["path_template"]) == (action, path)
    ]
    return dict(found)


def test_every_route_of_a_folder(site: Site) -> None:
    site.folder("things", fields=FIELDS)
    told = site.read("_router")

    assert told.keys() == {"api", "routes"}
    assert told["api"] == site.prefix
    shapes = [(one["method"], one["path"], one["path_template"], one["action"], one["scope"]) for one in told["routes"]]
    at = f"/{site.prefix}/things"
    assert shapes == [
        ("GET", at, "/things", "get_many", "collection"),
        ("POST", f"{at}/_search", "/things/_search", "search", "collection"),
        ("GET", f"{at}/{{resource_key}}", "/things/{resource_key}", "get_one", "item"),
        ("GET", f"{at}/_schema", "/things/_schema", "schema", "introspection"),
    ]
    for one in told["routes"]:
        assert one.keys() == {
            "method",
            "path",
            "path_template",
            "action",
            "scope",
            "description",
            "response_ref",
            "response_ref_type",
            "query_params",
            "request_body",
            "response_shape",
        }
        assert (one["response_ref"], one["response_ref_type"]) == (f"{at}/_schema", "schema")
        assert all(each.keys() == {"name", "type", "required", "description"} for each in one["query_params"])
        assert (one["request_body"] is not None) is (one["action"] == "search")
        assert one["response_shape"].keys() >= {"required_fields", "optional_fields"}
        assert one["description"]


def test_what_the_router_names_is_taken(site: Site) -> None:
    key = site.post(site.folder("things", fields=FIELDS), {"title": "One"})
    values = {"limit": "1", "sort": "title", "populate": "", "fields": "title", "truncate_text": "3"}
    values |= {"find_text__query": "one", "find_phrase__query": "one", "where__{field}__{operator}": "One"}

    for one in site.read("_router")["routes"]:
        path = one["path_template"].strip("/").replace("{resource_key}", key)
        for name in (each["name"] for each in one["query_params"]):
            if name in values:
                query = {name.format(field="title", operator="eq"): values[name]}
                assert site.ask(path, one["method"], query=query).status == 200, (one["action"], name)
        shape = site.read(path, method=one["method"])
        assert set(one["response_shape"]["required_fields"]) <= shape.keys()
        known = {*one["response_shape"]["required_fields"], *one["response_shape"]["optional_fields"]}
        assert shape.keys() <= known | {"schema_key", "schema_version_key"}
    body = {"where": {"title__eq": "One"}, "find_text": {"query": "one"}, "sort": ["title"], "limit": 1, "offset": 0}
    assert body.keys() < set(route(site, "search", "/things/_search")["request_body"]["fields"])
    assert site.read("things/_search", method="POST", body=body)["results"]


def test_content_parameters_only_where_there_is_content(site: Site) -> None:
    site.folder("things", "get_many", fields=FIELDS)

    for action, path in (("get_many", "/things"), ("search", "/things/_search")):
        names = {one["name"] for one in route(site, action, path)["query_params"]}
        assert names.isdisjoint({"populate", "fields", "truncate_text"})
        assert "results_item_ref" not in route(site, action, path)["response_shape"]


def test_descriptions_are_the_connection_s_or_ours(site: Site) -> None:
    folder = site.folder("things", fields=FIELDS)
    ours = {one["action"]: one["description"] for one in site.read("_router")["routes"]}
    said = {f"description_{action}": f"About {action}" for action in ("get_one", "search", "schema")}

    assert site.me.ask("PUT", f"/api/{site.api}/folders/{folder}/", said).status == 200

    told = {one["action"]: one["description"] for one in site.read("_router")["routes"]}
    assert told == {**{action: f"About {action}" for action in ours}, "get_many": ours["get_many"]}


def test_strict_folders_have_placeholders(site: Site) -> None:
    top = site.folder("courses", "get_one", fields=FIELDS)
    site.folder("modules", *BOTH, parent=top, strict=True, fields=FIELDS)
    paths = [one["path_template"] for one in site.read("_router")["routes"]]

    assert paths == [
        "/courses/{resource_key}",
        "/courses/_schema",
        "/courses/{courses_key}/modules",
        "/courses/{courses_key}/modules/_search",
        "/courses/{courses_key}/modules/{resource_key}",
        "/courses/{courses_key}/modules/_schema",
    ]


def test_the_router_may_be_hidden_and_schemas_stay(site: Site) -> None:
    site.folder("things", fields=FIELDS)
    site.change(router_introspection_enabled=False)

    refused(site.ask("_router"), 404, "route_not_found")
    assert site.ask("_router", "HEAD").status == 404
    assert site.ask("things/_schema").status == site.ask("things").status == 200


def test_a_schema_without_what_is_private(site: Site) -> None:
    folder = site.folder("things", fields=FIELDS)
    told = site.read("things/_schema")

    assert told.keys() == {
        "json_schema",
        "searchable_fields",
        "non_searchable_fields",
        "path",
        "actions",
        "alias",
        "content_type",
        "schema_key",
        "schema_version_key",
    }
    system = ["_sys.created_at", "_sys.key", "_sys.updated_at"]
    assert told["searchable_fields"] == ["title", "place.city", "tags", *system]
    assert told["non_searchable_fields"] == ["body"]
    assert (told["path"], told["alias"], told["schema_key"]) == (f"/{site.prefix}/things", "things", folder)
    assert sorted(told["actions"]) == sorted(BOTH)
    schema = told["json_schema"]
    assert schema["properties"].keys() == {"title", "body", "place", "tags"}
    assert schema["properties"]["place"]["properties"].keys() == {"city"}
    assert schema["properties"]["title"]["description"] == "What it is called"
    assert "inner" not in str(told)
    assert "house" not in str(told)


def test_what_is_shown_fits_the_schema(site: Site) -> None:
    fields = (*FIELDS, field("picture", "file"), field("pictures", "file", multiple=True, nullable=True))
    folder = site.folder("things", fields=fields)
    user = site.user()
    cids = [site.system.put(user, (name, b"%d" % len(name))).json["files"][0]["hash"] for name in ("a.png", "bb.txt")]
    hidden = {"kind": "x", "inner": {"code": "y"}, "place": {"city": "Bonn", "house": 3}}
    documents = [
        {"title": "One", "tags": ["a"], **hidden, "picture": cids[0], "pictures": cids},
        {"title": "Two", "pictures": None},
    ]
    for document in documents:
        site.post(folder, document)
    judge = Draft202012Validator(site.read("things/_schema")["json_schema"])

    for one in site.read("things")["results"]:
        assert [error.message for error in judge.iter_errors(one["data"])] == []
    assert list(judge.iter_errors({"title": "Three", "picture": cids[0]}))


def test_a_folder_without_a_schema(site: Site) -> None:
    folder = site.me.folder("empty")
    site.me.connect(site.api, folder, *BOTH)

    told = site.read("empty/_schema")

    assert (told["schema_version_key"], told["json_schema"]["properties"]) == (None, {})
    assert site.read("empty")["results"] == []
    refused(site.ask("empty/nobody"), 404, "resource_not_found")


def test_a_new_version_shows_at_once(site: Site) -> None:
    folder = site.folder("things", fields=FIELDS)
    version = site.me.schema(folder, field("title"), field("added", searchable=True))

    told = site.read("things/_schema")

    assert (told["schema_version_key"], told["json_schema"]["properties"].keys()) == (version, {"title", "added"})
