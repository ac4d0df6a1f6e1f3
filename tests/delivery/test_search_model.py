"""The search engine against a model: random documents, random queries, and pages both ways.

The same queries are asked with small pages and look-ups, so that a handful of documents goes through every plan.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import aws
from chalicelib.delivery import plans, queries, searching, sources, streams
from chalicelib.delivery.queries import Query
from chalicelib.members import keys
from chalicelib.web.http import Call
from chalicelib.web.management import moment
from tests.delivery import naive
from tests.delivery.memory import Memory
from tests.delivery.naive import Known
from tests.delivery.publishing import Shelf, schema, write
from tests.support.managing import field

FIELDS = [
    field("title", searchable=True),
    field("body", "text", searchable=True),
    field("rank", "integer", searchable=True),
    field("price", "number", searchable=True),
    field("active", "boolean", searchable=True),
    field("day", "date", searchable=True),
    field("at", "datetime", searchable=True),
    field("clock", "time", searchable=True),
    field("author", "reference", searchable=True),
    field("tags", searchable=True, multiple=True),
    field("scores", "number", searchable=True, multiple=True),
    field("meta", "object"),
    field("lang", parent="meta", searchable=True),
    field("parts", "array"),
    field("size", "integer", parent="parts", searchable=True),
    field("secret", "text", searchable=True, private=True),
]
SCHEMA = schema(FIELDS)
SYSTEM = {"_sys.created_at": "datetime", "_sys.updated_at": "datetime"}
SEARCHED = [one for one in SCHEMA.fields if one.searchable and not one.private]
KINDS: Mapping[str, str] = {**{one.path: one.type for one in SEARCHED}, **SYSTEM}
SEVERAL = {"tags", "scores", "parts.size"}
TEXTS = ["title", "body", "tags", "meta.lang"]
LONG = "x" * 395

WORDS = st.sampled_from(
    ["red", "Red", "blue", "Straße", "STRASSE", "café", "cafe\u0301", "日本", "日", "本語", "\u0130"]
)
TEXT = st.one_of(
    st.lists(WORDS, max_size=4).map(" ".join),
    st.sampled_from([f"{LONG}{end}" for end in ("", "aaaaa", "aaaaaZ", "aaaaaa", "é", "aaaaé", "中", "aaa中", "b")]),
    st.sampled_from(["", " ", "\n", "a\tb", "~", "\U0010ffff", "\U0001f600", "e", "h", "H\u0331", "\x01"]),
    st.text(max_size=3),
)
MOMENTS = st.sampled_from(
    ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "2023-12-31T23:59:59.5Z", "0999-05-05T05:05:05Z"]
)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "text": TEXT,
    "integer": st.integers(-3, 3) | st.sampled_from([2**53 - 1, -(2**53) + 1]),
    "number": st.sampled_from([-1.7e308, -1, -0.5, -0.0, 0, 5e-324, 0.1, 1, 1.5, 1e300]),
    "boolean": st.booleans(),
    "date": st.sampled_from(["2024-02-29", "2023-12-31", "0001-01-01", "9999-12-31"]),
    "datetime": MOMENTS,
    "time": st.sampled_from(["00:00:00Z", "12:00:00Z", "12:00:00.5Z", "23:59:59.999999Z"]),
    "reference": st.sampled_from(["k1", "K1", "k10", "k2"]),
}
CREATED = st.integers(1_700_000_000, 1_700_000_030)


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Documents with some of the fields: absent, null, and several."""
    simple = {
        one.path: st.lists(VALUES[one.type], max_size=3) if one.multiple else VALUES[one.type] | st.none()
        for one in SCHEMA.fields
        if one.parent is None and one.type in VALUES
    }
    nested = {
        "meta": st.fixed_dictionaries({}, optional={"lang": TEXT}) | st.none(),
        "parts": st.lists(st.fixed_dictionaries({}, optional={"size": VALUES["integer"]}), max_size=3),
    }
    return st.fixed_dictionaries({}, optional={**simple, **nested})


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One leaf of a `where`."""
    path = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[path]
    operators = {"eq", "ne", "in", "exists", "includes", "excludes"}
    if kind not in {"boolean", "reference"}:
        operators |= {"gt", "gte", "lt", "lte", "between"}
    if kind in {"string", "text"}:
        operators = set(naive.OPERATORS)
    operator = draw(st.sampled_from(sorted(operators)))
    value = VALUES[kind] if path not in SYSTEM else CREATED.map(moment)
    if operator == "exists":
        value = st.booleans()
    elif operator in {"in", "iin"}:
        value = st.lists(value, min_size=1, max_size=3)
    elif operator == "between":
        value = st.lists(value, min_size=2, max_size=2)
    return {f"{path}__{operator}": draw(value)}


WHERE = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda name, nodes: {name: nodes},
        st.sampled_from(["all_of", "any_of"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
SORTS = st.sampled_from([*(set(KINDS) - SEVERAL), "_sys.created_at"])
ASKED = st.fixed_dictionaries(
    {"query": st.lists(WORDS, min_size=1, max_size=3).map(" ".join)},
    optional={"fields": st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)},
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Bodies of searches."""
    body: dict[str, Any] = {}
    if draw(st.booleans()):
        body["where"] = draw(WHERE)
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["find_text", "find_phrase"]))
        body[name] = draw(ASKED)
        if name == "find_text" and draw(st.booleans()):
            body[name]["threshold"] = draw(st.sampled_from([0, 0.4, 0.5, 1]))
    if draw(st.booleans()):
        turned = st.builds(lambda minus, name: f"{minus}{name}", st.sampled_from(["", "-"]), SORTS)
        body["sort"] = draw(st.lists(turned, min_size=1, max_size=2))
    return body | {"limit": draw(st.integers(1, 4))}


@dataclass
class Store:
    """Published resources, among rows that no longer count, or not yet."""

    shelf: Shelf
    known: list[Known]

    def model(self, body: Mapping[str, Any]) -> list[Known]:
        """What a search should find."""
        found = [one for one in self.known if naive.fulfils(one, body.get("where", {}), KINDS)]
        for name in ("find_text", "find_phrase"):
            if name in body:
                phrase = name == "find_phrase"
                found = [one for one in found if naive.has_words(one, body[name], TEXTS, phrase=phrase)]
        return naive.in_order(found, body.get("sort", ()), KINDS)

    def pages(self, query: Query, position: str | None = None) -> Iterator[tuple[list[str], str | None, str | None]]:
        """Pages from one on, as far as they lead: their keys, and where their neighbours are."""
        asked = query
        while True:
            found = searching.find(asked, self.shelf.place, position, whole=False)
            yield [one.row.key for one in found.matches], found.next, found.previous
            position = found.previous if query.backwards else found.next
            if position is None:
                return
            asked = replace(query, token="given", offset=0)


@dataclass(frozen=True)
class Made:
    """A document as it is drawn: when it was made and published, and what other rows there are of it."""

    document: dict[str, Any]
    created: int
    published: int
    others: tuple[tuple[str, int, dict[str, Any]], ...]


MADE = st.builds(
    Made,
    documents(),
    CREATED,
    CREATED,
    # Of a revision before, of one that is about to come, and of the same, published before.
    st.lists(st.tuples(st.sampled_from(["r0", "r2", "r1"]), CREATED, documents()), max_size=2).map(tuple),
)


def store(made: Sequence[Made], dangling: Sequence[Mapping[str, Any]]) -> tuple[Store, list[aws.Table]]:
    """A store of its own, and its rows: those that publishing has left, which no longer count, first."""
    shelf = Shelf(f"env/{uuid.uuid4().hex}", SCHEMA)
    known: list[Known] = []
    rows: list[aws.Table] = []
    for number, one in enumerate(made):
        key = f"{keys.moment(one.created)}{number:04}"
        known.append(Known(key, one.document, one.created, one.published))
        for revision, at, document in one.others:
            rows += shelf.index(key, one.document if revision == "r1" else document, revision, at)
        rows += shelf.rows(key, one.document, moment=one.published, created=one.created)
    for number, gone in enumerate(dangling):
        rows += shelf.index(f"{keys.moment(1_700_000_010)}gone{number}", gone)
    return Store(shelf, known), rows


def parsed(body: Mapping[str, Any]) -> Query:
    call = Call("POST", "", "", {}, {}, {}, json.dumps(body).encode(), "", "")
    return queries.search(call, SCHEMA, content=True)


def check(store: Store, body: Mapping[str, Any]) -> None:
    """Pages forward and back tile what the model finds, in its order where an order is asked for."""
    expected, query = [one.key for one in store.model(body)], parsed(body)
    pages = list(store.pages(query))
    found = [key for page, _, _ in pages for key in page]
    if "sort" in body or not body.keys() & {"where", "find_text", "find_phrase"}:
        assert found == expected
    assert sorted(found) == sorted(expected)
    assert all(len(page) == query.limit for page, _, _ in pages[:-1])
    assert pages[0][2] is None
    if len(pages) > 1:
        back = list(store.pages(replace(query, backwards=True, token="given"), pages[-1][2]))
        assert [page for page, _, _ in back] == [page for page, _, _ in pages[-2::-1]]
        assert all(following is not None for _, following, _ in back)
        jumped = searching.find(replace(query, offset=query.limit), store.shelf.place, None, whole=False)
        assert ([one.row.key for one in jumped.matches], jumped.next) == (pages[1][0], pages[1][1])
        assert jumped.previous is not None


@pytest.fixture(params=["small", "as it is"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small look-ups, so that few documents take many; and as they are."""
    if request.param == "small":
        small = {
            (sources, "PAGE"): 3,
            (searching, "PAGE"): 3,
            (searching, "MOST_TOGETHER"): 2,
            (streams, "PAGE"): 3,
            (streams, "_LEAST"): 1,
            (streams, "_TRIED"): 1,
            (streams, "_USE"): 1,
            (plans, "FEW"): 2,
            (plans, "_PROBE"): 40,
        }
        for (module, name), value in small.items():
            monkeypatch.setattr(module, name, value)


DRAWN = given(st.lists(MADE, max_size=8), st.lists(documents(), max_size=2), st.lists(bodies(), min_size=1, max_size=6))
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
drawn = settings(deadline=None, suppress_health_check=CHECKS)


@pytest.mark.usefixtures("sizes")
@settings(drawn, max_examples=60)
@DRAWN
def test_the_engine_finds_what_the_model_finds(made: Any, dangling: Any, asked: Any) -> None:
    memory, (kept, rows) = Memory(), store(made, dangling)
    memory.write(rows)
    with pytest.MonkeyPatch.context() as patch:
        memory.stand_in(patch)
        for body in asked:
            check(kept, body)


@pytest.mark.usefixtures("sizes", "system")
@settings(drawn, max_examples=5)
@DRAWN
def test_so_it_does_over_a_store(made: Any, dangling: Any, asked: Any) -> None:
    kept, rows = store(made, dangling)
    write(rows)
    for body in asked:
        check(kept, body)
