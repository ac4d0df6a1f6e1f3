"""External ids: one resource has each, and by it a caller makes or revises it (spec flux-apis, B.7)."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from tests.drive.failing import patience
from tests.resources.recount import recount
from tests.support.managing import Manager, field, invalid, manager, refused
from tests.support.ministack import Ministack
from tests.support.system import Answer, System
from tests.support.threads import at_once


@pytest.fixture
def folder(me: Manager) -> str:
    key = me.folder()
    me.schema(key, field("title"))
    return key


def upsert(me: Manager, folder: str, external_id: str, body: Any, word: str = "folders") -> Any:
    return me.ask("PUT", f"/{word}/{folder}/resources/", body, query={"external_id": external_id})


@pytest.mark.parametrize("word", ["folders", "collections"])
def test_the_first_time_it_is_made_and_then_revised(me: Manager, folder: str, word: str) -> None:
    first = upsert(me, folder, "a", {"title": "1"}, word)
    again = upsert(me, folder, "a", {"data": {"title": "2"}}, word)
    other = upsert(me, folder, "b", {"title": "3"}, word)

    assert (first.status, again.status, other.status) == (201, 200, 201)
    assert again.json == first.json
    assert (first.json["external_id"], other.json["external_id"]) == ("a", "b")
    assert [row["number"] for row in me.revisions(folder, first.json["key"])] == [1, 2]
    assert me.ask("GET", f"/folders/{folder}/resources/").json["count"] == 2


def test_a_name_is_taken_when_it_is_made(me: Manager, folder: str) -> None:
    assert upsert(me, folder, "a", {"data": {}, "name": "N"}).json["name"] == "N"


@pytest.mark.parametrize("external_id", ["x", "é/ü ?#&=", "x" * 255, "😀" * 255, " ", "\n", "A", "null", "../x"])
def test_any_text_will_do(me: Manager, folder: str, external_id: str) -> None:
    made = upsert(me, folder, external_id, {})

    assert (made.status, made.json["external_id"]) == (201, external_id)
    assert upsert(me, folder, external_id, {}).json == made.json
    answer = me.ask("POST", f"/folders/{folder}/resources/", {"data": {}, "external_id": external_id})
    assert refused(answer, 409, "external_id_conflict") is None


def test_external_id_conflict(me: Manager, folder: str) -> None:
    resource = me.resource(folder, {}, external_id="x")
    other = me.folder()
    me.schema(other, field("title"))

    for body in ({"data": {}, "external_id": "x"}, {"title": "t", "external_id": "x"}):
        refused(me.ask("POST", f"/folders/{folder}/resources/", body), 409, "external_id_conflict")
    # In another folder, in another case, or once it is free
    assert me.resource(other, {}, external_id="x")
    assert me.resource(folder, {}, external_id="X")
    assert me.ask("GET", f"/folders/{folder}/resources/").json["count"] == 2
    assert me.ask("DELETE", f"/folders/{folder}/resources/{resource}").status == 204
    assert upsert(me, folder, "x", {}).status == 201


def test_which_one_must_be_said(me: Manager, folder: str) -> None:
    invalid(me.ask("PUT", f"/folders/{folder}/resources/", {}), "external_id")
    for wrong in ("", "x" * 256):
        invalid(upsert(me, folder, wrong, {}), "external_id")


def test_the_body_says_no_other_one(me: Manager, folder: str) -> None:
    invalid(upsert(me, folder, "a", {"data": {}, "external_id": "b"}), "external_id")
    invalid(upsert(me, folder, "a", {"title": "t", "external_id": "b"}), "external_id")
    assert me.ask("GET", f"/folders/{folder}/resources/").json["count"] == 0

    assert upsert(me, folder, "a", {"data": {}, "external_id": "a"}).status == 201
    assert upsert(me, folder, "a", {"title": "t", "external_id": "a"}).status == 200


def test_a_resource_without_one_is_not_found_by_any(me: Manager, folder: str) -> None:
    resource = me.resource(folder, {})

    assert upsert(me, folder, resource, {}).status == 201
    assert me.ask("GET", f"/folders/{folder}/resources/").json["count"] == 2


def test_folder_not_found(me: Manager) -> None:
    refused(upsert(me, "nothing", "x", {}), 404, "folder_not_found")


TIMES = 6


@pytest.fixture(scope="module")
def over_ministack(ministack: Ministack) -> System:
    return ministack.system()


@pytest.fixture
def many(over_ministack: System, monkeypatch: pytest.MonkeyPatch) -> Manager:
    """Someone whose calls do not give up soon: a slow machine is not what is tested."""
    monkeypatch.setattr("chalicelib.aws.clients._current", over_ministack.aws)
    patience(monkeypatch, 30)
    return manager(over_ministack)


def outcomes(works: Sequence[Callable[[], Answer]]) -> Counter[str]:
    """How often each outcome came of doing all at once: a status, or an error code."""
    answers = at_once(works)
    return Counter(answer.json["error_code"] if answer.status >= 400 else str(answer.status) for answer in answers)


def place(me: Manager) -> str:
    folder = me.folder()
    me.schema(folder, field("title"))
    return folder


def test_one_of_many_gets_an_external_id(many: Manager) -> None:
    folder = place(many)
    make = partial(many.ask, "POST", f"/folders/{folder}/resources/", {"data": {}, "external_id": "same"})

    assert outcomes([make] * TIMES) == {"201": 1, "external_id_conflict": TIMES - 1}

    assert many.ask("GET", f"/folders/{folder}/resources/").json["count"] == 1
    assert recount(many.system) == []


def test_many_upserts_make_one_resource_and_lose_no_revision(many: Manager) -> None:
    folder = place(many)
    works = [partial(upsert, many, folder, "same", {"title": str(n)}) for n in range(TIMES)]

    assert outcomes(works) == {"201": 1, "200": TIMES - 1}

    (resource,) = many.ask("GET", f"/folders/{folder}/resources/").json["results"]
    rows = many.revisions(folder, resource["key"])
    assert sorted(row["number"] for row in rows) == list(range(1, TIMES + 1))
    path = f"/folders/{folder}/resources/{resource['key']}/revisions"
    assert {many.ask("GET", f"{path}/{row['key']}/data").json["title"] for row in rows} == set("012345")
    assert recount(many.system) == []


def test_upserts_as_it_is_deleted(many: Manager) -> None:
    for _ in range(2):
        folder = place(many)
        resource = many.resource(folder, {}, external_id="same")
        delete = partial(many.ask, "DELETE", f"/folders/{folder}/resources/{resource}/")

        found = outcomes([delete, *[partial(upsert, many, folder, "same", {})] * 4])

        # One that read it before it went makes it anew, or says that it is gone.
        assert found["204"] == 1
        assert found["200"] + found["201"] == 4
        assert many.ask("GET", f"/folders/{folder}/resources/").json["count"] <= 1
        assert recount(many.system) == []
