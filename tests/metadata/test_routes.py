"""The table of routes: verbs, and paths that are nobody's (spec, Endpoints; decision 3)."""

from itertools import product
from typing import Any

import pytest

from tests.metadata.records import META, create, refusal
from tests.support.system import Answer, System

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ROUTES = {
    META: "GET, POST",
    f"{META}/{{file_id}}": "DELETE, GET, PATCH",
    f"{META}/{{file_id}}/thumbs": "PUT",
    "/api/v1/stats": "GET",
    "/api/v1/dek/wrap": "POST",
    "/api/v1/dek/unwrap": "POST",
    "/api/v1/dek/rewrap": "POST",
    "/api/v1/dek/batch": "POST",
    "/api/v1/e/meta/sync": "POST",
    "/api/v1/e/meta/prefetch": "POST",
    "/api/v1/e/meta/invalidate": "POST",
}


def test_these_are_all_the_routes_there_are(system: System) -> None:
    assert {path for path in system.app.routes if path.startswith("/api/v1")} == set(ROUTES)


def test_every_other_verb_is_405_with_allow(system: System, subtests: pytest.Subtests) -> None:
    record_id = create(system)["id"]
    contents = system.contents()

    for (route, allow), verb in product(ROUTES.items(), VERBS):
        if verb in allow.split(", "):
            continue
        with subtests.test(f"{verb} {route}"):
            answer = system.call(verb, route.format(file_id=record_id), body={})
            assert (answer.status, answer.headers["allow"]) == (405, allow)
            assert answer.body == b"" if verb == "HEAD" else refusal(answer) == (405, "method_not_allowed")
    assert system.contents() == contents


def test_the_verbs_a_route_allows_are_all_there(system: System) -> None:
    for route, allow in ROUTES.items():
        for verb in allow.split(", "):
            assert system.call(verb, route.format(file_id="x"), body={}).status in (200, 400, 404)


UNKNOWN = [
    "/api/v1",
    "/api/v1/",
    "/api/v1/nothing",
    "/api/v1/metas",
    "/api/v1/META",
    f"{META}/a/b",
    f"{META}/a/thumbs/b",
    f"{META}//thumbs",
    "/api/v1//meta",
    "/api/v1/dek",
    "/api/v1/dek/wrap/x",
    "/api/v1/%6Det%61/a/b",
    "/api/v1/\u00e9".encode().decode("latin-1"),
]


def test_an_unknown_path_is_404_in_this_services_envelope(system: System, subtests: pytest.Subtests) -> None:
    for verb, path in product(VERBS, UNKNOWN):
        with subtests.test(f"{verb} {path!a}"):
            answer = system.call(verb, path, body={})
            assert answer.status == 404
            assert verb == "HEAD" or answer.json == {"error": "not_found"}


def test_every_answer_says_which_request_it_was(system: System) -> None:
    answers: list[Answer] = [
        system.call("GET", "/api/v1/stats"),
        system.call("GET", "/api/v1/nothing"),
        system.call("PUT", "/api/v1/stats"),
        system.call("POST", META),
    ]

    assert [answer.status for answer in answers] == [200, 404, 405, 400]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


def test_a_fault_of_ours_says_nothing_of_it(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr("chalicelib.metadata.tables.totals", fail)

    answer = system.call("GET", "/api/v1/stats")

    assert refusal(answer) == (500, "internal_error")
    assert answer.json == {"error": "internal_error"}
