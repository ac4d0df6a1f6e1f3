"""Revisions: drafts, of which one is published at a time (spec flux-apis, B.7)."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.resources.recount import recount
from tests.support.managing import Manager, field, refused
from tests.support.system import Answer

KEYS = {"key", "resource", "schema_version", "number", "size", "created_at", "status", "is_valid"}
KEYS |= {"published_at", "unpublished_at"}


@dataclass(frozen=True)
class Thing:
    """A resource with one draft, `{"title": "1"}`."""

    me: Manager
    folder: str
    version: str
    key: str
    word: str = "folders"

    @classmethod
    def of(cls, me: Manager, word: str = "folders") -> "Thing":
        folder = me.folder()
        version = me.schema(
            folder, field("title", searchable=True), field("n", "integer", multiple=True, searchable=True)
        )
        return cls(me, folder, version, me.resource(folder, {"title": "1"}), word)

    def ask(self, method: str, path: str = "", body: Any = b"") -> Answer:
        base = f"/{self.word}/{self.folder}/resources/{self.key}"
        return self.me.ask(method, f"{base}/{path}" if path else base, body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.me.revisions(self.folder, self.key)

    def act(self, revision: str, act: str) -> dict[str, Any]:
        answer = self.ask("POST", f"revisions/{revision}/{act}")
        assert answer.status == 200, answer.body
        return dict(answer.json)

    def state(self) -> list[tuple[int, str]]:
        """Number and status of each revision."""
        return [(row["number"], row["status"]) for row in self.rows]

    def shows(self) -> tuple[str | None, Any]:
        """Key and document of the current revision."""
        answer = self.ask("GET", "data")
        return self.ask("GET").json["current_revision"], answer.json if answer.status == 200 else None


@pytest.fixture
def thing(me: Manager) -> Thing:
    return Thing.of(me)


def is_now(text: str) -> bool:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return abs(moment.timestamp() - time.time()) < 60


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("word", ["folders", "collections"])
def test_a_revision_s_life(me: Manager, word: str, slash: str) -> None:
    thing = Thing.of(me, word)

    answer = thing.ask("POST", f"revisions{slash}", {"data": {"title": "ü"}})

    assert answer.status == 201
    made = answer.json
    assert made.keys() == KEYS
    assert re.fullmatch(r"[0-9a-z]{12}", made["key"])
    assert is_now(made["created_at"])
    facts = {"resource": thing.key, "schema_version": thing.version, "number": 2, "size": 14, "status": "draft"}
    assert made == {**made, **facts, "is_valid": True, "published_at": None, "unpublished_at": None}
    one = f"revisions/{made['key']}"
    assert thing.ask("GET", f"{one}{slash}").json == thing.rows[1] == made
    assert thing.ask("GET", f"{one}/data{slash}").json == {"title": "ü"}
    changed = thing.ask("PUT", f"{one}{slash}", {"title": "other"}).json
    assert changed == {**made, "size": 17} == thing.ask("GET", one).json
    assert thing.ask("GET", f"{one}/data").json == {"title": "other"}
    published = thing.ask("POST", f"{one}/publish{slash}").json
    assert published == {**changed, "status": "published", "published_at": published["published_at"]}
    assert is_now(published["published_at"])
    assert thing.ask("GET", one).json == published
    back = thing.ask("POST", f"{one}/unpublish{slash}").json
    assert back == {**published, "status": "unpublished", "unpublished_at": back["unpublished_at"]}
    assert is_now(back["unpublished_at"])
    assert thing.ask("GET", one).json == back
    gone = thing.ask("DELETE", f"{one}{slash}")
    assert (gone.status, gone.body) == (204, b"")
    for method, path in (
        ("GET", one),
        ("PUT", one),
        ("DELETE", one),
        ("GET", f"{one}/data"),
        ("POST", f"{one}/publish"),
    ):
        refused(thing.ask(method, path), 404, "revision_not_found")
    assert recount(me.system) == []


def test_one_is_published_in_place_of_the_other(thing: Thing) -> None:
    first = thing.rows[0]["key"]
    second = thing.me.revise(thing.folder, thing.key, {"title": "2"})
    assert thing.shows() == (None, None)

    thing.act(first, "publish")
    assert thing.shows() == (first, {"title": "1"})
    thing.act(second, "publish")
    assert thing.shows() == (second, {"title": "2"})
    assert thing.state() == [(1, "unpublished"), (2, "published")]
    assert [row["unpublished_at"] is None for row in thing.rows] == [False, True]
    # Back to the one before
    again = thing.act(first, "publish")
    assert (again["status"], again["unpublished_at"]) == ("published", None)
    assert thing.shows() == (first, {"title": "1"})
    assert thing.state() == [(1, "published"), (2, "unpublished")]
    assert recount(thing.me.system) == []


def test_publishing_twice_changes_nothing(thing: Thing) -> None:
    revision = thing.rows[0]["key"]
    first = thing.act(revision, "publish")
    before = thing.me.system.contents()

    assert thing.act(revision, "publish") == first
    assert thing.me.system.contents() == before


def test_numbers_are_never_given_again(thing: Thing) -> None:
    for number in (2, 3):
        key = thing.me.revise(thing.folder, thing.key, {})
        assert thing.rows[-1]["number"] == number
        assert thing.ask("DELETE", f"revisions/{key}").status == 204
    assert thing.ask("PUT", "", {"title": "4"}).status == 200

    assert thing.state() == [(1, "draft"), (4, "draft")]
    assert thing.ask("GET", "revisions").json["count"] == 2


def test_what_was_published_never_changes(thing: Thing) -> None:
    revision = thing.rows[0]["key"]
    thing.act(revision, "publish")

    refused(thing.ask("PUT", f"revisions/{revision}", {"title": "x"}), 422, "revision_published")
    thing.act(revision, "unpublish")
    refused(thing.ask("PUT", f"revisions/{revision}", {"title": "x"}), 422, "revision_published")

    assert thing.ask("GET", f"revisions/{revision}/data").json == {"title": "1"}


def test_taking_back(thing: Thing) -> None:
    revision = thing.rows[0]["key"]
    refused(thing.ask("POST", f"revisions/{revision}/unpublish"), 422, "revision_not_published")
    thing.act(revision, "publish")
    other = thing.me.revise(thing.folder, thing.key, {})
    refused(thing.ask("POST", f"revisions/{other}/unpublish"), 422, "revision_not_published")

    thing.act(revision, "unpublish")

    assert thing.shows() == (None, None)
    refused(thing.ask("GET", "data"), 404, "revision_not_found")
    refused(thing.ask("POST", f"revisions/{revision}/unpublish"), 422, "revision_not_published")
    thing.act(revision, "publish")
    assert thing.ask("GET", "data").json == {"title": "1"}
    assert recount(thing.me.system) == []


def test_the_published_one_is_deleted(thing: Thing) -> None:
    first = thing.rows[0]["key"]
    thing.act(first, "publish")
    second = thing.me.revise(thing.folder, thing.key, {"title": "2"})

    assert thing.ask("DELETE", f"revisions/{first}").status == 204

    assert (thing.shows(), thing.state()) == ((None, None), [(2, "draft")])
    refused(thing.ask("GET", "data"), 404, "revision_not_found")
    # The last as well: the resource stays, and takes new ones.
    assert thing.ask("DELETE", f"revisions/{second}").status == 204
    assert thing.rows == []
    thing.act(thing.me.revise(thing.folder, thing.key, {"title": "3"}), "publish")
    assert thing.state() == [(3, "published")]
    assert recount(thing.me.system) == []


def test_many_index_rows_come_and_go(thing: Thing) -> None:
    numbers = list(range(130))
    many = thing.me.revise(thing.folder, thing.key, {"n": numbers})
    other = thing.me.revise(thing.folder, thing.key, {"n": numbers[::2], "title": "x"})
    for revision in (many, other, thing.rows[0]["key"], many):
        thing.act(revision, "publish")
    assert recount(thing.me.system) == []
    thing.act(many, "unpublish")
    assert recount(thing.me.system) == []
    thing.act(other, "publish")
    assert thing.ask("DELETE").status == 204
    assert recount(thing.me.system) == []


def test_too_many_index_rows(thing: Thing) -> None:
    revision = thing.me.revise(thing.folder, thing.key, {"n": list(range(2_000))})
    before = thing.me.system.contents()

    (error,) = refused(thing.ask("POST", f"revisions/{revision}/publish"), 422, "data_validation_error")["errors"]

    assert "2000" in error["message"]
    assert thing.me.system.contents() == before


def test_another_schema_version(thing: Thing) -> None:
    me, old = thing.me, thing.rows[0]["key"]
    fits = me.revise(thing.folder, thing.key, {})
    thing.act(old, "publish")
    assert [row["is_valid"] for row in thing.rows] == [True, True]
    assert thing.act(old, "validate") == {"is_valid": True, "errors": []}

    newer = me.schema(thing.folder, field("name", searchable=True), field("title", "integer"))
    me.system.jobs.work()

    # What was judged by the version before is neither valid nor invalid, until somebody asks.
    assert [(row["schema_version"], row["is_valid"]) for row in thing.rows] == [(thing.version, None)] * 2
    said = thing.act(old, "validate")
    assert (said["is_valid"], [one["json_path"] for one in said["errors"]]) == (False, ["$.title"])
    assert said["errors"][0].keys() == {"json_path", "message"}
    assert thing.act(fits, "validate") == {"is_valid": True, "errors": []}
    assert thing.ask("GET", "data").json == {"title": "1"}
    answer = thing.ask("PUT", f"revisions/{fits}", {"title": "text"})
    refused(answer, 422, "data_validation_error")
    changed = thing.ask("PUT", f"revisions/{fits}", {"title": 7, "name": "n"}).json
    assert (changed["schema_version"], changed["is_valid"]) == (newer, True)
    assert recount(me.system) == []

    published = thing.act(fits, "publish")
    assert (published["schema_version"], published["is_valid"]) == (newer, True)
    # The one before cannot come back any more.
    refused(thing.ask("POST", f"revisions/{old}/publish"), 422, "data_validation_error")
    assert thing.ask("GET", "data").json == {"title": 7, "name": "n"}
    assert recount(me.system) == []


def test_a_draft_of_an_older_schema_is_published_under_the_new_one(thing: Thing) -> None:
    revision = thing.rows[0]["key"]
    newer = thing.me.schema(thing.folder, field("title", "text"))

    published = thing.act(revision, "publish")

    assert (published["schema_version"], published["is_valid"]) == (newer, True)
    thing.me.system.jobs.work()
    assert recount(thing.me.system) == []


def test_validating_asks_for_what_is_referred_to(me: Manager) -> None:
    folder = me.folder()
    me.schema(folder, field("ref", "reference", meta={"folder": folder}), field("title"))
    there = me.resource(folder, {})
    resource = me.resource(folder, {"ref": there})
    (row,) = me.revisions(folder, resource)
    path = f"/folders/{folder}/resources/{resource}/revisions/{row['key']}/validate"
    assert me.ask("POST", path).json == {"is_valid": True, "errors": []}
    assert me.ask("DELETE", f"/folders/{folder}/resources/{there}").status == 204

    assert [one["json_path"] for one in me.ask("POST", path).json["errors"]] == ["$.ref"]


def test_not_found(thing: Thing) -> None:
    other = Thing.of(thing.me)
    theirs = other.rows[0]["key"]
    for revision in ("nothing", theirs, "k" * 500):
        for method, act in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/data"), ("POST", "/publish")):
            refused(thing.ask(method, f"revisions/{revision}{act}"), 404, "revision_not_found")
    base = f"/folders/{thing.folder}/resources"
    for resource in ("nothing", other.key, "k" * 500):
        refused(thing.me.ask("GET", f"{base}/{resource}/revisions"), 404, "resource_not_found")
        refused(thing.me.ask("POST", f"{base}/{resource}/revisions", {}), 404, "resource_not_found")
        refused(thing.me.ask("GET", f"{base}/{resource}/revisions/{theirs}"), 404, "resource_not_found")
    refused(thing.me.ask("GET", f"/folders/nothing/resources/{thing.key}/revisions"), 404, "folder_not_found")


def test_bodies_of_acts_do_not_matter(thing: Thing) -> None:
    revision = thing.rows[0]["key"]
    for body in (b"", b"{}", b'{"any": 1}', b"no JSON"):
        assert thing.ask("POST", f"revisions/{revision}/publish", body).status == 200
        assert thing.ask("POST", f"revisions/{revision}/validate", body).status == 200
