"""Folders, endpoint by endpoint, under both names (spec flux-apis, B.4)."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.managing import Manager, invalid, refused

KEYS = {
    "key",
    "name",
    "alias",
    "folder_type",
    "content_type",
    "strict_reference",
    "parent",
    "path",
    "mode",
    "created_at",
}
WORDS = [("folders", "folder"), ("collections", "collection")]
IGNORED = {
    "auto_remove_revisions": 5,
    "auto_remove_schema_versions": 5,
    "embedding_model": "m",
    "embedding_dimension": 3,
}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("many", "one"), WORDS)
def test_a_folder_s_life(me: Manager, many: str, one: str, slash: str) -> None:
    answer = me.ask("POST", f"/{many}/tree{slash}", {"name": "Blog", "alias": "blog"})
    assert answer.status == 201
    made = answer.json
    assert made.keys() == KEYS
    assert re.fullmatch(r"[0-9a-z]{12}", made["key"])
    moment = datetime.strptime(made["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(moment.timestamp() - time.time()) < 60
    assert made == {
        **made,
        "name": "Blog",
        "alias": "blog",
        "folder_type": "collection",
        "content_type": "document",
        "strict_reference": False,
        "parent": None,
        "path": "blog",
        "mode": None,
    }

    item, query = f"/{many}/tree/{one}{slash}", {"key": made["key"]}
    assert me.ask("GET", item, query=query).json == made
    assert me.ask("GET", item, query={"path": "blog"}).json == made
    assert me.ask("GET", f"/{many}/tree{slash}").json["results"] == [made]
    changed = {**made, "name": "Log", "alias": "log", "path": "log"}
    assert me.ask("PUT", item, {"name": "Log", "alias": "log"}, query=query).json == changed
    for word, single in WORDS:
        assert me.ask("GET", f"/{word}/tree/{single}", query=query).json == changed
    gone = me.ask("DELETE", item, query=query)
    assert (gone.status, gone.body) == (204, b"")
    refused(me.ask("GET", item, query=query), 404, "folder_not_found")
    refused(me.ask("GET", item, query={"path": "log"}), 404, "folder_not_found")
    refused(me.ask("DELETE", item, query=query), 404, "folder_not_found")


@pytest.mark.parametrize("named", ["key", "blog.articles", "blog/articles", "/blog/articles/"])
def test_a_parent_is_named_by_key_or_path(me: Manager, named: str) -> None:
    blog = me.folder("blog")
    articles = me.folder("articles", blog)
    parent = articles if named == "key" else named

    made = me.made("/folders/tree/", name="Drafts", alias="drafts", parent=parent)

    assert (made["parent"], made["path"]) == (articles, "blog.articles.drafts")
    for path in ("blog.articles.drafts", "blog/articles/drafts", "/blog/articles/drafts", "blog.articles/drafts"):
        assert me.ask("GET", "/folders/tree/folder/", query={"path": path}).json == made


def test_the_tree(me: Manager) -> None:
    top, other = me.folder("top"), me.folder("other")
    one, two = me.folder("one", top), me.folder("two", top)
    low = me.folder("low", one)

    def tree(**query: str) -> tuple[int, list[str]]:
        answer = me.ask("GET", "/collections/tree/", query=query).json
        assert answer.keys() == {"count", "next", "previous", "results"}
        assert all(folder.keys() == KEYS for folder in answer["results"])
        return answer["count"], [folder["key"] for folder in answer["results"]]

    assert tree() == (2, [top, other])
    assert tree(mode="children") == (2, [top, other])
    assert tree(key=top) == tree(key=top, mode="children") == (2, [one, two])
    assert tree(key=low) == (0, [])
    assert tree(key=one, mode="siblings") == (2, [one, two])
    assert tree(key=top, mode="siblings") == (2, [top, other])
    assert tree(key=low, mode="ancestors") == (2, [top, one])
    assert tree(key=top, mode="ancestors") == (0, [])
    assert tree(mode="ancestors") == (0, [])
    shown = me.ask("GET", "/folders/tree/", query={"key": top}).json["results"]
    assert shown == [me.ask("GET", "/folders/tree/folder/", query={"key": key}).json for key in (one, two)]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n", "alias": "a"},
        {"name": "n" * 255, "alias": "a" * 100},
        {"name": "ü", "alias": "9-a_B"},
        {"name": "n", "alias": "-a", "parent": None, "strict_reference": False},
        {"name": "n", "alias": "a", "folder_type": "collection", "content_type": "document"},
    ],
)
def test_create_takes_all_that_is_within_the_limits(me: Manager, body: dict[str, Any]) -> None:
    made = me.made("/folders/tree/", **body)

    assert {name: made[name] for name in body} == body


def test_fields_of_clients_that_are_not_built_are_taken(me: Manager) -> None:
    made = me.made("/folders/tree/", name="n", alias="a", mode="x", **IGNORED)

    assert made.keys() == KEYS
    assert me.ask("PUT", "/folders/tree/folder/", IGNORED, query={"key": made["key"]}).json == made


ALIASES = ["", "a" * 101, "_a", "a.b", "a/b", "a b", "ä", "123", "-_-", "a\n", 1]
WRONG = [
    *(({"alias": alias}, ["alias"]) for alias in ALIASES),
    *(({"name": name}, ["name"]) for name in ("", "n" * 256, 1)),
    ({"colour": "red"}, ["colour"]),
    ({"key": "mine"}, ["key"]),
    ({"auto_remove_revisions": "x"}, ["auto_remove_revisions"]),
]


@pytest.mark.parametrize(("wrong", "where"), WRONG, ids=repr)
def test_validation_error_on_create_and_update(me: Manager, wrong: dict[str, Any], where: list[Any]) -> None:
    key = me.folder()
    before = me.ask("GET", "/folders/tree/").json

    invalid(me.ask("POST", "/folders/tree/", {"name": "n", "alias": "a", **wrong}), *where)
    invalid(me.ask("PUT", "/folders/tree/folder/", wrong, query={"key": key}), *where)

    assert me.ask("GET", "/folders/tree/").json == before


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"folder_type": "composite"}, ["folder_type"]),
        ({"content_type": "image"}, ["content_type"]),
        ({"strict_reference": "yes"}, ["strict_reference"]),
        ({"parent": 1}, ["parent"]),
        ({"name": None}, ["name"]),
        ({"alias": None}, ["alias"]),
    ],
)
def test_validation_error_on_create_alone(me: Manager, wrong: dict[str, Any], where: list[Any]) -> None:
    invalid(me.ask("POST", "/folders/tree/", {"name": "n", "alias": "a", **wrong}), *where)


@pytest.mark.parametrize("fixed", ["parent", "strict_reference", "folder_type"])
def test_validation_error_on_update_of_what_never_changes(me: Manager, fixed: str) -> None:
    query = {"key": me.folder()}

    invalid(me.ask("PUT", "/folders/tree/folder/", {fixed: None}, query=query), fixed)


def test_update_is_partial(me: Manager) -> None:
    made = me.made("/folders/tree/", name="n", alias="a")
    query = {"key": made["key"]}

    def put(body: Any) -> Any:
        return me.ask("PUT", "/folders/tree/folder/", body, query=query).json

    assert put({}) == put(b"") == put({"alias": "a"}) == put({"name": "n"}) == made
    assert put({"name": "m"}) == {**made, "name": "m"}
    assert put({"alias": "b"}) == {**made, "name": "m", "alias": "b", "path": "b"}
    assert me.ask("GET", "/folders/tree/").json["results"] == [{**made, "name": "m", "alias": "b", "path": "b"}]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("one", ["folders/tree/folder", "collections/tree/collection"])
def test_one_folder_must_be_named(me: Manager, one: str, method: str) -> None:
    for query in ({}, {"key": ""}, {"path": ""}):
        invalid(me.ask(method, f"/{one}/", query=query), "key")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "query",
    [
        {"key": "nothing"},
        {"key": "k" * 2_000},
        {"path": "no.such"},
        {"path": "."},
        {"path": "//"},
        {"path": "a" * 5_000},
        {"path": "a." * 17},
    ],
    ids=lambda query: str(query)[:20],
)
def test_folder_not_found(me: Manager, method: str, query: dict[str, str]) -> None:
    me.folder()

    assert refused(me.ask(method, "/folders/tree/folder/", query=query), 404, "folder_not_found") is None


@pytest.mark.parametrize("parent", ["nothing", "no.such", "k" * 2_000, "."])
def test_folder_not_found_for_a_parent(me: Manager, parent: str) -> None:
    refused(me.ask("POST", "/folders/tree/", {"name": "n", "alias": "a", "parent": parent}), 404, "folder_not_found")


def test_folder_not_found_in_the_tree(me: Manager) -> None:
    for mode in ("children", "siblings", "ancestors", "odd"):
        refused(me.ask("GET", "/folders/tree/", query={"key": "nothing", "mode": mode}), 404, "folder_not_found")
    invalid(me.ask("GET", "/folders/tree/", query={"mode": "odd"}), "mode")
