"""Versions of a schema: drafted, published, archived (spec flux-apis, B.5)."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.managing import Manager, field, invalid, refused

KEYS = {"key", "name", "description", "version_number", "created_at", "published_at", "archived_at"}
WORDS = ["folders", "collections"]


def versions(folder: str, word: str = "folders") -> str:
    return f"/{word}/{folder}/model/versions"


def is_now(text: str) -> bool:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return abs(moment.timestamp() - time.time()) < 60


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("word", WORDS)
def test_a_version_s_life(me: Manager, word: str, slash: str) -> None:
    folder = me.folder()
    base = versions(folder, word)

    answer = me.ask("POST", f"{base}{slash}", {"name": "First", "description": "Words"})

    assert answer.status == 201
    made = answer.json
    assert made.keys() == KEYS
    assert re.fullmatch(r"[0-9a-z]{12}", made["key"])
    assert is_now(made["created_at"])
    blank = {"version_number": None, "published_at": None, "archived_at": None}
    assert made == {**made, "name": "First", "description": "Words", **blank}
    one = f"{base}/{made['key']}{slash}"
    assert me.ask("GET", one).json == made
    assert me.ask("PUT", one, {"name": "Other"}).json == {**made, "name": "Other"}
    assert me.ask("PUT", one, {"description": "D"}).json == {**made, "name": "Other", "description": "D"}
    assert me.ask("PUT", one).json == {**made, "name": "Other", "description": "D"}
    for other in WORDS:
        listed = me.ask("GET", f"{versions(folder, other)}{slash}").json
        assert (listed["count"], listed["results"]) == (1, [{**made, "name": "Other", "description": "D"}])
    gone = me.ask("DELETE", one)
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, one), 404, "schema_version_not_found")
    assert me.ask("GET", base).json == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize("word", WORDS)
def test_one_is_published_and_the_one_before_is_archived(me: Manager, word: str) -> None:
    folder = me.folder()
    base = versions(folder, word)
    first, second = me.draft(folder, field("a")), me.draft(folder, field("b"))

    one = me.ask("POST", f"{base}/{first.split('/')[-2]}/publish").json
    assert (one["version_number"], one["archived_at"]) == (1, None)
    assert is_now(one["published_at"])
    assert me.ask("GET", first).json == one
    two = me.ask("POST", f"{base}/{second.split('/')[-2]}/publish/").json
    assert (two["version_number"], two["archived_at"]) == (2, None)

    before = me.ask("GET", first).json
    assert is_now(before["archived_at"])
    assert before == {**one, "archived_at": before["archived_at"]}
    assert me.ask("GET", second).json == two
    assert me.ask("GET", base).json["results"] == [before, two]


def test_numbers_are_those_of_publication(me: Manager) -> None:
    folder = me.folder()
    drafts = [me.draft(folder) for _ in range(3)]

    numbers = [me.ask("POST", f"{draft}publish/").json["version_number"] for draft in reversed(drafts)]

    assert numbers == [1, 2, 3]
    assert [row["version_number"] for row in me.ask("GET", versions(folder)).json["results"]] == [3, 2, 1]


def test_a_published_version_is_locked(me: Manager) -> None:
    folder = me.folder()
    path = me.draft(folder, field("a"))
    assert me.ask("POST", f"{path}publish/").status == 200

    for _ in range(2):
        fields, one = f"{path}schema/tree/", f"{path}schema/tree/field/"
        before = me.ask("GET", path, query={"include_schema": "true"}).json
        refused(me.ask("PUT", path, {"name": "Other"}), 422, "version_already_published")
        refused(me.ask("PUT", path), 422, "version_already_published")
        refused(me.ask("DELETE", path), 422, "version_already_published")
        refused(me.ask("POST", f"{path}publish/"), 422, "version_already_published")
        refused(me.ask("POST", fields, field("b")), 422, "version_already_published")
        refused(me.ask("PUT", one, {"required": True}, query={"path": "a"}), 422, "version_already_published")
        refused(me.ask("DELETE", one, query={"path": "a"}), 422, "version_already_published")
        assert me.ask("GET", path, query={"include_schema": "true"}).json == before
        # An archived one is locked as well
        me.schema(folder)


def test_a_version_is_copied_into_a_draft(me: Manager) -> None:
    folder = me.folder()
    source = me.schema(folder, field("a", "object"), field("b", parent="a", meta={"max_length": 3}))

    copy = me.draft(folder, copy=source)

    assert me.ask("DELETE", f"{copy}schema/tree/field/", query={"path": "a.b"}).status == 204
    me.made(f"{copy}schema/tree/", **field("c", parent="a"))

    def paths(version: str) -> list[str]:
        found = me.ask("GET", f"{version}schema/tree/", query={"mode": "descendants"}).json["results"]
        return [one["path"] for one in found]

    assert paths(copy) == ["a", "a.c"]
    assert paths(f"{versions(folder)}/{source}/") == ["a", "a.b"]
    # From a draft too; but never from another folder
    assert paths(me.draft(folder, copy=copy.split("/")[-2])) == ["a", "a.c"]
    for unknown in ("nothing", "", "k" * 2_000):
        answer = me.ask("POST", versions(me.folder()), {"name": "n"}, query={"copy_from": unknown})
        refused(answer, 404, "schema_version_not_found")
    refused(
        me.ask("POST", versions(me.folder()), {"name": "n"}, query={"copy_from": source}),
        404,
        "schema_version_not_found",
    )


def test_the_schema_is_shown_when_asked_for(me: Manager) -> None:
    path = me.draft(me.folder(), field("a", "object", required=True), field("b", "integer", parent="a"))

    shown = me.ask("GET", path, query={"include_schema": "true"}).json

    assert shown.keys() == {*KEYS, "json_schema"}
    whole = shown["json_schema"]
    assert (whole["type"], whole["required"], whole["additionalProperties"]) == ("object", ["a"], False)
    assert whole["properties"]["a"]["properties"]["b"]["type"] == "integer"
    for text in ("false", "", "0", "TRUE", "yes"):
        assert me.ask("GET", path, query={"include_schema": text}).json.keys() == KEYS


def test_too_many_versions(me: Manager) -> None:
    folder = me.folder()
    drafts = [me.draft(folder) for _ in range(50)]

    refused(me.ask("POST", versions(folder), {"name": "n"}), 422, "too_many_versions")
    refused(
        me.ask("POST", versions(folder), {"name": "n"}, query={"copy_from": drafts[0].split("/")[-2]}),
        422,
        "too_many_versions",
    )

    # Those that were published do not count, nor those that went
    assert me.ask("POST", f"{drafts[0]}publish/").status == 200
    drafts.append(me.draft(folder))
    refused(me.ask("POST", versions(folder), {"name": "n"}), 422, "too_many_versions")
    assert me.ask("DELETE", drafts[1]).status == 204
    assert me.draft(folder)
    assert me.ask("GET", versions(folder), query={"limit": "1"}).json["count"] == 51


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "n" * 256}, "name"),
    ({"name": 1}, "name"),
    ({"description": "d" * 501}, "description"),
    ({"description": 1}, "description"),
    ({"colour": "red"}, "colour"),
    ({"version_number": 7}, "version_number"),
]


@pytest.mark.parametrize(("wrong", "where"), WRONG, ids=repr)
def test_validation_error(me: Manager, wrong: dict[str, Any], where: str) -> None:
    folder = me.folder()
    path = me.draft(folder)
    before = me.ask("GET", versions(folder)).json

    invalid(me.ask("POST", versions(folder), {"name": "n", **wrong}), where)
    invalid(me.ask("PUT", path, wrong), where)

    assert me.ask("GET", versions(folder)).json == before


def test_bodies_that_are_none(me: Manager) -> None:
    folder = me.folder()
    invalid(me.ask("POST", versions(folder)), "name")
    invalid(me.ask("POST", versions(folder), []))
    refused(me.ask("POST", versions(folder), b"{"), 400, "json_parse_error")
    refused(me.ask("PUT", me.draft(folder), b"\xff"), 400, "json_parse_error")


def test_folder_not_found(me: Manager) -> None:
    for folder in ("nothing", "k" * 2_000):
        base = f"{versions(folder)}/"
        for method, path in (("GET", base), ("POST", base), ("GET", f"{base}v/"), ("POST", f"{base}v/publish/")):
            refused(me.ask(method, path, {"name": "n"}), 404, "folder_not_found")


def test_a_folder_with_versions_is_deleted_and_they_are_found_no_more(me: Manager) -> None:
    folder = me.folder()
    me.schema(folder, field("a"))
    path = me.draft(folder)

    assert me.ask("DELETE", "/folders/tree/folder/", query={"key": folder}).status == 204

    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, path), 404, "folder_not_found")
    refused(me.ask("POST", versions(folder), {"name": "n"}), 404, "folder_not_found")
