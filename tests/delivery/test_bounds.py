"""How much a query reads at most, and how little where streams hardly meet. Counted over rows in memory."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.delivery import queries, searching
from chalicelib.delivery.errors import InvalidQueryError
from chalicelib.delivery.searching import MOST_BYTES, MOST_DOCUMENTS, Found
from chalicelib.delivery.sources import LOOK_UP, MOST_ROWS
from chalicelib.members import keys
from chalicelib.resources.tables import IndexRow, PublishedRow
from chalicelib.web.management import moment as shown
from tests.delivery.memory import Memory
from tests.delivery.publishing import Shelf, schema
from tests.delivery.test_queries import call
from tests.support.managing import field as a_field

SHELF = Shelf(
    "env/folder",
    schema(
        [
            a_field("title", searchable=True),
            a_field("kind", searchable=True),
            a_field("rank", "integer", searchable=True),
            a_field("body", "text", searchable=True),
            a_field("rest", "text"),
        ]
    ),
)


@dataclass
class Counted(Memory):
    """Counts what is read."""

    calls: list[str] = field(default_factory=list)
    index_rows: int = 0
    documents: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def between(self, model: Any, *args: Any, **more: Any) -> aws.Page[Any]:
        found = super().between(model, *args, **more)
        self.calls.append("Query")
        self.index_rows += len(found.rows) if model is IndexRow else 0
        self.documents += len(found.rows) if model is PublishedRow else 0
        return found

    def batch_get(self, *refs: aws.Ref) -> list[Any]:
        self.calls.append("BatchGet")
        self.documents += len(refs)
        return super().batch_get(*refs)

    def fill(self, documents: Iterable[Mapping[str, Any]]) -> None:
        for at, document in enumerate(documents):
            self.write(SHELF.rows(f"key{at:06}", document))

    def find(self, query: str, position: str | None = None, *, whole: bool = False) -> Found:
        """A page, with all counts set back."""
        self.calls, self.index_rows, self.documents = [], 0, 0
        return searching.find(
            queries.listing(call(query), SHELF.schema, content=True), SHELF.place, position, whole=whole
        )


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted()
    made.stand_in(monkeypatch)
    return made


def refused(memory: Counted, query: str) -> None:
    with pytest.raises(InvalidQueryError) as refusal:
        memory.find(query)
    assert "one more filter" in refusal.value.text
    assert (refusal.value.status, refusal.value.code) == (422, "invalid_request")
    assert memory.index_rows <= MOST_ROWS


def test_a_filter_without_an_index_looks_at_so_many_documents(memory: Counted) -> None:
    memory.fill({"title": f"t{at}"} for at in range(MOST_DOCUMENTS + 500))

    for query in ("where__title__contains=nothing", "where__title__ne=x&where__title__endswith=y"):
        refused(memory, query)
        assert MOST_DOCUMENTS <= memory.documents <= MOST_DOCUMENTS + 1_000
    refused(memory, "where__title__contains=nothing&sort=title")
    assert memory.documents <= MOST_DOCUMENTS + 300
    # What is found in time is given.
    assert len(memory.find("where__title__contains=t1&limit=5").matches) == 5
    assert memory.documents <= 1_000
    # One more filter helps.
    assert memory.find("where__title__contains=nothing&where__title__in=t1,t2").matches == ()
    assert memory.documents == 2


def test_rows_that_no_longer_count_are_counted_all_the_same(memory: Counted) -> None:
    for at in range(MOST_ROWS + 1_000):
        memory.write(SHELF.index(f"gone{at:06}", {"title": "same"})[:3])

    for query in ("where__title__eq=same", "where__title__gte=a", "sort=title"):
        refused(memory, query)
        assert memory.index_rows == MOST_ROWS


def test_a_look_up_counts_even_if_it_finds_nothing(memory: Counted) -> None:
    memory.fill([{"title": "a"}])
    several = ",".join(f"v{at}" for at in range(100))
    fields = ("title", "kind")

    assert memory.find(f"where__title__in={several}").matches == ()
    assert memory.calls == ["Query"] * 100
    body = {"any_of": [{f"{name}__in": several.replace("v", f"{at}v")} for name in fields for at in range(25)]}
    with pytest.raises(InvalidQueryError):
        _search(memory, {"where": body})
    assert len(memory.calls) <= MOST_ROWS // LOOK_UP


def _search(memory: Counted, body: Any) -> Found:
    memory.calls, memory.index_rows, memory.documents = [], 0, 0
    query = queries.search(call("", json.dumps(body).encode()), SHELF.schema, content=True)
    return searching.find(query, SHELF.place, None, whole=False)


def test_streams_that_hardly_meet_are_passed_over(memory: Counted) -> None:
    """Two values that each have 3,000, one the older and the other the newer ones, and one resource both."""
    both = {3_000}
    memory.fill(
        {"title": "old" if at < 3_000 or at in both else "x", "kind": "new" if at >= 3_000 else "y"}
        for at in range(6_000)
    )

    found = memory.find("where__title__eq=old&where__kind__eq=new")

    assert [one.row.key for one in found.matches] == ["key003000"]
    assert len(memory.calls) <= 5
    assert memory.index_rows <= 1_000
    assert memory.documents == 1


def test_a_rare_word_leads_a_common_one(memory: Counted) -> None:
    memory.fill({"body": f"common {'rare' if at % 200 == 0 else 'usual'}"} for at in range(6_000))

    for query in ("find_text__query=common+rare", "find_phrase__query=common+rare"):
        found = memory.find(query)
        assert len(found.matches) == 30
        assert memory.documents == 30
        assert memory.index_rows <= 1_000
        assert len(memory.calls) <= 8


def test_two_conditions_that_half_fulfil_each(memory: Counted) -> None:
    memory.fill({"title": f"{at % 2}", "kind": f"{at // 2 % 2}"} for at in range(4_000))

    found = memory.find("where__title=1&where__kind=1&limit=50")

    assert [one.row.key for one in found.matches] == [f"key{at:06}" for at in range(3_999, 3_799, -4)]
    assert memory.documents == 51
    assert memory.index_rows <= 2 * 4 * 51
    assert len(memory.calls) <= 4


def test_conditions_that_nearly_all_fulfil_cost_hardly_more_than_one(memory: Counted) -> None:
    memory.fill({"title": "a", "kind": "b"} for _ in range(3_000))

    assert len(memory.find("where__title=a&where__kind=b").matches) == 100
    assert memory.documents == 101
    assert len(memory.calls) <= 4


def test_moments_bound_what_a_filter_reads(memory: Counted) -> None:
    """A filter that all fulfil, among the newest: it does not read on when those are through."""
    for at in range(3_000):
        moment = 1_700_000_000 + 10 * at
        memory.write(SHELF.rows(f"{keys.moment(moment)}0000", {"title": "a"}, created=moment))

    found = memory.find(f"where__title=a&where___sys.created_at__gte={shown(1_700_000_000 + 29_980)}")

    assert len(found.matches) == 2
    assert memory.documents <= 3


def test_few_in_a_stretch_are_sorted_and_many_are_read_in_the_order_that_is_wanted(memory: Counted) -> None:
    memory.fill({"rank": at, "title": f"{at:06}"} for at in range(4_000))

    for query, first in (
        ("where__rank__lt=20&sort=-title", "key000019"),
        ("where__rank__lt=20&sort=-_sys.created_at", "key000019"),
        ("where__rank__gte=0&sort=_sys.created_at", "key000000"),
        ("where__rank__gte=0&sort=title", "key000000"),
    ):
        assert memory.find(query).matches[0].row.key == first
        assert memory.documents <= 501
        assert memory.index_rows <= 2_000


def test_a_page_ends_early_and_leads_on(memory: Counted) -> None:
    size = MOST_BYTES // 4
    memory.fill({"title": f"t{at}", "rest": "x" * size} for at in range(10))

    for query in ("", "sort=title", "where__title__startswith=t", "where__rank__exists=false", "sort=kind,-title"):
        pages, position = [], None
        while True:
            found = memory.find(query, position)
            pages.append([one.row.key for one in found.matches])
            position = found.next
            if position is None:
                break
        assert [len(page) for page in pages] == [3, 3, 3, 1], query
        assert len({key for page in pages for key in page}) == 10
        # Where nothing is shown of them, sizes do not matter.
        assert len(memory.find(query, whole=True).matches) == 10


def test_a_jump_reads_no_documents(memory: Counted) -> None:
    memory.fill({"title": f"{at}"} for at in range(600))

    found = _search(memory, {"offset": 500, "limit": 10})

    assert [one.row.key for one in found.matches] == [f"key{at:06}" for at in range(99, 89, -1)]
    assert memory.documents == 11
    assert _search(memory, {"offset": 600}).matches == ()


@pytest.mark.parametrize("position", ["ckey", "v5", "k\U0010ffff\U0010ffff", "kkey"])
def test_a_position_of_another_order_is_refused(memory: Counted, position: str) -> None:
    memory.fill([{"title": "a"}])
    query = "where__title__gte=b" if position == "kkey" else ""
    with pytest.raises(InvalidQueryError):
        memory.find(query, position)


def test_what_dynamodb_would_not_take_finds_nothing(memory: Counted) -> None:
    memory.fill([{"title": "a"}])
    long = "x" * 2_000
    for query in (
        f"where___sys.key={long}",
        "where___sys.key=",
        f"where__title={long}",
        f"find_text__query={long[:900]}",
    ):
        assert memory.find(query).matches == ()
    assert len(memory.find("where___sys.created_at__lt=9999-12-31").matches) == 1
