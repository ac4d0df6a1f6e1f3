"""Paths and verbs nobody has, and what every answer carries: the envelope of the nearest service and an id."""

import re

import httpx
import pytest

from tests.acceptance.client import assert_refused

READ = {"GET", "HEAD", "POST"}
DRIVE = {"put": {"POST"}, "rm": {"POST"}, "cat": READ, "get": READ, "ls": READ, "status": READ}
METADATA = {
    "meta": {"GET", "POST"},
    "meta/file_1": {"GET", "PATCH", "DELETE"},
    "meta/file_1/thumbs": {"PUT"},
    "stats": {"GET"},
    "dek/wrap": {"POST"},
    "dek/unwrap": {"POST"},
}
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
ALLOWED = {f"/api/v0/{name}": verbs for name, verbs in DRIVE.items()} | {
    f"/api/v1/{name}": verbs for name, verbs in METADATA.items()
}
WRONG = [(path, verb) for path, verbs in ALLOWED.items() for verb in VERBS if verb not in verbs]


@pytest.mark.parametrize(("path", "verb"), WRONG, ids=str)
def test_a_wrong_verb_is_405_and_told_the_right_ones(path: str, verb: str, meta: httpx.Client) -> None:
    answer = meta.request(verb, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == ALLOWED[path]
    if verb == "HEAD":
        assert answer.content == b""
    elif path.startswith("/api/v0"):
        assert_refused(answer, "method_not_allowed")
    else:
        assert answer.json() == {"error": "method_not_allowed"}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "HEAD"])
@pytest.mark.parametrize("path", ["nope", "", "put/more", "cat/x/y", "%00", "%2e%2e/%2e%2e", "Status", "pin/ls"])
def test_an_unknown_path_of_the_drive_answers_as_the_drive_does(path: str, verb: str, meta: httpx.Client) -> None:
    assert_refused(meta.request(verb, f"/api/v0/{path}"), "not_found")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "HEAD"])
@pytest.mark.parametrize("path", ["nope", "", "dek", "dek/nope", "meta/a/b/c", "stats/x", "%ff", "METa"])
def test_an_unknown_path_of_the_metadata_service_answers_as_it_does(path: str, verb: str, meta: httpx.Client) -> None:
    answer = meta.request(verb, f"/api/v1/{path}")

    assert (answer.status_code, answer.json()) == (404, {"error": "not_found"})


@pytest.mark.parametrize("path", ["/", "/nope", "/api", "/api/", "/api/v2/meta", "/favicon.ico", "/%00", "/a" * 500])
def test_a_path_of_no_service_is_404_in_json(path: str, meta: httpx.Client) -> None:
    answer = meta.get(path)

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_health_answers_without_credentials(meta: httpx.Client) -> None:
    assert meta.get("/health").status_code == meta.head("/health").status_code == 200


def test_every_answer_has_an_id_of_its_own(meta: httpx.Client, drive: httpx.Client) -> None:
    answers = []
    for _ in range(3):
        answers += [
            meta.get("/api/v1/stats"),
            meta.get("/api/v1/meta/nope"),
            meta.get("/nowhere"),
            meta.put("/api/v0/put"),
        ]
        answers += [drive.post("/api/v0/status"), drive.post("/api/v0/cat")]
        answers.append(drive.post("/api/v0/status", headers={"X-Request-Id": "chosen by the caller"}))

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9A-Za-z-]{16,64}", one) for one in ids)
