"""What is shown of a resource: some of its fields, and the beginnings of its texts (spec flux-apis, C.2 and C.3)."""

from typing import Any

import pytest

from tests.delivery.publishing import MOMENT, Shelf
from tests.delivery.visiting import Site
from tests.support.managing import Manager, field

FIELDS = (
    field("title"),
    field("body", "text"),
    field("tags", multiple=True),
    field("rank", "integer"),
    field("meta", "object"),
    field("lang", parent="meta"),
    field("code", parent="meta"),
    field("parts", "array"),
    field("name", parent="parts"),
    field("size", "integer", parent="parts"),
)
DOCUMENT = {
    "title": "A long title",
    "body": "日本語のテキスト",
    "tags": ["short", "much longer"],
    "rank": 123_456,
    "meta": {"lang": "English", "code": "en"},
    "parts": [{"name": "wheel", "size": 1}, {"name": "engineering", "size": 2}],
}


@pytest.fixture
def site(me: Manager) -> Site:
    made = Site.of(me)
    folder = made.folder("things", fields=FIELDS)
    Shelf.of(made, folder, FIELDS).put({"one": DOCUMENT}, moment=MOMENT + 60, created=MOMENT)
    return made


def shown(site: Site, **query: str) -> Any:
    """The item, which a list, a search and itself show alike."""
    item = site.read("things/one", query=query)
    assert site.read("things", query=query)["results"] == [item]
    assert site.read("things/_search", method="POST", query=query)["results"] == [item]
    return item


def test_a_resource(site: Site) -> None:
    item = shown(site)

    assert item["data"] == DOCUMENT
    assert item["_sys"] == {
        "key": "one",
        "created_at": "2023-11-14T22:13:20Z",
        "updated_at": "2023-11-14T22:14:20Z",
        "folder": item["_sys"]["folder"],
    }


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ("title", {"title": "A long title"}),
        ("rank,title", {"title": "A long title", "rank": 123_456}),
        ("meta", {"meta": DOCUMENT["meta"]}),
        ("meta.lang", {"meta": {"lang": "English"}}),
        ("meta.lang,meta", {"meta": DOCUMENT["meta"]}),
        ("parts.size", {"parts": [{"size": 1}, {"size": 2}]}),
    ],
)
def test_some_fields(site: Site, fields: str, data: Any) -> None:
    item = shown(site, fields=fields)

    assert item["data"] == data
    assert item["_sys"].keys() == {"key", "created_at", "updated_at", "folder"}
    body = {"fields": fields.split(",")}
    assert site.read("things/_search", method="POST", body=body)["results"] == [item]


def test_texts_are_cut_off_and_it_is_said_which(site: Site) -> None:
    item = shown(site, truncate_text="6")

    assert item["data"] == {
        "title": "A long",
        "body": "日本語のテキ",
        "tags": ["short", "much l"],
        "rank": 123_456,
        "meta": {"lang": "Englis", "code": "en"},
        "parts": [{"name": "wheel", "size": 1}, {"name": "engine", "size": 2}],
    }
    lengths = {"title": 12, "body": 8, "tags": 11, "meta.lang": 7, "parts.name": 11}
    assert item["_sys"]["truncated"] == [
        {"field": path, "locale": None, "original_length": length} for path, length in lengths.items()
    ]
    assert shown(site, truncate_text="1000")["_sys"]["truncated"] == []
    assert shown(site, truncate_text="6", fields="title")["_sys"]["truncated"] == item["_sys"]["truncated"][:1]


def test_what_another_schema_let_in_does_no_harm(site: Site) -> None:
    """A document published under a schema whose types were others: it is shown, and filters pass it over."""
    fields = (
        field("title", "integer", searchable=True),
        field("rank", searchable=True),
        field("body", "boolean", searchable=True),
        field("tags", "date", searchable=True),
        field("meta", "text", searchable=True),
        field("parts", "number", searchable=True),
        field("other", searchable=True),
    )
    folder = site.folder("changed", fields=fields)
    Shelf.of(site, folder, fields).put({"old": DOCUMENT, "new": {"title": 5, "meta": "a word", "rank": "x"}})

    for query in (
        {"where__title__gte": "5", "where__other__exists": "false"},
        {"where__title__lte": "5"},
        {"where__rank__contains": "x"},
        {"where__rank__istartswith": "X", "sort": "title"},
        {"where__meta__exists": "true", "sort": "rank,-title"},
        {"find_text__query": "word"},
        {"find_phrase__query": "a word", "sort": "-tags"},
    ):
        assert [one["_sys"]["key"] for one in site.read("changed", query=query)["results"]] == ["new"], query
    everything = {"sort": "-title", "truncate_text": "1"}
    assert [one["_sys"]["key"] for one in site.read("changed", query=everything)["results"]] == ["new", "old"]
