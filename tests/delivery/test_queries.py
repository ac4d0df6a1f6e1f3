"""What lists and searches ask for, and what is refused (spec flux-apis, Scope, C.3 and C.4). Pure."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import pytest

from chalicelib.delivery import queries
from chalicelib.delivery.errors import InvalidQueryError, TooManyJoinsError
from chalicelib.delivery.filters import Both, Words
from chalicelib.delivery.operators import Leaf
from chalicelib.delivery.queries import MOST_OFFSET, MOST_QUERY, Query
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call
from chalicelib.web.management import InvalidDataError, JsonParseError
from tests.delivery.publishing import schema
from tests.support.managing import field

SCHEMA = schema(
    [
        field("title", searchable=True),
        field("body", "text", searchable=True),
        field("rank", "integer", searchable=True),
        field("tags", searchable=True, multiple=True),
        field("parts", "array"),
        field("size", "integer", parent="parts", searchable=True),
        field("plain"),
        field("secret", "text", searchable=True, private=True),
        field("author", "reference"),
    ]
)


def call(query: str, body: bytes = b"") -> Call:
    """A call, from a query string as it stands on the wire."""
    found = parse_qs(query, keep_blank_values=True)
    return Call("POST" if body else "GET", "", "", {}, found, {}, body, "", "")


def listed(query: str, *, content: bool = True) -> Query:
    return queries.listing(call(query), SCHEMA, content=content)


def searched(body: Any, query: str = "", *, content: bool = True) -> Query:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return queries.search(call(query, raw), SCHEMA, content=content)


def leaves(query: Query) -> list[tuple[str, str, Sequence[Any]]]:
    nodes = query.where.nodes if isinstance(query.where, Both) else [query.where]
    return [(one.field.path, one.operator, one.values) for one in nodes if isinstance(one, Leaf)]


def sorts(query: Query) -> list[tuple[str, bool]]:
    return [(one.field.path, one.descending) for one in query.sort]


def test_without_anything_all_is_asked_for() -> None:
    assert listed("") == searched(b"") == searched({}) == searched({"where": {}, "limit": None}) == Query()
    assert searched({"search_mode": "text", "join": {}}) == Query()


def test_a_list() -> None:
    query = listed(
        "limit=7&sort=-rank,title&where__rank__gte=5&where__title__eq=a+b&where__tags__in=x,y"
        "&find_text__query=one+two&find_text__fields=title,body&populate=author&fields=title,author&truncate_text=9"
    )

    assert (query.limit, sorts(query)) == (7, [("rank", True), ("title", False)])
    assert leaves(query) == [("rank", "gte", (5,)), ("title", "eq", ("a b",)), ("tags", "in", ("x", "y"))]
    assert isinstance(query.where, Both)
    words = query.where.nodes[-1]
    assert isinstance(words, Words)
    assert (words.words, words.least, [one.path for one in words.fields]) == (("one", "two"), 2, ["title", "body"])
    assert (query.shown.populate, query.shown.fields, query.shown.truncate) == (("author",), ("title", "author"), 9)


def test_a_search_says_the_same() -> None:
    body = {
        "where": {"rank__gte": 5, "title": "a b", "tags__in": ["x", "y"]},
        "find_text": {"query": "one two", "fields": ["title", "body"]},
        "sort": ["-rank", "title"],
        "limit": 7,
        "fields": ["title", "author"],
    }
    said = searched(body, "populate=author&truncate_text=9")
    listed_ = listed(
        "limit=7&sort=-rank,title&where__rank__gte=5&where__title=a+b&where__tags__in=x,y&find_text__query=one+two"
        "&find_text__fields=title,body&populate=author&fields=title&fields=author&truncate_text=9"
    )
    assert isinstance(said.where, Both)
    assert isinstance(listed_.where, Both)
    assert leaves(Query(said.where.nodes[0])) == leaves(listed_)
    assert said.where.nodes[-1] == listed_.where.nodes[-1]
    assert (said.sort, said.limit, said.shown) == (listed_.sort, listed_.limit, listed_.shown)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("where__title__in=a,b", ("a", "b")),
        ("where__title__in=a&where__title__in=b", ("a", "b")),
        # Repeated, each is one value, commas and all.
        ("where__title__in=a%2Cb&where__title__in=c", ("a,b", "c")),
        ("where__rank__between=1,5", (1, 5)),
        ("where__rank__between=1&where__rank__between=5", (1, 5)),
        ("where__title__eq=a,b", ("a,b",)),
        ("where__title__eq=", ("",)),
        ("where__title__exists=false", (False,)),
    ],
)
def test_lists_come_with_commas_or_repeated(query: str, values: tuple[Any, ...]) -> None:
    assert leaves(listed(query))[0][2] == values


def test_limits() -> None:
    assert [listed(f"limit={given}").limit for given in ("1", "100", "101", "99999")] == [1, 100, 100, 100]
    assert [searched({"limit": given}).limit for given in (1, 101, "5")] == [1, 100, 5]
    assert searched({"limit": 5}, "limit=9").limit == 5
    assert searched({}, "limit=9").limit == 9


def test_a_cursor_goes_before_an_offset() -> None:
    assert searched({"offset": MOST_OFFSET}).offset == MOST_OFFSET
    assert searched({"offset": 5}, "next=token") == Query(token="token")
    assert searched({"offset": 5}, "previous=token") == Query(token="token", backwards=True)


def test_words_are_cut_off_and_counted() -> None:
    long = searched({"find_text": {"query": "a" * 2 * MOST_QUERY}}).where
    assert isinstance(long, Words)
    assert long.words == ("a" * 64,)
    many = searched({"find_phrase": {"query": " ".join(str(n) for n in range(99))}}).where
    assert isinstance(many, Words)
    assert (len(many.words), many.phrase) == (50, True)
    everywhere = [one.path for one in many.fields]
    assert everywhere == ["title", "body", "tags"]
    for threshold, least in ((None, 4), (0, 1), (0.5, 2), (1, 4), ("0.25", 1)):
        node = searched({"find_text": {"query": "a b b c d", "threshold": threshold}}).where
        assert isinstance(node, Words)
        assert node.least == least


REFUSED_IN_LISTS = [
    *("offset=5", "cursor=x", "locale=en", "search_locale=en", "return_locales=en", "fallback_locales=true"),
    *("raw=true", "component=x", "join=x", "search_mode=text", "find=x", "where=x", "find_text=x", "Limit=5"),
    *("limit=0", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=%2B1", "limit=1&limit=2", "limit=٣"),
    *("next=a&previous=b", "next=a&next=b", "sort=plain", "sort=nosuch", "sort=secret", "sort=tags", "sort=parts.size"),
    *("sort=-", "sort=--rank", "sort=rank,rank,rank,rank,rank,rank", "where__plain__eq=x", "where__secret__eq=x"),
    *("where__rank__eq=x", "where__title__like=x", "where__=x", "where__title__eq=a&where__title__eq=b"),
    *("find_text__query=", "find_text__query=%20", "find_text__query=...", "find_text__fields=title"),
    *("find_text__query=a&find_phrase__query=b", "find_text__query=a&find_text__fields=rank"),
    *("find_text__query=a&find_text__fields=secret", "find_text__query=a&find_text__threshold=2"),
    *("find_text__query=a&find_text__threshold=nan", "find_text__query=a&find_text__threshold=", "find_text__other=a"),
    *("find_phrase__query=a&find_phrase__threshold=1", "find_text__query=a&find_text__query=b"),
    "&".join(f"where__rank__{operator}=1" for operator in ("like",)),
]


@pytest.mark.parametrize("query", REFUSED_IN_LISTS)
def test_what_a_list_refuses(query: str) -> None:
    with pytest.raises(InvalidQueryError):
        listed(query)


@pytest.mark.parametrize("text", ["0", "-1", "x", "", "1.5", "9" * 10])
def test_truncation_that_is_no_number(text: str) -> None:
    with pytest.raises(InvalidDataError):
        listed(f"truncate_text={text}")


YES, NO = True, False


def each(name: str, *values: Any) -> list[dict[str, Any]]:
    return [{name: value} for value in values]


REFUSED_IN_SEARCHES: list[Any] = [
    *(
        [],
        "x",
        5,
        None,
        {"unknown": 1},
        {"populate": ["author"]},
        {"next": "x"},
        {"truncate_text": 5},
        {"locale": "en"},
    ),
    *each("limit", 0, -1, 1.5, YES, "x", "", [], {}),
    *each("offset", -1, MOST_OFFSET + 1, 10**30, 1.5, YES, "x", "", [], NO),
    *each("sort", 5, {"rank": 1}, [5], ["rank", "tags"], "secret", [["rank"]]),
    *each("fields", 5, [5], {"title": 1}),
    *each("where", [], "x", 5, {"plain": 1}, {"other": {"$": {}}}, {"all_of": {}}),
    *each("find_text", {}, "x", [], {"query": 5}, {"query": ""}, {"fields": ["title"]}),
    *each("find_text", *({"query": "a", **more} for more in ({"x": 1}, {"fields": 5}, {"fields": ["plain"]}))),
    *each("find_text", *({"query": "a", **one} for one in each("threshold", -0.1, 1.1, "x", [], 10**400))),
    {"find_phrase": {"query": "a", "threshold": 1}},
    {"find_text": {"query": "a"}, "find_phrase": {"query": "b"}},
    *each("search_mode", "vector", "hybrid", "vector_boosted", "", 5, [], {}, YES),
    *({name: {}} for name in ("vector_search", "vector_field_search", "vector_boost_config", "hybrid_config")),
    {"search_mode": "text", "vector_search": None},
    *each("join", {"a": {}}, ["a"], "a", {"a": 1, "b": 1, "c": 1}),
]


@pytest.mark.parametrize("body", REFUSED_IN_SEARCHES, ids=lambda body: json.dumps(body)[:60])
def test_what_a_search_refuses(body: Any) -> None:
    with pytest.raises(InvalidQueryError):
        searched(body)


@pytest.mark.parametrize("name", ["where__rank__eq", "find_text__query", "offset", "join", "search_locale"])
def test_parameters_that_a_search_has_in_its_body_alone(name: str) -> None:
    with pytest.raises(InvalidQueryError):
        searched({}, f"{name}=1")


def test_the_unbuilt_is_named() -> None:
    for body, part in (
        ({"vector_search": {}}, "vector"),
        ({"search_mode": "hybrid"}, "vector"),
        ({"join": "a"}, "join"),
    ):
        with pytest.raises(InvalidQueryError) as refusal:
            searched(body)
        assert part in refusal.value.text


@pytest.mark.parametrize("joins", [{"a": 1, "b": 1, "c": 1, "d": 1}, ["a", "b", "c", "d"]])
def test_more_than_three_joins_have_a_code_of_their_own(joins: Any) -> None:
    with pytest.raises(TooManyJoinsError):
        searched({"join": joins})


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff", b" ", b'{"limit": NaN}', b'"\\ud800"', b"[" * 10_000])
def test_a_body_that_is_no_json(body: bytes) -> None:
    with pytest.raises((JsonParseError, InvalidQueryError)):
        searched(body)
    with pytest.raises(Refusal):
        searched(b'{"where": {"rank": %s}}' % (b"9" * 5_000))


@pytest.mark.parametrize("name", ["populate=author", "fields=title", "truncate_text=5", "populate=", "fields="])
def test_where_no_content_is_shown_none_can_be_asked_for(name: str) -> None:
    assert listed(name)
    for parse, body in ((queries.listing, b""), (queries.search, b"{}")):
        with pytest.raises(InvalidQueryError) as refusal:
            parse(call(name, body), SCHEMA, content=False)
        assert refusal.value.text.startswith(name.partition("=")[0])
    with pytest.raises(InvalidQueryError):
        searched({"fields": []}, content=False)


def test_one_resource_takes_what_shows_it_alone() -> None:
    assert queries.showing(call("populate=author&fields=title&truncate_text=5")).fields == ("title",)
    for name in ("limit=5", "next=x", "sort=rank", "where__rank__eq=1", "raw=true"):
        with pytest.raises(InvalidQueryError):
            queries.showing(call(name))
