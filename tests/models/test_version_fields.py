"""Fields of a version, endpoint by endpoint (spec flux-apis, B.6)."""

import json
from typing import Any, get_args

import pytest

from chalicelib.models.fields import Kind
from tests.support.managing import Manager, field, invalid, refused

KEYS = {"key", "name", "description", "path", "parent", "type", "meta", "required", "nullable", "multiple"}
KEYS |= {"localizable", "searchable", "private", "vectorizable", "json_schema"}
FLAGS = ["required", "nullable", "multiple", "searchable", "private"]


@pytest.fixture
def tree(me: Manager) -> str:
    """Path of the fields of a fresh draft."""
    return f"{me.draft(me.folder())}schema/tree"


def paths(me: Manager, tree: str, **query: str) -> list[str]:
    answer = me.ask("GET", tree, query=query)
    assert answer.status == 200, answer.body
    return [one["path"] for one in answer.json["results"]]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("word", ["folders", "collections"])
def test_a_field_s_life(me: Manager, tree: str, word: str, slash: str) -> None:
    tree = tree.replace("/folders/", f"/{word}/")
    body = field("title", name="Title", description="What it is called", meta={"max_length": 9}, required=True)

    answer = me.ask("POST", f"{tree}{slash}", body)

    assert answer.status == 201
    made = answer.json
    assert made.keys() == KEYS
    schema = {"title": "Title", "description": "What it is called", "type": "string", "maxLength": 9}
    none = dict.fromkeys(["nullable", "multiple", "localizable", "searchable", "private", "vectorizable"], False)
    assert made == {**body, **none, "path": "title", "parent": None, "json_schema": schema}
    one, query = f"{tree}/field{slash}", {"path": "title"}
    assert me.ask("GET", one, query=query).json == made
    assert me.ask("GET", f"{tree}{slash}").json == {"count": 1, "next": None, "previous": None, "results": [made]}
    changed = me.ask("PUT", one, {"type": "text", "private": True, "required": False}, query=query).json
    assert changed == {**made, "type": "text", "private": True, "required": False, "json_schema": {**schema}}
    assert me.ask("GET", one, query=query).json == changed
    assert me.ask("PUT", one, query=query).json == changed
    gone = me.ask("DELETE", one, query=query)
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, one, query=query), 404, "field_not_found")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_type(me: Manager, tree: str, kind: str) -> None:
    meta = {"folder": "any"} if kind == "reference" else {}

    made = me.made(tree, **field("f", kind, meta=meta))

    assert (made["name"], made["type"], made["meta"]) == ("f", kind, meta)
    assert made["json_schema"]["type"] in {kind, "string", "array"}


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_is_set_and_taken_back(me: Manager, tree: str, flag: str) -> None:
    me.made(tree, **{**field("f"), flag: True})
    query = {"path": "f"}

    assert [name for name in FLAGS if me.ask("GET", f"{tree}/field", query=query).json[name]] == [flag]
    assert not me.ask("PUT", f"{tree}/field", {flag: False}, query=query).json[flag]
    assert me.ask("PUT", f"{tree}/field", {flag: True}, query=query).json[flag]


def test_fields_in_fields(me: Manager, tree: str) -> None:
    for body in (field("author", "object"), field("name", parent="author"), field("places", "array", parent="author")):
        me.made(tree, **body)
    made = me.made(tree, **field("city", parent="author.places"))
    me.made(tree, **field("authors"))

    assert (made["path"], made["parent"]) == ("author.places.city", "author.places")
    every = ["author", "author.name", "author.places", "author.places.city", "authors"]
    assert paths(me, tree) == paths(me, tree, mode="children") == ["author", "authors"]
    assert paths(me, tree, mode="descendants") == every
    assert paths(me, tree, path="author") == every[1:3]
    assert paths(me, tree, path="author", mode="descendants") == every[1:4]
    assert paths(me, tree, path="author.places.city", mode="ancestors") == ["author", "author.places"]
    assert paths(me, tree, path="author.name", mode="siblings") == every[1:3]
    assert paths(me, tree, path="") == ["author", "authors"]
    inner = me.ask("GET", f"{tree}/field", query={"path": "author"}).json["json_schema"]["properties"]
    assert inner["places"]["items"]["properties"]["city"]["type"] == "string"

    invalid(me.ask("PUT", f"{tree}/field", {"type": "string"}, query={"path": "author"}), "type")
    assert me.ask("DELETE", f"{tree}/field", query={"path": "author"}).status == 204
    assert paths(me, tree, mode="descendants") == ["authors"]


def test_pages_of_fields_tile_both_ways(me: Manager, tree: str) -> None:
    for key in "abcde":
        me.made(tree, **field(key))

    seen, page = [], me.ask("GET", tree, query={"limit": "2"}).json
    while True:
        assert page["count"] == 5
        seen.append([one["key"] for one in page["results"]])
        if page["next"] is None:
            break
        page = me.follow(page["next"])
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    back = []
    while page["previous"]:
        page = me.follow(page["previous"])
        back.append([one["key"] for one in page["results"]])
    assert back == [["c", "d"], ["a", "b"]]
    middle = me.ask("GET", tree, query={"limit": "2", "offset": "1"}).json
    assert [one["key"] for one in middle["results"]] == ["b", "c"]
    assert me.ask("GET", tree, query={"offset": "5"}).json["results"] == []


def test_a_cursor_belongs_to_one_list_of_fields(me: Manager, tree: str) -> None:
    for body in (field("o", "object"), field("a", parent="o"), field("b", parent="o"), field("p")):
        me.made(tree, **body)
    cursor = me.cursor(me.ask("GET", tree, query={"limit": "1"}).json["next"])

    assert [one["key"] for one in me.ask("GET", tree, query={"cursor": cursor}).json["results"]] == ["p"]
    for query in ({"path": "o"}, {"mode": "siblings"}, {"path": "o", "mode": "descendants"}):
        invalid(me.ask("GET", tree, query={**query, "cursor": cursor}), "cursor")
    other = f"{me.draft(me.folder())}schema/tree"
    invalid(me.ask("GET", other, query={"cursor": cursor}), "cursor")


@pytest.mark.parametrize("key", ["a", "A9", "a_b", "a1_2b_C", "x" * 100])
def test_keys(me: Manager, tree: str, key: str) -> None:
    assert me.made(tree, **field(key))["key"] == key


BAD_KEYS = ["", "1a", "_a", "a_", "a__b", "a.b", "a-b", "a b", "ä", "x" * 101, "a\n", "_sys", "$", 1, None]
DEEP: dict[str, Any] = {"maximum": {"a": 1}}
WRONG: list[tuple[dict[str, Any], list[Any]]] = [
    *(({"key": key}, ["key"]) for key in BAD_KEYS),
    *(({"type": kind}, ["type"]) for kind in ("nested", "vector", "int", "", None, 1)),
    ({"name": ""}, ["name"]),
    ({"name": "n" * 256}, ["name"]),
    ({"description": "d" * 501}, ["description"]),
    ({"localizable": True}, ["localizable"]),
    ({"vectorizable": True}, ["vectorizable"]),
    ({"required": "yes"}, ["required"]),
    ({"multiple": 1}, ["multiple"]),
    ({"meta": []}, ["meta"]),
    ({"meta": DEEP}, ["meta"]),
    ({"meta": {"enum": [["a"]]}}, ["meta"]),
    ({"meta": {"enum": [{"a": 1}]}}, ["meta"]),
    ({"meta": {"minimum": 1}}, ["meta", "minimum"]),
    ({"meta": {"max_length": "9"}}, ["meta"]),
    ({"meta": {"enum": "ab"}, "nullable": True}, ["meta"]),
    ({"meta": {"enum": 1}, "nullable": True}, ["meta"]),
    ({"meta": {"pattern": ".*"}}, ["meta", "pattern"]),
    ({"type": "reference"}, ["meta", "folder"]),
    ({"type": "array", "multiple": True}, ["multiple"]),
    ({"type": "object", "searchable": True}, ["searchable"]),
    ({"colour": "red"}, ["colour"]),
    ({"path": "x"}, ["path"]),
]


@pytest.mark.parametrize(("wrong", "where"), WRONG, ids=lambda value: json.dumps(value)[:40])
def test_validation_error(me: Manager, tree: str, wrong: dict[str, Any], where: list[Any]) -> None:
    me.made(tree, **field("g"))

    invalid(me.ask("POST", tree, {**field("f"), **wrong}), *where)
    if not wrong.keys() & {"key"} and wrong != {"type": None}:
        invalid(me.ask("PUT", f"{tree}/field", wrong, query={"path": "g"}), *where)

    assert paths(me, tree) == ["g"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize("rule", ['"maximum": %s', '"multiple_of": %s', '"enum": [1, %s]'])
def test_rules_are_finite_numbers(me: Manager, tree: str, rule: str, number: str) -> None:
    body = f'{{"key": "f", "type": "number", "meta": {{{rule % number}}}}}'.encode()

    assert me.ask("POST", tree, body).json["error_code"] in {"validation_error", "json_parse_error"}

    assert paths(me, tree) == []


@pytest.mark.parametrize("fixed", ["key", "parent"])
def test_key_and_place_never_change(me: Manager, tree: str, fixed: str) -> None:
    me.made(tree, **field("o", "object"))
    me.made(tree, **field("f"))

    invalid(me.ask("PUT", f"{tree}/field", {fixed: "o"}, query={"path": "f"}), fixed)


@pytest.mark.parametrize("parent", ["f", "nothing", "o.x", "o.", ".o", "O", "x" * 5_000])
def test_a_parent_is_an_object_or_an_array(me: Manager, tree: str, parent: str) -> None:
    me.made(tree, **field("f"))
    me.made(tree, **field("o", "object"))

    invalid(me.ask("POST", tree, field("x", parent=parent)), "parent")


def test_field_exists(me: Manager, tree: str) -> None:
    me.made(tree, **field("f", "object"))

    refused(me.ask("POST", tree, field("f", "integer")), 422, "field_exists")
    assert me.made(tree, **field("f", parent="f"))["path"] == "f.f"
    assert me.made(tree, **field("F"))["path"] == "F"


def test_one_field_must_be_named(me: Manager, tree: str) -> None:
    me.made(tree, **field("f"))
    for method in ("GET", "PUT", "DELETE"):
        for query in ({}, {"path": ""}):
            invalid(me.ask(method, f"{tree}/field", query=query), "path")
        for path in ("F", "f.", ".f", "f.g", "nothing", "x" * 5_000):
            refused(me.ask(method, f"{tree}/field", query={"path": path}), 404, "field_not_found")
    invalid(me.ask("GET", tree, query={"mode": "parents"}), "mode")
    refused(me.ask("GET", tree, query={"path": "nothing"}), 404, "field_not_found")


def test_a_version_has_room_for_so_much(me: Manager, tree: str) -> None:
    big = {"enum": ["x" * 250] * 100}
    for n in range(3):
        me.made(tree, **field(f"f{n}", "text", meta=big))

    invalid(me.ask("POST", tree, field("f3", "text", meta=big)), "meta")
    invalid(me.ask("PUT", f"{tree}/field", {"meta": {"enum": ["x" * 99_000]}}, query={"path": "f0"}), "meta")
    assert paths(me, tree) == ["f0", "f1", "f2"]


def test_schema_version_not_found(me: Manager, tree: str) -> None:
    gone = tree.rsplit("/", 3)[0] + "/nothing/schema/tree"
    for method, path in (
        ("GET", gone),
        ("GET", f"{gone}/field"),
        ("PUT", f"{gone}/field"),
        ("DELETE", f"{gone}/field"),
    ):
        refused(me.ask(method, path, query={"path": "f"}), 404, "schema_version_not_found")
    refused(me.ask("POST", gone, field("f")), 404, "schema_version_not_found")
