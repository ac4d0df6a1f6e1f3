"""The `where` of a query: what it may name, how deep it goes, and what it asks of a resource. Pure."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.delivery import filters
from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.filters import MOST_CONDITIONS, MOST_DEPTH, Words
from chalicelib.models.fields import Field
from tests.delivery.naive import Known, values
from tests.delivery.publishing import schema
from tests.support.managing import field

SCHEMA = schema(
    [
        field("title", searchable=True),
        field("rank", "integer", searchable=True),
        field("plain"),
        field("secret", searchable=True, private=True),
        field("inner", "object", private=True),
        field("deep", parent="inner", searchable=True),
        field("meta", "object"),
        field("lang", parent="meta", searchable=True),
        field("first_name", searchable=True),
    ]
)
ONE = {"rank": 1}


def fulfils(where: Any, document: Mapping[str, Any]) -> bool:
    node = filters.tree(SCHEMA, where)
    known = Known("k1", document, 1_700_000_000, 1_700_000_000)
    return node is None or filters.fulfils(node, lambda one: values(known, one.path))


def refused(where: Any) -> None:
    with pytest.raises(InvalidQueryError):
        filters.tree(SCHEMA, where)


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"rank": 1},
        {"rank__eq": 1},
        {"$": {"rank__gte": 1}},
        {"$": {}},
        {"rank__gte": 1, "title__exists": False},
        {"all_of": [{"rank": 1}, {"any_of": [{"title": "x"}, {"rank__lt": 2}]}]},
        {"any_of": [{"rank": 2}, {"rank": 1}], "meta.lang__exists": False},
        {"_sys.key": "k1", "_sys.created_at__gte": "2023-01-01", "_sys.updated_at__lt": "2024-01-01"},
        {"first_name__exists": False},
    ],
)
def test_trees_that_a_resource_fulfils(where: Any) -> None:
    assert fulfils(where, ONE)


@pytest.mark.parametrize(
    "where",
    [
        {"rank": 2},
        {"rank__gte": 1, "title__exists": True},
        {"all_of": [{"rank": 1}, {"any_of": [{"title": "x"}, {"rank__lt": 1}]}]},
        {"any_of": [{"rank": 1}], "_sys.key": "k2"},
    ],
)
def test_trees_that_it_does_not(where: Any) -> None:
    assert not fulfils(where, ONE)


@pytest.mark.parametrize(
    "where",
    [
        [],
        "rank",
        5,
        {"$": None},
        {"$": []},
        {"$": {}, "rank": 1},
        {"$": {}, "other": {}},
        {"all_of": {}},
        {"all_of": [1]},
        {"any_of": []},
        {"any_of": [{}]},
        {"any_of": [{"rank": 1}, {}]},
        {"all_of": []},
        {"": 1},
        {"__eq": 1},
        {"rank__": 1},
        {"rank__like": 1},
        {"rank__eq__eq": 1},
    ],
)
def test_what_is_no_tree_is_refused(where: Any) -> None:
    refused(where)


@pytest.mark.parametrize("path", ["nosuch", "plain", "secret", "inner", "inner.deep", "meta", "_sys", "_sys.folder"])
def test_fields_that_may_not_be_asked_for_are_all_refused_alike(path: str) -> None:
    for name in (path, f"{path}__eq", f"{path}__exists", f"{path}__contains"):
        with pytest.raises(InvalidQueryError) as refusal:
            filters.tree(SCHEMA, {name: "x"})
        assert refusal.value.text == f"{path}: not a searchable field"


def test_a_tree_has_its_bounds() -> None:
    assert filters.tree(SCHEMA, {"all_of": [ONE] * MOST_CONDITIONS}) is not None
    refused({"all_of": [ONE] * (MOST_CONDITIONS + 1)})
    deep: dict[str, Any] = ONE
    for _ in range(MOST_DEPTH):
        deep = {"any_of": [deep]}
    assert filters.tree(SCHEMA, deep) is not None
    refused({"any_of": [deep]})


@pytest.mark.parametrize(
    ("words", "least", "phrase", "holds"),
    [
        (("red", "fox"), 2, False, True),
        (("red", "cat"), 2, False, False),
        (("red", "cat"), 1, False, True),
        (("the", "red"), 2, True, True),
        (("the", "fox"), 2, True, False),
        # Not over the end of one text and the beginning of another.
        (("fox", "a"), 2, True, False),
    ],
)
def test_words(words: tuple[str, ...], least: int, phrase: bool, holds: bool) -> None:
    texts: dict[str, list[Any]] = {"title": ["The RED fox", "a dog"], "rank": [5]}
    fields = tuple(Field(key, key, "text") for key in texts)
    assert Words(words, least, phrase, fields).fulfils(lambda one: texts[one.path]) is holds
