"""Lists of resources, revisions and versions come in parts that fit together (spec flux-apis, B.0)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.managing import Manager, field, invalid, manager
from tests.support.system import System

COUNT = 5
Made = tuple[str, list[str]]
"""Path of a list, and its entries' keys in order."""


def resources(me: Manager) -> Made:
    folder = me.folder()
    me.schema(folder, field("title"))
    return f"/folders/{folder}/resources/", [me.resource(folder, {}) for _ in range(COUNT)]


def revisions(me: Manager) -> Made:
    folder = me.folder()
    me.schema(folder, field("title"))
    resource = me.resource(folder, {})
    first = me.revisions(folder, resource)[0]["key"]
    keys = [first, *(me.revise(folder, resource, {}) for _ in range(COUNT - 1))]
    return f"/collections/{folder}/resources/{resource}/revisions/", keys


def versions(me: Manager) -> Made:
    folder = me.folder()
    keys = [me.draft(folder).split("/")[-2] for _ in range(COUNT)]
    return f"/collections/{folder}/model/versions/", keys


@pytest.fixture(scope="module", params=[resources, revisions, versions], ids=lambda make: str(make.__name__))
def made(request: pytest.FixtureRequest, shared: System) -> tuple[Manager, str, list[str]]:
    make: Callable[[Manager], Made] = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.aws.clients._current", shared.aws)
        me = manager(shared)
        return me, *make(me)


Listed = tuple[Manager, str, list[str]]


@pytest.fixture
def listed(made: Listed, system: System) -> Listed:
    assert made[0].system is system
    return made


def keys(page: dict[str, Any]) -> list[str]:
    assert page.keys() == {"count", "next", "previous", "results"}
    assert page["count"] == COUNT
    return [row["key"] for row in page["results"]]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_tile_both_ways(listed: Listed, limit: int) -> None:
    me, path, every = listed
    tiles = [every[at : at + limit] for at in range(0, COUNT, limit)]

    page = me.ask("GET", path, query={"limit": str(limit)}).json
    found = [keys(page)]
    while page["next"]:
        page = me.follow(page["next"])
        found.append(keys(page))
    assert found == tiles

    back = [keys(page)]
    while page["previous"]:
        page = me.follow(page["previous"])
        back.append(keys(page))
    assert back == tiles[::-1]


@pytest.mark.parametrize("offset", range(COUNT + 2))
def test_from_any_offset(listed: Listed, offset: int) -> None:
    me, path, every = listed

    page = me.ask("GET", path, query={"limit": "2", "offset": str(offset)}).json

    assert keys(page) == every[offset : offset + 2]
    assert (page["next"] is None) == (offset + 2 >= COUNT)


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "x"), ("offset", "-1"), ("offset", "10001"), ("cursor", ""), ("cursor", "garbage")],
)
def test_validation_error(listed: Listed, name: str, value: str) -> None:
    me, path, _ = listed

    invalid(me.ask("GET", path, query={name: value}), name)


def test_a_cursor_is_of_one_list(me: Manager) -> None:
    lists = [make(me)[0] for make in (resources, resources, revisions, versions)]
    cursors = [me.cursor(me.ask("GET", path, query={"limit": "1"}).json["next"]) for path in lists]

    for at, path in enumerate(lists):
        for of, cursor in enumerate(cursors):
            answer = me.ask("GET", path, query={"cursor": cursor})
            assert answer.status == (200 if at == of else 422)


def test_deleted_entries_are_passed_over(me: Manager) -> None:
    path, every = resources(me)
    page = me.ask("GET", path, query={"limit": "2"}).json
    assert me.ask("DELETE", f"{path}{every[1]}/").status == 204
    assert me.ask("DELETE", f"{path}{every[2]}/").status == 204

    rest = me.follow(page["next"])

    assert [row["key"] for row in rest["results"]] == every[3:]
    assert rest["count"] == COUNT - 2
