"""cat and get: verbs, caching, what a browser may run, and every way to name a hash."""

from typing import Any

import pytest

from chalicelib.blobs.segments import OBJECT
from chalicelib.drive.putting import media_type
from tests.drive.asking import HELLO, UNKNOWN, put_ok, refusal
from tests.support.books import cat
from tests.support.system import System, User

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["/api/v0/cat", "/api/v0/get", "/api/v0/ls", "/api/v0/status"])
def test_reads_answer_post_get_and_head_alike(system: System, user: User, path: str) -> None:
    put_ok(system, user, ("a.png", b"hello world"))
    query = {"arg": HELLO} if path.endswith(("cat", "get")) else {}

    post, get, head = (system.call(verb, path, user=user, query=query) for verb in ("POST", "GET", "HEAD"))

    def of(headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name not in {"x-request-id", "ratelimit"}}

    assert (post.status, post.body, of(post.headers)) == (get.status, get.body, of(get.headers))
    assert (head.status, head.body, of(head.headers)) == (post.status, b"", of(post.headers))


@pytest.mark.parametrize("verb", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (f'"{HELLO}"', 304),
        (f'W/"{HELLO}"', 304),
        (f'"other", "{HELLO}"', 304),
        ("*", 304),
        ('"other"', 200),
        (HELLO, 200),
        ("", 200),
    ],
)
def test_if_none_match(system: System, user: User, verb: str, condition: str, status: int) -> None:
    put_ok(system, user, ("a.png", b"hello world"))

    answer = system.call(verb, "/api/v0/cat", user=user, query={"arg": HELLO}, headers={"if-none-match": condition})

    assert (answer.status, answer.headers["etag"]) == (status, f'"{HELLO}"')
    assert answer.body == (b"hello world" if status == 200 and verb != "HEAD" else b"")


def test_a_matching_etag_of_a_file_of_others_is_still_404(system: System, user: User) -> None:
    put_ok(system, system.user(), ("theirs", b"hello world"))

    answer = system.call("GET", "/api/v0/cat", user=user, query={"arg": HELLO}, headers={"if-none-match": "*"})

    assert answer.status == 404


@pytest.mark.parametrize(
    ("query", "headers", "body"),
    [
        ({"arg": HELLO}, {}, b""),
        ({"hash": HELLO}, {}, b""),
        ({"arg": HELLO, "hash": UNKNOWN}, {}, b""),
        ({}, JSON, {"hash": HELLO}),
        ({}, JSON, {"hash": HELLO, "other": [1, {}]}),
        ({}, {}, {"hash": HELLO}),
        ({}, FORM, f"hash={HELLO}".encode()),
        ({}, {"content-type": "Application/X-WWW-Form-URLencoded; charset=utf-8"}, f"hash={HELLO}".encode()),
        ({}, FORM, {"hash": HELLO}),
        ({"arg": HELLO}, FORM, b""),
        ({"arg": HELLO}, JSON, b"not json at all"),
    ],
    ids=str,
)
def test_a_hash_may_stand_in_query_form_or_json(
    system: System, user: User, query: dict[str, str], headers: dict[str, str], body: Any
) -> None:
    put_ok(system, user, ("a.png", b"hello world"))

    found = system.call("POST", "/api/v0/cat", user=user, query=query, headers=headers, body=body)
    removed = system.call("POST", "/api/v0/rm", user=user, query=query, headers=headers, body=body)

    assert (found.status, found.body) == (200, b"hello world")
    assert (removed.status, removed.json["hash"]) == (200, HELLO)


def test_a_hash_that_is_missing_or_malformed(system: System, user: User) -> None:
    bad: list[tuple[dict[str, str], Any]] = [
        ({}, b""),
        ({"arg": ""}, b""),
        ({"arg": HELLO[:-1]}, b""),
        ({"arg": HELLO[:-1] + "0"}, b""),
        ({"arg": HELLO + " "}, b""),
        ({"arg": "é" * 46}, b""),
        ({"arg": "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"}, b""),
        ({}, {}),
        ({}, {"hash": 5}),
        ({}, {"hash": [HELLO]}),
        ({}, {"hash": None}),
        ({}, {"hash": "\ud800"}),
        ({}, {"name": HELLO}),
    ]
    for call in ("cat", "get", "rm"):
        for query, body in bad:
            answer = system.call("POST", f"/api/v0/{call}", user=user, query=query, body=body)
            assert refusal(answer) == (400, "Invalid or missing hash", "invalid_hash"), (query, body)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"5", b"null", b"\xff\xfe", b"[" * 100_000, b"1" * 5_000, f"hash={HELLO}".encode()],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object(system: System, user: User, body: bytes) -> None:
    answer = system.call("POST", "/api/v0/cat", user=user, headers=JSON, body=body)

    assert refusal(answer) == (400, "Invalid request", "invalid_request")


@pytest.mark.parametrize("path", ["/api/v0/status", "/api/v0/ls"])
@pytest.mark.parametrize("kind", [None, FORM["content-type"], "application/json", "multipart/form-data", "x", "\x7f;"])
def test_an_empty_body_of_any_type_is_no_fault(system: System, user: User, path: str, kind: str | None) -> None:
    headers = {"content-type": kind} if kind is not None else {}

    answer = system.call("POST", path, user=user, headers=headers)

    assert (answer.status, answer.json["status"]) == (200, "success")


@pytest.mark.parametrize(
    "declared",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/xml",
        "application/rss+xml",
    ],
)
def test_what_a_browser_would_run_goes_out_as_bytes(system: System, user: User, declared: str) -> None:
    answer = system.put(user, ("page", b"<script>alert(1)</script>"), content_type=declared)
    assert answer.json["mimetype"] == declared.partition(";")[0].lower()

    for call in ("cat", "get"):
        for verb in ("GET", "HEAD"):
            sent = system.call(verb, f"/api/v0/{call}", user=user, query={"arg": answer.json["hash"]})
            assert sent.headers["content-type"] == "application/octet-stream"
            assert sent.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("declared", "name", "kept"),
    [
        ("image/png", "a.txt", "image/png"),
        ("IMAGE/PNG; q=1", "a", "image/png"),
        ("application/octet-stream", "a.png", "image/png"),
        ("application/octet-stream", "a", "application/octet-stream"),
        (None, "a.JPG", "image/jpeg"),
        (None, "page.html", "text/html"),
        (None, ".png", "application/octet-stream"),
        ("not a type", "a.pdf", "application/pdf"),
        ("text/html\r\nSet-Cookie: a=b", "a", "application/octet-stream"),
        ("é/ö", "a", "application/octet-stream"),
        ("a/" + "b" * 300, "a", "application/octet-stream"),
        (None, "data:TEXT/HTML,x", "application/octet-stream"),
        (None, "data:a/b\r\nSet-Cookie: a=b,x", "application/octet-stream"),
        (None, "http://[::1.png", "image/png"),
    ],
)
def test_the_media_type_is_the_declared_one_or_goes_by_the_ending(declared: str | None, name: str, kept: str) -> None:
    assert media_type(declared, name) == kept


def test_a_file_of_several_objects_is_read_whole(system: System, user: User) -> None:
    data = bytes(range(256)) * (OBJECT // 256) + b"and a rest"

    (cid,) = put_ok(system, user, ("big.bin", data))

    answer = cat(system, user, cid)
    assert (answer.status, len(answer.body), answer.body == data) == (200, len(data), True)
