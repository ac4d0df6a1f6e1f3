"""Fields as a tree, the JSON Schema they make, and the values they find. Pure."""

from typing import Any, get_args

import pytest

from chalicelib.models.errors import FieldExistsError, FieldNotFoundError
from chalicelib.models.fields import LARGEST, NESTING, Field, Kind, json_schema, values
from chalicelib.models.schema import fault
from chalicelib.models.trees import add, change, find, related, remove
from chalicelib.web.management import InvalidDataError

SAFE = 2**53 - 1
BASES: dict[Kind, dict[str, Any]] = {
    "string": {"type": "string", "maxLength": 255},
    "text": {"type": "string"},
    "integer": {"type": "integer", "minimum": -SAFE, "maximum": SAFE},
    "number": {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "datetime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string", "minLength": 1, "maxLength": 100},
    "file": {"type": "string", "format": "cid"},
    "object": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
}


def a(key: str, kind: Kind = "string", parent: str | None = None, **more: Any) -> Field:
    return Field(key, key, kind, parent, **more)


def made(one: Field) -> dict[str, Any]:
    """The JSON Schema of one field."""
    found: dict[str, Any] = json_schema([one])["properties"][one.key]
    assert found.pop("title") == one.name
    return found


TREE = [
    a("title"),
    a("author", "object"),
    a("name", parent="author"),
    a("address", "object", "author"),
    a("city", parent="author.address"),
    a("authors", "array"),
    a("name", parent="authors"),
]


def paths(fields: list[Field]) -> list[str]:
    return [one.path for one in fields]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_type_makes_its_schema(kind: Kind) -> None:
    one = a("f", kind)
    base = BASES["object"] if kind == "array" else BASES[kind]

    assert made(one) == ({"type": "array", "items": base} if kind == "array" else base)
    assert fault(json_schema([one])) is None


@pytest.mark.parametrize("kind", sorted(BASES))
def test_multiple_and_nullable(kind: Kind) -> None:
    base = BASES[kind]

    assert made(a("f", kind, multiple=True)) == {"type": "array", "items": base}
    assert made(a("f", kind, nullable=True)) == {**base, "type": [base["type"], "null"]}
    both = made(a("f", kind, multiple=True, nullable=True, meta={"min_items": 1, "max_items": 3}))
    assert both == {"type": ["array", "null"], "items": base, "minItems": 1, "maxItems": 3}


@pytest.mark.parametrize(
    ("kind", "meta", "expected"),
    [
        ("string", {"min_length": 2, "max_length": 9}, {"minLength": 2, "maxLength": 9}),
        ("string", {"max_length": 1_000}, {"maxLength": 255}),
        ("text", {"max_length": 1_000}, {"maxLength": 1_000}),
        ("text", {"enum": ["a", "b"]}, {"enum": ["a", "b"]}),
        ("integer", {"minimum": 1, "maximum": 5}, {"minimum": 1, "maximum": 5}),
        ("integer", {"minimum": -(10**20), "maximum": 10**20}, {"minimum": -SAFE, "maximum": SAFE}),
        (
            "number",
            {"exclusive_minimum": 0, "exclusive_maximum": 1.5},
            {"exclusiveMinimum": 0, "exclusiveMaximum": 1.5},
        ),
        ("number", {"multiple_of": 0.25, "enum": [0.25, 1]}, {"multipleOf": 0.25, "enum": [0.25, 1]}),
    ],
)
def test_rules_narrow_what_a_type_allows_and_never_widen_it(
    kind: Kind, meta: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert made(a("f", kind, meta=meta)) == BASES[kind] | expected


def test_null_is_among_the_values_of_what_may_be_null() -> None:
    assert made(a("f", nullable=True, meta={"enum": ["x"]}))["enum"] == ["x", None]


def test_what_is_in_others() -> None:
    found = json_schema([*TREE, a("must", "boolean", "author.address", required=True)])

    assert list(found["properties"]) == ["title", "author", "authors"]
    address = found["properties"]["author"]["properties"]["address"]
    assert list(address["properties"]) == ["city", "must"]
    assert (address["required"], address["additionalProperties"]) == (["must"], False)
    assert found["properties"]["authors"]["items"]["properties"].keys() == {"name"}
    assert json_schema(TREE, "author.address")["properties"].keys() == {"city"}
    assert fault(found) is None


def test_what_stands_around_a_field() -> None:
    def keys(path: str | None, mode: str) -> list[str]:
        return paths(related(TREE, path, mode))

    assert keys(None, "children") == keys(None, "siblings") == ["title", "author", "authors"]
    assert keys(None, "descendants") == paths(TREE)
    assert keys(None, "ancestors") == keys("title", "children") == keys("title", "ancestors") == []
    assert keys("author", "children") == ["author.name", "author.address"]
    assert keys("author", "descendants") == ["author.name", "author.address", "author.address.city"]
    assert keys("author.address.city", "ancestors") == ["author", "author.address"]
    assert keys("author.name", "siblings") == ["author.name", "author.address"]
    with pytest.raises(FieldNotFoundError):
        related(TREE, "auth", "children")
    with pytest.raises(InvalidDataError):
        related(TREE, None, "parents")


def test_removing_takes_what_is_in_it_and_nothing_that_is_called_alike() -> None:
    assert paths(remove(TREE, "author")) == ["title", "authors", "authors.name"]
    with pytest.raises(FieldNotFoundError):
        remove(TREE, "nothing")


def test_changing_keeps_the_place() -> None:
    found, new = change(TREE, "author.name", {"type": "text", "required": True})

    assert paths(found) == paths(TREE)
    assert (find(found, "author.name"), new.type, new.required) == (new, "text", True)
    assert find(TREE, "author.name").type == "string"
    # One list of objects for one object, but nothing that fields cannot be in
    assert change(TREE, "author", {"type": "array"})[1].listed
    with pytest.raises(InvalidDataError):
        change(TREE, "author", {"type": "string"})


def test_a_key_is_used_once_in_its_place() -> None:
    with pytest.raises(FieldExistsError):
        add(TREE, a("title"))
    with pytest.raises(FieldExistsError):
        add(TREE, a("city", "object", "author.address"))
    assert add(TREE, a("title", parent="author"))[-1].path == "author.title"


@pytest.mark.parametrize("parent", ["title", "nothing", "author.name", "author.address.city", ".", "author."])
def test_only_objects_and_arrays_have_fields_in_them(parent: str) -> None:
    with pytest.raises(InvalidDataError):
        add(TREE, a("new", parent=parent))


def test_limits_of_a_tree() -> None:
    deep: list[Field] = []
    for level in range(5):
        deep = add(deep, a(f"k{level}", "object", deep[-1].path if deep else None))
    with pytest.raises(InvalidDataError):
        add(deep, a("k5", parent=deep[-1].path))
    many = [a(f"k{n}") for n in range(200)]
    assert len(add(many[:-1], many[-1])) == 200
    with pytest.raises(InvalidDataError):
        add(many, a("more"))


@pytest.mark.parametrize(
    "one",
    [
        a("f", "array", multiple=True),
        a("f", "object", searchable=True),
        a("f", "array", searchable=True),
        a("f", "reference"),
        a("f", "reference", meta={"folder": 1}),
        a("f", "string", meta={"folder": "x"}),
        a("f", "string", meta={"minimum": 1}),
        a("f", "integer", meta={"max_length": 1}),
        a("f", "boolean", meta={"enum": [True]}),
        a("f", "string", meta={"min_items": 1}),
        a("f", "string", meta={"maxLength": 1}),
        a("f", "string", meta={"pattern": "(a+)+$"}),
        a("f", "string", meta={"max_length": "1"}),
        a("f", "string", meta={"max_length": -1}),
        a("f", "string", meta={"max_length": True}),
        a("f", "string", meta={"enum": "a"}),
        a("f", "string", nullable=True, meta={"enum": "a"}),
        a("f", "string", nullable=True, meta={"enum": None}),
        a("f", "integer", meta={"minimum": "0"}),
        a("f", "number", meta={"multiple_of": 0}),
        a("f", "number", meta={"multiple_of": -1}),
        a("f", "number", multiple=True, meta={"min_items": 1.5}),
        a("f", "string", meta={"max_length": None}),
    ],
    ids=lambda one: f"{one.type} {dict(one.meta)}",
)
def test_rules_that_are_at_odds_with_their_field(one: Field) -> None:
    with pytest.raises(InvalidDataError):
        add([], one)
    if one.type not in NESTING:
        bare = a("f", one.type, meta={"folder": "x"} if one.type == "reference" else {})
        with pytest.raises(InvalidDataError):
            change([bare], "f", {"meta": one.meta, "multiple": one.multiple})


def test_values_are_found_with_their_paths() -> None:
    document = {
        "title": "t",
        "author": {"name": None, "address": {"city": "c"}, "stranger": 1},
        "authors": [{"name": "x"}, {}, {"name": "y"}],
        "stranger": {"title": "no"},
    }

    found = [(one.path, where, value) for one, where, value in values(TREE, document)]

    assert found == [
        ("title", "$.title", "t"),
        ("author.address.city", "$.author.address.city", "c"),
        ("authors.name", "$.authors[0].name", "x"),
        ("authors.name", "$.authors[2].name", "y"),
    ]


def test_values_of_lists_and_of_documents_of_another_schema() -> None:
    fields = [a("tags", multiple=True), a("one"), a("deep", "object"), a("in", "integer", "deep")]
    document = {"tags": ["a", None, "b"], "one": {"two": 1}, "deep": [[{"in": 1}], "x", {"in": 2}]}

    assert [(where, value) for _, where, value in values(fields, document)] == [
        ("$.tags[0]", "a"),
        ("$.tags[2]", "b"),
        ("$.deep[2].in", 2),
    ]
