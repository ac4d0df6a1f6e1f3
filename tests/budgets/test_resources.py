"""What warm calls on resources cost, in round trips to AWS, whatever there is already (docs: Budgets)."""

from collections.abc import Callable, Iterable
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import aws
from chalicelib.apis.tables import ApiRow
from chalicelib.content.tables import ChildRow
from chalicelib.content.tables import place as among
from chalicelib.resources.tables import ResourceRow
from tests.resources.library import Library, words
from tests.support.calls import Calls
from tests.support.managing import Manager, manager
from tests.support.ministack import Ministack

Cost = Callable[..., dict[str, int]]
READ = {"BatchGetItem": 1}
"""Who calls, and the rows of the operation along with them."""
LIST = {**READ, "Query": 1}
WRITE = {**READ, "TransactWriteItems": 1}
AND_FILES = {**WRITE, "BatchGetItem": 2}
"""Files, and resources that are referred to, are looked up before."""
TOGETHER = 25
"""DynamoDB's batch."""


def put_rows(rows: Iterable[aws.Table]) -> None:
    """Write rows as they are, many a call: what counts them does not know of them."""
    dynamodb, rest = aws.clients.current().dynamodb, list(rows)
    for start in range(0, len(rest), TOGETHER):
        waiting: dict[str, list[Any]] = {}
        for row in rest[start : start + TOGETHER]:
            item = {"PutRequest": {"Item": row.to_dynamodb_dict()}}
            waiting.setdefault(row.physical_name(), []).append(item)
        assert not dynamodb.batch_write_item(RequestItems=waiting).get("UnprocessedItems")


class Shelf:
    """A library with so many resources, and so many revisions of one of them, and drafts of its schema."""

    def __init__(self, me: Manager, count: int) -> None:
        self.me, self.library = me, Library.of(me)
        self.cid = self.library.put(b"a picture")
        self.resource, self.first = self.library.published(self.library.document("one", "some words", self.cid))
        for number in range(count):
            self.library.create(self.library.document(str(number)))
            self.library.me.revise(self.library.folder, self.resource, self.library.document(str(number)))
        me.draft(self.library.folder)
        # The first cursor of a process asks for the secret that signs it.
        assert me.ask("GET", self.library.path("")[:-1], query={"limit": "1"}).json["next"]


@pytest.fixture(scope="module", params=[5, 300], ids=["5 entries", "300 entries"])
def shelf(request: pytest.FixtureRequest, ministack: Ministack) -> Shelf:
    """A warm process."""
    return Shelf(manager(ministack.system()), request.param)


@pytest.fixture
def library(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(aws.clients, "_current", shelf.me.system.aws)
    return shelf.library


@pytest.fixture
def cost(library: Library) -> Cost:
    """The calls to AWS of a call that must succeed."""
    calls = Calls(library.system.aws)

    def asked(method: str, where: str, body: object = b"", /, **query: str) -> dict[str, int]:
        calls.clear()
        answer = library.me.ask(method, where, body, query=query)
        assert answer.status < 300, answer.body
        return calls.by_operation()

    return asked


def rows_of(document: dict[str, object]) -> int:
    """Index rows of a library's document: its moment, its title, its text, its rank, and its words."""
    return 4 + len({*str(document["title"]).split(), *str(document["text"]).split()})


def test_reading_costs_one_and_a_document_two(shelf: Shelf, library: Library, cost: Cost) -> None:
    assert cost("GET", library.path(shelf.resource)) == READ
    assert cost("GET", library.path(shelf.resource, shelf.first)) == READ
    assert cost("GET", library.path(shelf.resource, shelf.first, "data")) == READ
    assert cost("GET", library.path(shelf.resource, act="data")) == {**READ, "GetItem": 1}


@pytest.mark.parametrize("limit", ["3", "100"])
def test_a_page_costs_two_wherever_it_is(shelf: Shelf, library: Library, cost: Cost, limit: str) -> None:
    paths = library.path("")[:-1], f"{library.path(shelf.resource)}revisions/"
    for path in (*paths, f"/folders/{library.folder}/model/versions/"):
        query = {"limit": limit}
        for _ in range(4):
            assert cost("GET", path, **query) == LIST
            following = library.me.ask("GET", path, query=query).json["next"]
            if not following:
                break
            query = dict(parse_qsl(urlsplit(following).query))


def test_making_and_changing_cost_two_and_three_with_files(shelf: Shelf, library: Library, cost: Cost) -> None:
    path = library.path("")[:-1]
    plain, pictured = library.document("a"), library.document("a", "", shelf.cid)

    assert cost("POST", path, plain) == WRITE
    assert cost("POST", path, {"data": pictured, "external_id": f"new-{shelf.resource}"}) == AND_FILES
    resource, revision = library.create(plain)
    revisions = f"{library.path(resource)}revisions/"
    assert cost("POST", revisions, plain) == WRITE
    assert cost("POST", revisions, pictured) == AND_FILES
    assert cost("PUT", library.path(resource, revision), plain) == WRITE
    assert cost("PUT", library.path(resource, revision), pictured) == AND_FILES
    assert cost("PUT", library.path(resource), pictured) == AND_FILES
    assert cost("DELETE", library.path(resource, revision)) == WRITE


def test_an_upsert_costs_a_look_at_the_external_id(library: Library, cost: Cost) -> None:
    path, name = library.path("")[:-1], f"upsert-{library.folder}"

    assert cost("PUT", path, library.document("a"), external_id=name) == {**WRITE, "GetItem": 1}
    assert cost("PUT", path, library.document("b"), external_id=name) == {**WRITE, "GetItem": 2}


@pytest.mark.parametrize(("count", "files"), [(3, 0), (3, 1), (60, 1), (110, 1), (400, 0), (400, 1)])
def test_publishing_costs_three_and_one_per_25_index_rows(
    shelf: Shelf, library: Library, cost: Cost, count: int, files: int
) -> None:
    document = library.document("a title", words(count), *[shelf.cid][:files])
    resource, revision = library.create(document)

    found = cost("POST", library.path(resource, revision, "publish"))

    assert sum(found.values()) <= 3 + ceil(rows_of(document) / 25)
    if count < 80:
        assert found == {"BatchGetItem": 1 + files, "TransactWriteItems": 1}


@pytest.mark.parametrize("count", [3, 35, 110, 400])
def test_replacing_costs_no_more_than_the_rows_of_both(shelf: Shelf, library: Library, cost: Cost, count: int) -> None:
    document = library.document("a title", words(count), shelf.cid)
    resource, _ = library.published(document)
    revision = library.me.revise(library.folder, resource, document)

    found = cost("POST", library.path(resource, revision, "publish"))

    assert sum(found.values()) <= 3 + ceil(2 * rows_of(document) / 25)
    if count == 3:
        assert found == AND_FILES


def test_a_file_that_goes_costs_three_more(shelf: Shelf, library: Library, cost: Cost) -> None:
    """It is given back once the new document is read."""
    resource, _ = library.published(library.document("a", "", shelf.cid))
    revision = library.me.revise(library.folder, resource, library.document("b"))

    found = cost("POST", library.path(resource, revision, "publish"))

    assert found == {"BatchGetItem": 3, "GetItem": 1, "TransactWriteItems": 2}


def test_schemas_cost_two_and_three(library: Library, cost: Cost) -> None:
    versions = f"/folders/{library.folder}/model/versions/"
    assert cost("POST", versions, {"name": "n"}) == WRITE
    draft = library.me.draft(library.folder)
    body = {"key": "title", "type": "string"}

    assert cost("POST", f"{draft}schema/tree/", body) == WRITE
    assert cost("GET", f"{draft}schema/tree/") == READ
    assert cost("PUT", f"{draft}schema/tree/field/", {"name": "m"}, path="title") == WRITE
    assert cost("PUT", draft, {"name": "m"}) == WRITE
    assert cost("DELETE", f"{draft}schema/tree/field/", path="title") == WRITE
    assert cost("DELETE", draft) == WRITE


def test_pages_cost_the_same_at_100_and_at_10_000(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    """First and next ones, of resources, folders and APIs: calls, and rows read."""
    library = Library.of(manager(ministack.system()))
    monkeypatch.setattr(aws.clients, "_current", library.system.aws)
    me, paths = library.me, ("/api/", "/folders/tree/", library.path("")[:-1])
    put_many(library, range(100))
    assert me.ask("GET", "/api/", query={"limit": "2"}).json["next"]
    few = [pages(library, path) for path in paths]

    put_many(library, range(100, 10_000))

    assert [pages(library, path) for path in paths] == few
    assert few == [[LIST, 50, LIST, 50]] * 3


def put_many(library: Library, numbers: Iterable[int]) -> None:
    env, rows = library.me.env, []
    for number in numbers:
        name = f"z{number:05d}"
        rows += [
            ResourceRow(folder=library.scope, key=name, created=1),
            ChildRow(place=among(env, None), key=name, name=name, alias=name, aliases=[name], created=1),
            ApiRow(environment=env, key=name, name=name, prefix=name, created=1),
        ]
    put_rows(rows)


def pages(library: Library, path: str) -> list[object]:
    """Calls and entries of the first page of a list, and of the next."""
    calls, found = Calls(library.system.aws), list[object]()
    query = {"limit": "50"}
    for _ in range(2):
        calls.clear()
        answer = library.me.ask("GET", path, query=query)
        assert answer.status == 200, answer.body
        found += [calls.by_operation(), len(answer.json["results"])]
        query = dict(parse_qsl(urlsplit(answer.json["next"]).query))
    return found
