"""What warm calls of delivery cost, in round trips to AWS, at a few resources and at many (docs: Budgets)."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib import aws
from chalicelib.members import keys
from tests.delivery.publishing import MOMENT, Shelf
from tests.delivery.visiting import Site
from tests.support.calls import Calls
from tests.support.managing import field, manager
from tests.support.ministack import Ministack
from tests.support.system import System

FIELDS = (
    field("title", searchable=True),
    field("rank", "integer", searchable=True),
    field("body", "text", searchable=True),
)
READ, PAGE = {"BatchGetItem": 1}, {"Query": 1}
Published = tuple[System, Site, str, str]


@pytest.fixture(scope="module", params=[5, 300], ids=["5 resources", "300 resources"])
def published(request: pytest.FixtureRequest, ministack: Ministack) -> Published:
    """A process that remembers routes, two folders, so many resources in each, and a Flux key."""
    system = ministack.system(route_cache_seconds=300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws.clients, "_current", system.aws)
        site = Site.of(manager(system), prefix="open")
        guarded = Site(site.me, site.me.api("guarded", is_auth_required=True), "guarded")
        made = [f"{keys.moment(MOMENT + at)}0000" for at in range(request.param)]
        documents = {key: {"title": f"t{at % 2}", "rank": at, "body": f"a word {at}"} for at, key in enumerate(made)}
        for alias, methods in (("things", ("get_one", "get_many")), ("listed", ("get_many",))):
            folder = site.folder(alias, *methods, fields=FIELDS)
            site.me.connect(guarded.api, folder, *methods)
            Shelf.of(site, folder, FIELDS).put(documents)
        auth = site.key()
        for one in (site, guarded):
            # The first cursor takes the key that signs it.
            assert one.ask("things", auth=auth, query={"limit": "1"}).json["next"]
    return system, site, auth, made[2]


@pytest.fixture
def site(published: Published, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(aws.clients, "_current", published[0].aws)
    return published[1]


@pytest.fixture
def key(published: Published) -> str:
    return published[3]


@pytest.fixture
def calls(site: Site) -> Calls:
    return Calls(site.system.aws)


def test_one_resource_costs_one(site: Site, calls: Calls, key: str) -> None:
    assert site.read(f"things/{key}")["_sys"]["key"] == key
    assert calls.by_operation() == READ

    for path, status in (("things/nothing", 404), ("listed/nothing", 405), ("things/a/b/c", 404)):
        calls.clear()
        assert site.ask(path).status == status
        assert calls.total <= 1


@pytest.mark.parametrize("path", ["things", "listed"])
def test_a_page_of_a_list_costs_one(site: Site, calls: Calls, path: str) -> None:
    first = site.read(path, query={"limit": "2"})
    assert calls.by_operation() == PAGE

    calls.clear()
    second = site.follow(first["next"]).json
    assert calls.by_operation() == PAGE

    calls.clear()
    assert site.follow(second["previous"]).json["results"] == first["results"]
    assert calls.by_operation() == PAGE

    calls.clear()
    assert len(site.read(path)["results"]) >= 5
    assert calls.by_operation() == PAGE


@pytest.mark.parametrize(
    "query",
    [
        {"where__title__eq": "t0"},
        {"where__rank__gte": "1"},
        {"where__title__startswith": "t"},
        {"where__body__exists": "true"},
        {"sort": "-rank"},
        {"find_text__query": "word"},
    ],
)
@pytest.mark.parametrize("path", ["things", "listed"])
def test_a_page_of_what_one_index_finds_costs_three(
    site: Site, calls: Calls, path: str, query: Mapping[str, str]
) -> None:
    # What follows a page is read with it, or by another call: where that would be more than one reads, and where what
    # has no value follows what has one.
    for limit, most in (("2", 2), ("50", 3 if "sort" in query else 2), ("100", 3)):
        calls.clear()
        page = site.read(path, query={**query, "limit": limit})
        assert page["results"]
        assert calls.total <= most


def test_a_search_costs_as_much(site: Site, calls: Calls) -> None:
    found = site.read("things/_search", method="POST", body={"where": {"title": "t1"}, "limit": 2})

    assert len(found["results"]) == 2
    assert calls.by_operation() == {**PAGE, **READ}


def test_schemas_and_routes_cost_nothing(site: Site, calls: Calls) -> None:
    for path in ("things/_schema", "_router"):
        site.read(path)
    assert site.ask("nowhere").status == 404
    assert calls.total == 0


def test_a_flux_key_adds_one_at_most(site: Site, calls: Calls, published: Published, key: str) -> None:
    guarded = Site(site.me, "", "guarded")
    asked: list[tuple[str, dict[str, str]]] = [
        (f"things/{key}", {}),
        ("things", {"limit": "2"}),
        ("things", {"where__title__eq": "t0", "limit": "2"}),
        ("things/_schema", {}),
    ]

    for path, query in asked:
        costs = []
        for one, auth in ((site, None), (guarded, published[2])):
            calls.clear()
            said: Any = one.read(path, auth=auth, query=query)
            assert said
            costs.append(calls.total)
        assert costs[1] <= costs[0] + 1, path
