"""Reads over HTTP with a cache: no call to AWS while it is there, never an old answer, the same answer either way."""

import pytest

from tests.drive.asking import put_ok
from tests.metadata.cache.asking import MakeSystem, cached, change
from tests.metadata.cache.conftest import Clock
from tests.metadata.records import EXAMPLE, META, create, listing, read
from tests.support.calls import Calls
from tests.support.faults import Faults, conflict, lose_answer, timeout_before
from tests.support.system import System

HOUR = 3600


@pytest.fixture
def system(make_system: MakeSystem) -> System:
    return make_system()


def test_a_read_is_cached_for_an_hour(system: System, clock: Clock) -> None:
    made = create(system)["id"]

    assert cached(system, made, made) == [False, True]
    clock.now += HOUR - 1
    assert cached(system, made) == [True]
    clock.now += 2
    assert cached(system, made, made) == [False, True]


@pytest.mark.parametrize(
    "fields",
    [{}, {"size": 2**53 - 1}, {"size": 0}, {"filenameEnc": 'é\n"🔑' * 1000, "user": "Ж"}, {"dekEnc": "x" * 8192}],
    ids=["example", "largest", "empty", "odd", "long"],
)
def test_a_cached_answer_is_the_same_answer(system: System, fields: dict[str, object]) -> None:
    made = create(system, **fields)["id"]
    system.call("PUT", f"{META}/{made}/thumbs", body={"web": True, "mobile": False})

    first, second = (system.call("GET", f"{META}/{made}") for _ in range(2))

    assert (first.status, first.body) == (200, second.body)


def test_a_change_is_seen_at_once_and_cached_again_later(system: System, clock: Clock) -> None:
    made = create(system)["id"]
    assert cached(system, made, made) == [False, True]

    for mime_type in ("image/gif", "text/plain"):
        change(system, made, mime_type)
        assert read(system, made)["mimeType"] == mime_type
    thumbs = system.call("PUT", f"{META}/{made}/thumbs", body={"webPre": True}).json["thumbs"]
    assert read(system, made)["thumbs"] == thumbs

    # While the tombstone stands, every read asks the table.
    assert cached(system, made, made) == [False, False]
    clock.now += 61
    assert cached(system, made, made) == [False, True]


def test_a_deleted_record_is_gone_at_once(system: System) -> None:
    made = create(system)["id"]
    assert cached(system, made, made) == [False, True]

    assert system.call("DELETE", f"{META}/{made}").status == 200

    for _ in range(2):
        assert system.call("GET", f"{META}/{made}").status == 404


def test_a_removed_file_takes_its_record_from_the_cache(system: System) -> None:
    user = system.user()
    (cid,) = put_ok(system, user, ("cat.png", b"not really a cat"))
    (record,) = listing(system, user.zelid).json["files"]
    assert cached(system, record["id"], record["id"]) == [False, True]

    assert system.call("POST", "/api/v0/rm", user=user, query={"arg": cid}).status == 200

    assert system.call("GET", f"{META}/{record['id']}").status == 404


def test_what_is_not_there_is_asked_for_each_time(system: System) -> None:
    calls = Calls(system.aws)
    for _ in range(3):
        assert system.call("GET", f"{META}/file_{'0' * 48}").status == 404
    assert calls.by_operation() == {"GetItem": 3}


@pytest.mark.parametrize("fault", [lose_answer, conflict, timeout_before])
@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_a_change_that_was_hard_to_make_is_seen_too(system: System, verb: str, fault: object) -> None:
    made = create(system)["id"]
    assert cached(system, made, made) == [False, True]
    faults = Faults(system.aws)
    faults.add("TransactWriteItems", fault)  # type: ignore[arg-type]

    body = {"mimeType": "image/gif"} if verb == "PATCH" else b""
    assert system.call(verb, f"{META}/{made}", body=body).status == 200
    assert faults.hits == 1

    answer = system.call("GET", f"{META}/{made}")
    assert (answer.status, answer.json.get("mimeType")) == ((200, "image/gif") if verb == "PATCH" else (404, None))


def test_a_refused_change_leaves_the_record_as_it_is(system: System) -> None:
    user = system.user()
    put_ok(system, user, ("cat.png", b"not really a cat"))
    (record,) = listing(system, user.zelid).json["files"]
    before = read(system, record["id"])

    assert system.call("PATCH", f"{META}/{record['id']}", body={"mimeType": "x"}).status == 409
    assert system.call("DELETE", f"{META}/{record['id']}").status == 409

    assert read(system, record["id"]) == before
    assert cached(system, record["id"]) == [True]


def test_a_list_is_never_cached(system: System) -> None:
    made = create(system)["id"]
    for mime_type in ("image/gif", "text/plain"):
        change(system, made, mime_type)
        assert [one["mimeType"] for one in listing(system, EXAMPLE["user"]).json["files"]] == [mime_type]
