"""Resources, endpoint by endpoint, under both names of folders (spec flux-apis, B.7)."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.resources.test_documents import noise
from tests.support.managing import Manager, field, invalid, refused

KEYS = {"key", "folder", "content_type", "created_at", "vectors_size", "name", "component", "resource_owner"}
KEYS |= {"current_revision", "external_id"}
WORDS = ["folders", "collections"]


@pytest.fixture
def folder(me: Manager) -> str:
    """A folder whose documents have a title, a text and a count."""
    key = me.folder()
    me.schema(key, field("title"), field("text", "text"), field("count", "integer"), field("data", "object"))
    return key


def errors(answer: Any) -> list[dict[str, Any]]:
    """What `data_validation_error` says, path and message of each."""
    detail = refused(answer, 422, "data_validation_error")
    assert detail.keys() == {"errors"}
    assert detail["errors"]
    assert all(one.keys() == {"json_path", "message"} for one in detail["errors"])
    return list(detail["errors"])


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("word", WORDS)
def test_a_resource_s_life(me: Manager, folder: str, word: str, slash: str) -> None:
    base = f"/{word}/{folder}/resources"

    answer = me.ask("POST", f"{base}{slash}", {"data": {"title": "Ü"}, "name": "N", "external_id": "x/1"})

    assert answer.status == 201
    made = answer.json
    assert made.keys() == KEYS
    assert re.fullmatch(r"[0-9a-z]{12}", made["key"])
    moment = datetime.strptime(made["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(moment.timestamp() - time.time()) < 60
    none = {"component": None, "resource_owner": None, "current_revision": None}
    said = {"folder": folder, "content_type": "document", "vectors_size": 0, "name": "N", "external_id": "x/1"}
    assert made == {**made, **said, **none}
    one = f"{base}/{made['key']}"
    assert me.ask("GET", f"{one}{slash}").json == made
    refused(me.ask("GET", f"{one}/data{slash}"), 404, "revision_not_found")
    assert me.ask("PUT", f"{one}{slash}", {"title": "V"}).json == made
    assert [row["number"] for row in me.revisions(folder, made["key"])] == [1, 2]
    revision = me.publish(folder, made["key"]).json["key"]
    published = {**made, "current_revision": revision}
    for other in WORDS:
        assert me.ask("GET", f"/{other}/{folder}/resources/{made['key']}").json == published
        listed = me.ask("GET", f"/{other}/{folder}/resources{slash}").json
        assert (listed["count"], listed["results"]) == (1, [published])
    assert me.ask("GET", f"{one}/data{slash}").json == {"title": "V"}
    gone = me.ask("DELETE", f"{one}{slash}")
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        refused(me.ask(method, one), 404, "resource_not_found")
    refused(me.ask("GET", f"{one}/data"), 404, "resource_not_found")
    refused(me.ask("GET", f"{one}/revisions/{revision}"), 404, "resource_not_found")
    assert me.ask("GET", base).json == {"count": 0, "next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("body", "document"),
    [
        ({"title": "t"}, {"title": "t"}),
        ({"data": {"title": "t"}}, {"title": "t"}),
        ({"data": {"data": {}}}, {"data": {}}),
        ({"data": {}, "title": "t"}, {"data": {}, "title": "t"}),
        ({"data": {"title": "t"}, "component": "c"}, {"title": "t"}),
        ({}, {}),
        (b"", {}),
    ],
)
def test_bare_documents_and_envelopes(me: Manager, folder: str, body: Any, document: dict[str, Any]) -> None:
    answer = me.ask("POST", f"/folders/{folder}/resources/", body)

    assert answer.status == 201
    resource = answer.json["key"]
    (revision,) = me.revisions(folder, resource)
    path = f"/folders/{folder}/resources/{resource}/revisions/{revision['key']}"
    assert me.ask("GET", f"{path}/data").json == document
    assert (
        me.ask("PUT", path, body).status == me.ask("PUT", f"/folders/{folder}/resources/{resource}", body).status == 200
    )


def test_a_document_comes_back_as_it_was_sent(me: Manager, folder: str) -> None:
    sent = b'{"text":"\\u00e9 \xf0\x9f\x98\x80 \\u0000 \\ud83d\\ude00","count":7.0,"title":""}'
    answer = me.ask("POST", f"/folders/{folder}/resources/", sent)
    resource = answer.json["key"]
    assert me.publish(folder, resource).status == 200

    raw = me.ask("GET", f"/folders/{folder}/resources/{resource}/data").body

    assert json.loads(raw) == json.loads(sent)
    assert list(json.loads(raw)) == ["text", "count", "title"]


WRONG: list[tuple[Any, str]] = [
    ({"title": 1}, "$.title"),
    ({"title": "t" * 256}, "$.title"),
    ({"count": 2**53}, "$.count"),
    ({"count": "1"}, "$.count"),
    ({"stranger": 1}, "$"),
    ({"data": {"stranger": 1}, "title": "x"}, "$.data"),
    (b'{"count": 1e400}', "$.count"),
    (b'{"count": ' + b"9" * 4_200 + b"}", "$.count"),
    ({"title": None}, "$.title"),
]


@pytest.mark.parametrize(("body", "path"), WRONG, ids=lambda value: repr(value)[:30])
def test_data_validation_error(me: Manager, folder: str, body: Any, path: str) -> None:
    resource = me.resource(folder, {})
    (revision,) = me.revisions(folder, resource)
    base = f"/folders/{folder}/resources"
    before = me.ask("GET", base).json
    calls = [
        ("POST", base, None),
        ("PUT", base, {"external_id": "x"}),
        ("PUT", f"{base}/{resource}", None),
        ("POST", f"{base}/{resource}/revisions", None),
        ("PUT", f"{base}/{resource}/revisions/{revision['key']}", None),
    ]

    for method, where, query in calls:
        assert {one["json_path"] for one in errors(me.ask(method, where, body, query=query))} == {path}

    assert me.ask("GET", base).json == before
    assert me.revisions(folder, resource) == [revision]


def test_many_faults_are_told_up_to_twenty(me: Manager) -> None:
    folder = me.folder()
    me.schema(folder, field("n", "integer", multiple=True))

    found = errors(me.ask("POST", f"/folders/{folder}/resources/", {"n": ["x"] * 100}))

    assert [one["json_path"] for one in found] == [f"$.n[{at}]" for at in range(20)]


def test_schema_not_published(me: Manager) -> None:
    folder = me.folder()
    me.draft(folder, field("title"))

    for body in ({}, {"title": "t"}, {"stranger": 1}):
        refused(me.ask("POST", f"/folders/{folder}/resources/", body), 422, "schema_not_published")
        answer = me.ask("PUT", f"/folders/{folder}/resources/", body, query={"external_id": "x"})
        refused(answer, 422, "schema_not_published")
    assert me.ask("GET", f"/folders/{folder}/resources/").json["count"] == 0


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"title": "\\ud800"}', b'{"count": NaN}', b"[" * 5_000])
def test_json_parse_error(me: Manager, folder: str, body: bytes) -> None:
    base = f"/folders/{folder}/resources"
    resource = me.resource(folder, {})

    refused(me.ask("POST", base, body), 400, "json_parse_error")
    refused(me.ask("PUT", f"{base}/{resource}", body), 400, "json_parse_error")
    refused(me.ask("POST", f"{base}/{resource}/revisions", body), 400, "json_parse_error")


def test_what_never_changes_may_be_said_again(me: Manager, folder: str) -> None:
    resource = me.resource(folder, {}, external_id="x", name="N")
    path = f"/folders/{folder}/resources/{resource}"

    assert me.ask("PUT", path, {"data": {}, "external_id": "x", "name": "N"}).status == 200
    invalid(me.ask("PUT", path, {"data": {}, "external_id": "y"}), "external_id")
    invalid(me.ask("PUT", path, {"external_id": "y"}), "external_id")
    invalid(me.ask("PUT", path, {"data": {}, "resource_owner": "y"}), "resource_owner")
    assert me.ask("GET", path).json["external_id"] == "x"


def test_a_document_of_a_megabyte(me: Manager, folder: str) -> None:
    resource = me.resource(folder, {"text": "a" * (1_000_000 - len('{"text":""}'))})
    assert me.publish(folder, resource).json["size"] == 1_000_000
    assert len(me.ask("GET", f"/folders/{folder}/resources/{resource}/data").json["text"]) == 999_989
    # Spaces, and how letters are escaped, do not count.
    spaced = b'{"text" : ' + b" " * 500_000 + b'"' + b"\\u0061" * 900_000 + b'"}'
    assert me.ask("PUT", f"/folders/{folder}/resources/{resource}", spaced).status == 200

    (found,) = errors(me.ask("POST", f"/folders/{folder}/resources/", {"text": "a" * 999_990}))

    assert found["json_path"] == "$"


def test_a_document_that_does_not_compress(me: Manager, folder: str) -> None:
    resource = me.resource(folder, {"text": noise(650_000)})
    assert me.publish(folder, resource).status == 200

    (found,) = errors(me.ask("POST", f"/folders/{folder}/resources/", {"text": noise(760_000)}))

    assert found["json_path"] == "$"
    assert "compressed" in found["message"]


def test_what_is_too_long_is_not_judged(me: Manager) -> None:
    """Judging 10 MB of small values would take longer than a call may."""
    folder = me.folder()
    me.schema(folder, field("n", "integer", multiple=True))
    start = time.monotonic()

    (found,) = errors(me.ask("POST", f"/folders/{folder}/resources/", b'{"n":[' + b"1," * 2_000_000 + b"1]}"))

    assert found["json_path"] == "$"
    assert time.monotonic() - start < 8


def test_references(me: Manager, folder: str) -> None:
    refs = me.folder()
    me.schema(
        refs, field("one", "reference", meta={"folder": folder}), field("own", "reference", meta={"folder": refs})
    )
    there = me.resource(folder, {})

    first = me.resource(refs, {"one": there})
    assert me.resource(refs, {"own": first, "one": there})

    for wrong in ({"one": "nothing"}, {"own": there}, {"one": first}, {"one": "a/b"}, {"one": f"{there} "}):
        (found,) = errors(me.ask("POST", f"/folders/{refs}/resources/", wrong))
        assert found["json_path"] == f"$.{next(iter(wrong))}"
    # What is referred to may go; documents that say so are no longer valid.
    assert me.ask("DELETE", f"/folders/{folder}/resources/{there}").status == 204
    (revision,) = me.revisions(refs, first)
    path = f"/folders/{refs}/resources/{first}/revisions/{revision['key']}/validate"
    assert me.ask("POST", path).json["is_valid"] is False


def test_a_hundred_references(me: Manager, folder: str) -> None:
    refs = me.folder()
    me.schema(refs, field("all", "reference", multiple=True, meta={"folder": folder}))
    there = me.resource(folder, {})

    assert me.resource(refs, {"all": [there] * 150})
    (found,) = errors(me.ask("POST", f"/folders/{refs}/resources/", {"all": [f"k{n}" for n in range(101)]}))
    assert found["json_path"] == "$"
    (found,) = errors(me.ask("POST", f"/folders/{refs}/resources/", {"all": [there, *(f"k{n}" for n in range(99))]}))
    assert found["json_path"] == "$.all[1]"
