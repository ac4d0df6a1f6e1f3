"""What warm calls of management cost, in round trips to AWS, whatever there is already (docs: Budgets)."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow
from tests.members.permitting import FLUX, MANAGEMENT
from tests.support.calls import Calls
from tests.support.managing import Manager, manager, secure
from tests.support.ministack import Ministack

READ = {"BatchGetItem": 1}
"""Who calls, and the rows of the operation along with them."""
LIST = {**READ, "Query": 1}
WRITE = {**READ, "TransactWriteItems": 1}


class Shelf:
    """A manager with so many APIs, folders, and connections of one API."""

    def __init__(self, me: Manager, count: int) -> None:
        self.me = me
        self.folders = [me.folder() for _ in range(count)]
        self.apis: list[str] = []
        for _ in range(count):
            # More than an environment may have.
            with aws.transaction() as tx:
                tx.update(EnvironmentRow(key=me.env), [EnvironmentRow.apis.set(0)])
                tx.update(AccountRow(zelid=me.zelid), [AccountRow.apis.set(0)])
            self.apis.append(me.api())
        for folder in self.folders:
            me.connect(self.apis[0], folder)
        # The first cursor of a process asks for the secret that signs it.
        assert me.ask("GET", "/api/", query={"limit": "1"}).json["next"]


@pytest.fixture(scope="module", params=[5, 300], ids=["5 entries", "300 entries"])
def shelf(request: pytest.FixtureRequest, ministack: Ministack) -> Shelf:
    """A warm process."""
    return Shelf(manager(ministack.system()), request.param)


@pytest.fixture
def me(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Manager:
    monkeypatch.setattr(aws.clients, "_current", shelf.me.system.aws)
    with aws.transaction() as tx:
        tx.update(EnvironmentRow(key=shelf.me.env), [EnvironmentRow.apis.set(5)])
    return shelf.me


@pytest.fixture
def cost(me: Manager) -> Callable[..., dict[str, int]]:
    """The calls to AWS of a call that must succeed."""
    calls = Calls(me.system.aws)

    def asked(method: str, where: str, body: object = b"", /, **query: str) -> dict[str, int]:
        calls.clear()
        answer = me.ask(method, where, body, query=query)
        assert answer.status < 300, answer.body
        return calls.by_operation()

    return asked


Cost = Callable[..., dict[str, int]]


def test_reading_one_costs_one(shelf: Shelf, cost: Cost) -> None:
    api, folder = shelf.apis[0], shelf.folders[-1]

    assert cost("GET", f"/api/{api}/") == READ
    assert cost("GET", f"/api/{api}/folders/{folder}/") == READ
    assert cost("GET", "/folders/tree/folder/", key=folder) == READ


def test_a_path_costs_a_read_a_level_and_one_more(me: Manager, cost: Cost) -> None:
    low = me.folder(parent=me.folder())
    path = me.ask("GET", "/folders/tree/folder/", query={"key": low}).json["path"]

    assert cost("GET", "/folders/tree/folder/", path=path) == {**READ, "GetItem": 3}


@pytest.mark.parametrize("limit", ["3", "100"])
def test_a_page_costs_two_wherever_it_is(shelf: Shelf, me: Manager, cost: Cost, limit: str) -> None:
    lists = [f"{base}/{what}/" for base in (MANAGEMENT, FLUX) for what in ("api-keys", "roles")]
    for path in ("/api/", "/folders/tree/", f"/api/{shelf.apis[0]}/folders/", *lists):
        assert cost("GET", path, limit=limit) == LIST
        url = me.ask("GET", path, query={"limit": limit}).json["next"]
        while url:
            query = dict(parse_qsl(urlsplit(url).query))
            assert cost("GET", path, **query) == LIST
            url = me.ask("GET", path, query=query).json["next"] if limit == "100" else None


def test_a_jump_costs_one_more(cost: Cost) -> None:
    assert cost("GET", "/folders/tree/", limit="2", offset="3") == {**READ, "Query": 2}


def test_the_tree_costs_two(shelf: Shelf, cost: Cost) -> None:
    folder = shelf.folders[0]

    assert cost("GET", "/folders/tree/", key=folder) == LIST
    assert cost("GET", "/folders/tree/", key=folder, mode="siblings") == LIST


def test_an_api_costs_a_read_and_a_write(me: Manager, cost: Cost) -> None:
    body = {"name": "n", "prefix": "of-this-test"}
    assert cost("POST", "/api/", body) == WRITE
    (key,) = [one["key"] for one in every_api(me) if one["prefix"] == "of-this-test"]

    assert cost("PUT", f"/api/{key}/", {"name": "m"}) == WRITE
    assert cost("PUT", f"/api/{key}/", {"prefix": "of-this-test-2"}) == WRITE
    assert cost("PUT", f"/api/{key}/", {}) == READ
    # Then its connections, and the row that says they are to go.
    assert cost("DELETE", f"/api/{key}/") == {**READ, "Query": 1, "TransactWriteItems": 2}


def every_api(me: Manager) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    query: dict[str, str] = {}
    while True:
        page = me.ask("GET", "/api/", query=query).json
        found += page["results"]
        if not page["next"]:
            return found
        query = dict(parse_qsl(urlsplit(page["next"]).query))


def test_a_connection_costs_two_to_make_and_to_change(shelf: Shelf, me: Manager, cost: Cost) -> None:
    api, folder = shelf.apis[0], me.folder()
    path = f"/api/{api}/folders/{folder}/"

    assert cost("POST", f"/api/{api}/folders/", {"folder": folder}) == WRITE
    assert cost("PUT", path, {"allowed_methods": ["get_one"]}) == WRITE
    assert cost("DELETE", path) == WRITE


def test_a_strict_folder_costs_one_read_more_however_deep(shelf: Shelf, me: Manager, cost: Cost) -> None:
    *_, low = me.strict_chain()

    assert cost("POST", f"/api/{shelf.apis[1]}/folders/", {"folder": low}) == {**WRITE, "BatchGetItem": 2}


def test_a_folder_costs_two_at_the_root_and_three_elsewhere(shelf: Shelf, cost: Cost) -> None:
    one_more = {**WRITE, "GetItem": 1}

    assert cost("POST", "/folders/tree/", {"name": "n", "alias": "of-this-test"}) == WRITE
    below = {"name": "n", "alias": "of-this-test", "parent": shelf.folders[0]}
    assert cost("POST", "/folders/tree/", below) == one_more
    assert cost("PUT", "/folders/tree/folder/", {"name": "m"}, key=shelf.folders[0]) == one_more
    assert cost("DELETE", "/folders/tree/folder/", path="of-this-test") == {**WRITE, "GetItem": 3}


def test_each_scheme_costs_the_same(me: Manager) -> None:
    calls = Calls(me.system.aws)
    path = f"/v1/{me.env}/api/"
    for headers in ({"authorization": me.bearer}, {"authorization": me.simple}, secure(me, path)):
        calls.clear()
        assert me.system.call("GET", path, headers=headers).status == 200
        assert calls.by_operation() == LIST


def test_who_is_not_let_in_costs_one_read_at_most(me: Manager) -> None:
    calls = Calls(me.system.aws)

    assert me.ask("GET", "/api/", auth="Bearer nonsense").status == 401
    assert calls.total == 0
    assert me.system.call("GET", "/v1/nowhere0/api/", headers={"authorization": me.bearer}).status == 404
    assert calls.by_operation() == READ
