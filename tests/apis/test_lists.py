"""Lists come in parts that fit together, forwards and backwards (spec flux-apis, B.0)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.web.http import Call
from chalicelib.web.management import Lists, Rows, Window
from tests.support.books import services_of
from tests.support.managing import Manager, invalid, manager, refused
from tests.support.system import System

COUNT = 7
Made = tuple[str, dict[str, str], list[str]]
"""Path of a list, its own query, and its entries' keys in order."""


def apis(me: Manager) -> Made:
    return "/api/", {}, [me.api() for _ in range(COUNT)]


def connections(me: Manager) -> Made:
    api, folders = me.api(), [me.folder() for _ in range(COUNT)]
    for folder in reversed(folders):
        me.connect(api, folder)
    return f"/api/{api}/folders/", {}, folders


def roots(me: Manager) -> Made:
    return "/folders/tree/", {}, [me.folder() for _ in range(COUNT)]


def children(me: Manager) -> Made:
    top = me.folder()
    return "/collections/tree/", {"key": top}, [me.folder(parent=top) for _ in range(COUNT)]


def siblings(me: Manager) -> Made:
    path, _, found = children(me)
    return path, {"key": found[3], "mode": "siblings"}, found


def ancestors(me: Manager) -> Made:
    chain = [me.folder()]
    while len(chain) <= COUNT:
        chain.append(me.folder(parent=chain[-1]))
    return "/folders/tree/", {"key": chain[-1], "mode": "ancestors"}, chain[:-1]


def keys(me: Manager) -> Made:
    path = "/permissions/management-api/api-keys/"
    first = me.ask("GET", path).json["results"][0]["key"]
    return path, {}, [first, *(me.made(path)["key"] for _ in range(COUNT - 1))]


LISTS = [apis, connections, roots, children, siblings, ancestors, keys]


class Asked:
    """A list that was made, asked for by query or by the URLs in its answers."""

    def __init__(self, me: Manager, make: Callable[[Manager], Made]) -> None:
        self.me = me
        self.path, self.query, self.keys = make(me)

    def first(self, **query: str) -> dict[str, Any]:
        answer = self.me.ask("GET", self.path, query={**self.query, **query})
        assert answer.status == 200, answer.body
        return self.checked(answer.json)

    def at(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == self.me.system.aws.settings.public_url
        assert parts.path == f"/v1/{self.me.env}{self.path}"
        answer = self.me.system.call(
            "GET", parts.path, query=dict(parse_qsl(parts.query)), headers={"authorization": self.me.bearer}
        )
        assert answer.status == 200, answer.body
        return self.checked(answer.json)

    def checked(self, page: dict[str, Any]) -> dict[str, Any]:
        assert page.keys() == {"count", "next", "previous", "results"}
        assert page["count"] == COUNT
        page["keys"] = [row.get("key") or row["folder"] for row in page["results"]]
        return page


@pytest.fixture(scope="module", params=LISTS, ids=lambda make: str(make.__name__))
def shared_list(request: pytest.FixtureRequest, shared: System) -> Asked:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.aws.clients._current", shared.aws)
        return Asked(manager(shared), request.param)


@pytest.fixture
def asked(shared_list: Asked, system: System) -> Asked:
    assert system is shared_list.me.system
    return shared_list


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_pages_tile_both_ways(asked: Asked, limit: int) -> None:
    tiles = [asked.keys[at : at + limit] for at in range(0, COUNT, limit)]

    page = asked.first(limit=str(limit))
    pages = [page]
    while page["next"]:
        page = asked.at(page["next"])
        pages.append(page)
    assert [page["keys"] for page in pages] == tiles

    back = [page["keys"]]
    while page["previous"]:
        page = asked.at(page["previous"])
        back.append(page["keys"])
    assert back == tiles[::-1]


@pytest.mark.parametrize("offset", range(COUNT + 2))
def test_from_any_offset_both_neighbours_fit(asked: Asked, offset: int) -> None:
    page = asked.first(limit="2", offset=str(offset))

    assert page["keys"] == asked.keys[offset : offset + 2]
    assert (page["next"] is None) == (offset + 2 >= COUNT)
    if page["next"]:
        assert asked.at(page["next"])["keys"] == asked.keys[offset + 2 : offset + 4]
    if page["keys"]:
        assert (page["previous"] is None) == (offset == 0)
    if page["previous"]:
        # Before the first whole page comes the first page.
        assert asked.at(page["previous"])["keys"] == asked.keys[max(offset - 2, 0) :][:2]


def test_neighbours_lead_back(asked: Asked) -> None:
    middle = asked.first(limit="2", offset="4")

    assert asked.at(asked.at(middle["next"])["previous"])["results"] == middle["results"]
    assert asked.at(asked.at(middle["previous"])["next"])["results"] == middle["results"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", text) for text in ("0", "-1", "abc", "", "1.5", "\u0663", "1e2", "9" * 12)]
    + [("offset", text) for text in ("-1", "abc", "", "10001")]
    + [("cursor", text) for text in ("", "garbage", "ü", "AAAA", "A" * 300, "a=b")],
)
def test_validation_error(asked: Asked, name: str, value: str) -> None:
    invalid(asked.me.ask("GET", asked.path, query={**asked.query, name: value}), name)


def test_more_than_a_hundred_means_a_hundred(asked: Asked) -> None:
    assert asked.first(limit="101")["keys"] == asked.first()["keys"] == asked.keys
    assert asked.first(limit="999999999")["keys"] == asked.keys


def test_a_jump_goes_no_further_than_ten_thousand(asked: Asked) -> None:
    assert asked.first(offset="10000")["keys"] == []


def test_a_cursor_is_of_one_list(asked: Asked) -> None:
    me, other = asked.me, manager(asked.me.system)
    cursor = dict(parse_qsl(urlsplit(asked.first(limit="1")["next"]).query))["cursor"]
    lists = ["/api/", "/folders/tree/", "/permissions/management-api/api-keys/", f"/api/{me.api()}/folders/"]
    at_root = "mode" not in asked.query and "key" not in asked.query

    for path in lists:
        if not (at_root and path == asked.path):
            invalid(me.ask("GET", path, query={"cursor": cursor}), "cursor")
    invalid(other.ask("GET", "/api/", query={"cursor": cursor}), "cursor")
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    invalid(me.ask("GET", asked.path, query={**asked.query, "cursor": changed}), "cursor")
    asked_elsewhere = other.ask("GET", asked.path, query={**asked.query, "cursor": cursor})
    assert asked_elsewhere.status in {404, 422}


def test_a_list_by_default_has_a_hundred(me: Manager) -> None:
    folders = [me.folder() for _ in range(101)]

    first = me.ask("GET", "/folders/tree/").json
    assert [row["key"] for row in first["results"]] == folders[:100]
    assert first["count"] == 101
    query = dict(parse_qsl(urlsplit(first["next"]).query))
    assert query.keys() == {"limit", "offset", "cursor"}
    assert (query["limit"], query["offset"]) == ("100", "100")
    assert [row["key"] for row in me.ask("GET", "/folders/tree/", query=query).json["results"]] == folders[100:]


def test_a_list_goes_on_past_what_was_deleted(me: Manager) -> None:
    keys = [me.api() for _ in range(4)]
    first = me.ask("GET", "/api/", query={"limit": "2"}).json
    assert me.ask("DELETE", f"/api/{keys[1]}/").status == 204

    query = dict(parse_qsl(urlsplit(first["next"]).query))
    second = me.ask("GET", "/api/", query=query).json

    assert [row["key"] for row in second["results"]] == keys[2:]
    assert second["count"] == 3
    refused(me.ask("GET", f"/api/{keys[1]}/"), 404, "api_not_found")


@pytest.mark.parametrize("path", ["/stage/v1/e/api/", "/v1/e/api/"])
def test_a_stage_in_the_public_url_stands_in_links_once(me: Manager, path: str) -> None:
    lists = Lists(services_of(me.system).keys, "https://api.example/stage/")
    call = Call("GET", "/v1/{env}/api", path, {}, {"mode": ["children"]}, {}, b"", "", "")

    page = lists.page(call, "b", Window(1, 0), Rows([1], "a", "a", more=True), lambda row: row)

    assert page["next"].startswith("https://api.example/stage/v1/e/api/?mode=children&limit=1&offset=1&cursor=")
