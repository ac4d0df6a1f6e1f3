"""Every error that the documents name for delivery can be met, in its envelope; and none says anything of ours."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib import aws
from chalicelib.resources.tables import PublishedRow
from chalicelib.settings import Settings
from tests.delivery.visiting import Site, refused
from tests.members.permitting import FLUX, role
from tests.support.faults import Faults, throttle
from tests.support.managing import Manager, field
from tests.support.system import Answer, System, moto_aws

API = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text()
LARGE = b"more than one answer holds"


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch, moto_aws(patch):
        patch.setattr(aws.clients, "_current", None)
        settings = Settings(
            table_prefix="errors-",
            blob_bucket="errors",
            kms_key_id="alias/errors",
            route_cache_seconds=0,
            max_inline_bytes=len(LARGE) - 1,
        )
        yield System.make(settings)


class Things:
    """An API with one folder `things`, a resource of it, and a large file of that."""

    def __init__(self, me: Manager) -> None:
        self.site = Site.of(me)
        self.folder = self.site.folder("things", fields=(field("title", searchable=True), field("file", "file")))
        self.cid = me.system.put(self.site.user(), ("a.bin", LARGE)).json["files"][0]["hash"]
        self.key = self.site.post(self.folder, {"title": "One", "file": self.cid})
        self.file = f"things/{self.key}/_files/{self.cid}"

    def locked(self) -> Site:
        self.site.change(is_auth_required=True)
        return self.site

    def elsewhere(self) -> Answer:
        return self.site.system.call("GET", f"/flux/nowhere0/{self.site.prefix}/things")

    def throttled(self) -> Answer:
        faults = Faults(self.site.system.aws)
        faults.add("*", throttle, times=50)
        try:
            return self.site.ask("things")
        finally:
            faults.clear()

    def broken(self) -> Answer:
        """One whose row is not what we wrote."""
        row = aws.get(PublishedRow, f"{self.site.me.env}/{self.folder}", self.key)
        assert row is not None
        with aws.transaction() as tx:
            tx.update(row, [PublishedRow.body.set(b"secret garbage")])
        return self.site.ask(f"things/{self.key}")


SEARCH = "things/_search"
CASES: dict[tuple[int, str], Callable[[Things], Answer]] = {
    (400, "json_parse_error"): lambda it: it.site.ask(SEARCH, "POST", body=b"{"),
    (401, "authentication_required"): lambda it: it.locked().ask("things"),
    (403, "access_denied"): lambda it: it.locked().ask("things", auth=it.site.key(role(it.site.me, base=FLUX))),
    (403, "collection_not_writable"): lambda it: it.site.ask("things", "POST", auth=it.site.key()),
    (404, "environment_not_found"): lambda it: it.elsewhere(),
    (404, "route_not_found"): lambda it: it.site.ask("nothing"),
    (404, "resource_not_found"): lambda it: it.site.ask("things/nobody"),
    (404, "no_thumbnail"): lambda it: it.site.ask(f"things/{it.key}/_thumbs/{it.cid}"),
    (405, "method_not_allowed"): lambda it: it.site.ask("things", "DELETE"),
    (416, "range_not_satisfiable"): lambda it: it.site.ask(it.file, headers={"range": "bytes=999-"}),
    (422, "invalid_request"): lambda it: it.site.ask("things", query={"limit": "0"}),
    (422, "too_many_join_folders"): lambda it: it.site.ask(
        SEARCH, "POST", body={"join": {name: {} for name in "abcd"}}
    ),
    (422, "validation_error"): lambda it: it.site.ask("things", query={"truncate_text": "0"}),
    (503, "copy_not_ready"): lambda it: it.site.ask(it.file),
    (503, "busy"): lambda it: it.throttled(),
    (500, "internal_error"): lambda it: it.broken(),
}


@pytest.fixture
def things(me: Manager) -> Things:
    return Things(me)


def test_these_are_all_that_the_documents_name() -> None:
    part = API.partition("\n## Delivery")[2].partition("\n## ")[0]
    assert {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)`", part, re.MULTILINE)} == set(
        CASES
    )


@pytest.mark.parametrize(("status", "code"), CASES, ids=str)
def test_each_can_be_met(things: Things, status: int, code: str) -> None:
    answer = CASES[status, code](things)

    detail = refused(answer, status, code)
    assert (detail is None) is (code != "validation_error")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    assert ("retry-after" in answer.headers) is (status == 503)
    assert ("allow" in answer.headers) is (status == 405)


def test_a_fault_of_ours_says_nothing(things: Things) -> None:
    answer = things.broken()

    assert answer.json == {"message": "Internal error", "error_code": "internal_error", "detail": None}
    assert b"garbage" not in answer.body
    # Nor does it take others down.
    assert things.site.ask("things/_schema").status == 200


@pytest.mark.parametrize("path", ["", "/", "/env", "/env/"])
def test_what_is_no_api_s_path(system: System, path: str) -> None:
    refused(system.call("GET", f"/flux{path}"), 404, "not_found")


ODD_PATHS = (
    "things/%00",
    "things/%ff%fe",
    "things/" + "x" * 3000,
    "things/%2e%2e",
    "things//",
    "things/%20",
    "things/k%0d%0aSet-Cookie:%20a=b",
    "%F0%9F%90%9F",
    "things/k/_files/%00",
    "things/k/_files/" + "x" * 3000,
    "things/k/_thumbs/Qm%C3%BC",
    "/".join(["things"] * 40),
)


def test_odd_paths_are_answered(things: Things) -> None:
    for path in ODD_PATHS:
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
            answer = things.site.ask(path, method)
            assert answer.status in {200, 204, 401, 404, 405}, (path, method, answer.body)
            assert "set-cookie" not in answer.headers


ODD_QUERIES = (
    {"limit": "9" * 5000},
    {"limit": "\u0661"},
    {"next": "x" * 5000},
    {"next": "\u00fc"},
    {"next": ""},
    {"sort": ","},
    {"fields": "\x00"},
    {"where__": "x"},
    {"where__title__eq": ""},
    {"": ""},
    {"populate": "." * 1000},
    {"find_text__query": " "},
    {"truncate_text": "-1"},
    {"next": "a", "previous": "b"},
)


def test_odd_queries_are_answered(things: Things) -> None:
    for query in ODD_QUERIES:
        for path in ("things", f"things/{things.key}", "things/_schema", "_router", things.file):
            answer = things.site.ask(path, query=query)
            assert answer.status in {200, 422, 503}, (path, query, answer.body)
            if answer.status == 503:
                refused(answer, 503, "copy_not_ready")


ODD_BODIES: dict[bytes, str | None] = {
    b"": None,
    b"{}": None,
    b"null": "invalid_request",
    b"[]": "invalid_request",
    b'"x"': "invalid_request",
    b"NaN": "json_parse_error",
    b'{"limit": NaN}': "json_parse_error",
    b'{"limit": ' + b"9" * 4000 + b"}": None,
    b'{"limit": ' + b"9" * 9000 + b"}": "json_parse_error",
    b'{"limit": 1e400}': "invalid_request",
    b'{"where": ' + b"[" * 5000 + b"]" * 5000 + b"}": "json_parse_error",
    b'{"where": {"title__eq": "\\ud800"}}': "json_parse_error",
    b'{"where": {"title__eq": "\\u0000"}}': None,
    b"\xff\xfe": "json_parse_error",
    b"\xef\xbb\xbf{}": "json_parse_error",
    b'{"where": {"title__eq": {"a": 1}}}': "invalid_request",
    b'{"sort": {"a": 1}}': "invalid_request",
    b'{"find_text": "x"}': "invalid_request",
    b'{"offset": -1}': "invalid_request",
    b'{"offset": true}': "invalid_request",
}


def test_odd_bodies_are_answered(things: Things) -> None:
    for body, code in ODD_BODIES.items():
        answer = things.site.ask(SEARCH, "POST", body=body)
        if code is None:
            assert answer.status == 200, (body, answer.body)
        else:
            refused(answer, 400 if code == "json_parse_error" else 422, code)
