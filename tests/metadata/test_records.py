"""Records after they were made: get, change, thumbnails, delete (spec, Endpoints)."""

import importlib
from collections.abc import Callable

import pytest

from tests.metadata.records import EXAMPLE, META, create, listing, read, refusal, stats
from tests.support.calls import Calls
from tests.support.faults import Faults, conflict, lose_answer
from tests.support.system import Answer, System

NO_IDS = [
    "x",
    "file_",
    "file_abc123",
    "file_" + "a" * 47,
    "file_" + "a" * 49,
    "file_" + "A" * 48,
    "file_" + "z" * 48,
    "FILE_" + "0" * 48,
    "file_" + "0" * 47 + "%20",
    "file_" + "0" * 48 + "%0A",
    "file_" + "0" * 48 + "%2F..",
    "%ff",
    "%00",
    "%F0%9F%94%91",
    "..",
    "a" * 5000,
]


def verbs_on_one(system: System, record_id: str) -> dict[str, Answer]:
    one = f"{META}/{record_id}"
    return {
        "get": system.call("GET", one),
        "patch": system.call("PATCH", one, body={"mimeType": "image/gif"}),
        "thumbs": system.call("PUT", f"{one}/thumbs", body={"web": True}),
        "delete": system.call("DELETE", one),
    }


def test_what_cannot_be_an_id_is_not_found_without_asking_anybody(
    system: System, calls: Calls, subtests: pytest.Subtests
) -> None:
    for record_id in NO_IDS:
        for verb, answer in verbs_on_one(system, record_id).items():
            with subtests.test(f"{verb} {record_id[:60]}"):
                assert refusal(answer) == (404, "not_found")
    assert calls.total == 0


def test_an_id_of_nothing_is_not_found(system: System, calls: Calls) -> None:
    for answer in verbs_on_one(system, "file_" + "0" * 48).values():
        assert refusal(answer) == (404, "not_found")
    assert calls.by_operation() == {"GetItem": 4}


@pytest.mark.parametrize("thumb", [True, False])
def test_thumb_becomes_mobile(system: System, thumb: bool) -> None:
    made = create(system, thumb=thumb)

    assert read(system, made["id"])["thumbs"] == {"mobile": thumb, "web": False, "webPre": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"filenameEnc": "new name"},
        {"mimeType": "text/plain"},
        {"dekEnc": "new key"},
        {"filenameEnc": "é" * 8192, "mimeType": "x", "dekEnc": "y" * 8192},
        {},
    ],
    ids=lambda changes: "+".join(changes) or "nothing",
)
def test_a_change_changes_what_it_names(system: System, changes: dict[str, str]) -> None:
    made = create(system)
    before = read(system, made["id"])

    answer = system.call("PATCH", f"{META}/{made['id']}", body=changes)

    assert answer.status == 200
    assert list(answer.json.items()) == list({**before, **changes}.items())
    assert read(system, made["id"]) == answer.json
    assert stats(system) == (1, EXAMPLE["size"])


def test_thumbnails_are_reported_one_by_one(system: System) -> None:
    path = f"{META}/{create(system)['id']}/thumbs"
    thumbs = {"mobile": True, "web": False, "webPre": False}

    for report in ({"web": True}, {"webPre": True, "mobile": False}, {"web": False}, {}, {"mobile": True}):
        thumbs |= report
        answer = system.call("PUT", path, body=report)
        assert (answer.status, answer.json["thumbs"]) == (200, thumbs)
        assert read(system, answer.json["id"]) == answer.json


def test_a_deleted_record_is_gone_and_a_second_delete_changes_nothing(system: System) -> None:
    kept, gone = create(system, size=1), create(system, size=20)

    answer = system.call("DELETE", f"{META}/{gone['id']}")
    assert (answer.status, answer.json) == (200, {"id": gone["id"], "deleted": True})
    contents = {name: rows for name, rows in system.contents().items() if not name.endswith("markers")}

    for refused in verbs_on_one(system, gone["id"]).values():
        assert refusal(refused) == (404, "not_found")
    assert [record["id"] for record in listing(system, EXAMPLE["user"]).json["files"]] == [kept["id"]]
    assert stats(system) == (1, 1)
    assert contents == {name: rows for name, rows in system.contents().items() if not name.endswith("markers")}


def test_a_record_the_drive_owns_is_changed_there_alone(system: System) -> None:
    """But for its thumbnails, which a worker reports here."""
    user = system.user()
    assert system.put(user, ("cat.png", b"not really a cat")).status == 200
    (held,) = listing(system, user.zelid).json["files"]
    one = f"{META}/{held['id']}"
    before = read(system, held["id"])

    for field in ("filenameEnc", "mimeType", "dekEnc"):
        assert refusal(system.call("PATCH", one, body={field: "x"})) == (409, "in_use")
    assert refusal(system.call("DELETE", one)) == (409, "in_use")
    assert read(system, held["id"]) == before

    reported = system.call("PUT", f"{one}/thumbs", body={"mobile": True, "web": True, "webPre": True})
    assert reported.json == {**before, "thumbs": {"mobile": True, "web": True, "webPre": True}}
    assert stats(system) == (1, len(b"not really a cat"))


CHANGES: dict[str, Callable[[System, str], Answer]] = {
    "patch": lambda system, one: system.call("PATCH", one, body={"mimeType": "image/gif"}),
    "thumbs": lambda system, one: system.call("PUT", f"{one}/thumbs", body={"web": True}),
    "delete": lambda system, one: system.call("DELETE", one),
    "create": lambda system, _: system.call("POST", META, body=EXAMPLE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_lost_answer_is_answered_as_if_it_had_come(system: System, change: str) -> None:
    made = create(system)
    faults = Faults(system.aws)
    faults.add("TransactWriteItems", lose_answer)

    answer = CHANGES[change](system, f"{META}/{made['id']}")

    assert answer.status == 200
    assert faults.hits == 1
    assert stats(system)[0] == {"create": 2, "delete": 0}.get(change, 1)


@pytest.mark.parametrize("change", CHANGES)
def test_a_store_that_stays_busy_is_a_503_and_nothing_is_changed(
    system: System, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    made = create(system)
    before = system.contents()
    monkeypatch.setattr(importlib.import_module("chalicelib.aws.transaction"), "DEADLINE", 0.1)
    Faults(system.aws).add("TransactWriteItems", conflict, times=1000)

    answer = CHANGES[change](system, f"{META}/{made['id']}")

    assert refusal(answer) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    assert system.contents() == before
