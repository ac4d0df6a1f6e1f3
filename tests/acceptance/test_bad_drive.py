"""Bad input to the drive: the documented error, and the account as it was."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.acceptance.client import Account, Target, assert_refused, listed, multipart, on, put, stored, totals, used

KIND = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
HELLO = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"


@pytest.fixture(autouse=True)
def _nothing_changes(drive: httpx.Client, meta: httpx.Client) -> Iterator[None]:
    before = (totals(meta), used(drive), listed(drive))
    yield
    assert (totals(meta), used(drive), listed(drive)) == before


MALFORMED = {
    "not multipart": ("text/plain", b"hello"),
    "no type": ("", b"hello"),
    "a form": ("application/x-www-form-urlencoded", b"file=x"),
    "no boundary": ("multipart/form-data", PART + b"x\r\n--b--\r\n"),
    "an empty boundary": ("multipart/form-data; boundary=", PART + b"x\r\n--b--\r\n"),
    "another boundary": ("multipart/form-data; boundary=c", PART + b"x\r\n--b--\r\n"),
    "an endless boundary": (f"multipart/form-data; boundary={'b' * 5_000}", PART + b"x\r\n--b--\r\n"),
    "a body cut before its first byte": (KIND, b""),
    "a cut header": (KIND, b'--b\r\nContent-Disposition: form-data; name="fi'),
    "a cut file": (KIND, PART + b"only a part of the fi"),
    "a cut end": (KIND, PART + b"x\r\n--b"),
    "a cut second file": (KIND, PART + b"whole\r\n" + PART + b"only a pa"),
    "a header without a colon": (KIND, b"--b\r\nnonsense\r\n\r\nx\r\n--b--\r\n"),
    "a control character in a header": (KIND, PART.replace(b"form-data", b"form\x00data\x01") + b"x\r\n--b-"),
    "rubbish": (KIND, bytes(range(256)) * 10),
    "only line ends": (KIND, b"\r\n" * 1_000),
    "a name that is not UTF-8": (KIND, PART.replace(b"x.txt", b"\xff\xfe.txt") + b"x\r\n--b--\r\n"),
    "a name that is not UTF-8, encoded": (
        KIND,
        PART.replace(b'filename="x.txt"', b"filename*=UTF-8''%ff%fe") + b"x\r\n--b--\r\n",
    ),
}

NO_FILE = {
    "nothing": ("", b""),
    "no parts": (KIND, b"--b--\r\n"),
    "a field that is no file": (KIND, b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n'),
    "a file without a name": (KIND, PART.replace(b"x.txt", b"") + b"\r\n--b--\r\n"),
    "a part without headers": (KIND, b"--b\r\n\r\nx\r\n--b--\r\n"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_put_is_refused(what: str, drive: httpx.Client) -> None:
    kind, body = MALFORMED[what]

    assert_refused(drive.post("/api/v0/put", content=body, headers={"Content-Type": kind}), "invalid_request")


@pytest.mark.parametrize("what", NO_FILE)
def test_a_put_without_a_file_is_refused(what: str, drive: httpx.Client) -> None:
    kind, body = NO_FILE[what]

    assert_refused(drive.post("/api/v0/put", content=body, headers={"Content-Type": kind}), "no_file_provided")


@pytest.mark.parametrize("name", ["x" * 1_025, "語" * 342])
def test_a_name_that_is_too_long_is_refused_with_all_that_came_with_it(name: str, drive: httpx.Client) -> None:
    assert_refused(put(drive, ("good.txt", b"good"), (name, b"bad")), "invalid_name")


def test_a_forty_first_name_for_one_content_is_refused(drive: httpx.Client) -> None:
    (cid, *_) = stored(drive, *((f"name {n}", b"of many names") for n in range(40)))

    answer = put(drive, ("name 40", b"of many names"), ("another", b"not stored either"))

    assert (answer.status_code, answer.json()["error"]) == (400, "Too many names")
    assert len([file for file in listed(drive) if file["hash"] == cid]) == 40
    assert on(drive, "rm", cid).status_code == 200


HASHES = ["", "x", HELLO[:-1], HELLO + "x", HELLO.lower(), HELLO.replace("8", "0"), f" {HELLO}", "../../etc/passwd"]
HASHES += ["bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", "Qm" + "1" * 44, "é" * 46, "Q" * 9_000]
HASHES += ["\x00", HELLO.replace("Qm", "12"), "f" * 68]


@pytest.mark.parametrize("call", ["cat", "get", "rm"])
@pytest.mark.parametrize("cid", HASHES, ids=lambda cid: repr(cid[:20]))
def test_what_is_no_hash_is_refused(call: str, cid: str, drive: httpx.Client) -> None:
    assert_refused(on(drive, call, cid), "invalid_hash")
    assert_refused(drive.post(f"/api/v0/{call}", json={"hash": cid}), "invalid_hash")


@pytest.mark.parametrize("call", ["cat", "get", "rm"])
@pytest.mark.parametrize("body", [{}, {"hash": None}, {"hash": 5}, {"hash": [HELLO]}, {"hash": {}}, {"hash": True}])
def test_a_hash_of_another_type_is_refused(call: str, body: Any, drive: httpx.Client) -> None:
    assert_refused(drive.post(f"/api/v0/{call}", json=body), "invalid_hash")


@pytest.mark.parametrize("call", ["cat", "get", "rm"])
@pytest.mark.parametrize("raw", [b"[]", b"null", b"5", b'{"hash": "Qm', b"\xff\xfe", b"[" * 100_000, b'{"hash": NaN'])
def test_a_body_that_is_no_object_is_refused(call: str, raw: bytes, drive: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}

    assert_refused(drive.post(f"/api/v0/{call}", content=raw, headers=headers), "invalid_request")


def test_a_hash_that_nobody_stored_is_404(drive: httpx.Client) -> None:
    for call in ("cat", "get", "rm"):
        assert_refused(on(drive, call, "QmNaS1f8RDbQ9jz5FGkZWvzG5VA6jp4JJBEwQ2DLzhWN8V"), "file_not_found")


@pytest.mark.parametrize("query", ["size=0", "size=501", "size=x", "size=-1", "size=", "size=1.5", f"size={'9' * 99}"])
def test_a_bad_page_size_is_refused(query: str, drive: httpx.Client) -> None:
    assert_refused(drive.post(f"/api/v0/ls?{query}"), "invalid_request")


BAD_CURSORS = ["cursor=", "cursor=x", "cursor=%ff", "cursor=e30", f"cursor={'A' * 3_000}"]


@pytest.mark.parametrize("query", [*BAD_CURSORS, "order=name"], ids=lambda query: query[:12])
def test_a_bad_cursor_or_argument_is_refused(query: str, drive: httpx.Client) -> None:
    assert_refused(drive.post(f"/api/v0/ls?size=10&{query}"), "invalid_request")


def test_pages_join_to_the_list_and_a_cursor_is_good_for_its_account_alone(
    drive: httpx.Client, target: Target, account: Account
) -> None:
    cids = stored(drive, *((f"page {n}", f"page {n}".encode()) for n in range(5)))
    whole = listed(drive)
    answer = drive.post("/api/v0/ls", params={"size": 2}).json()
    pages, first = answer["files"], answer["next"]
    while "next" in answer:
        answer = drive.post("/api/v0/ls", params={"size": 2, "cursor": answer["next"]}).json()
        pages += answer["files"]
    assert pages == whole

    if (target.zelid, target.key) != (account.zelid, account.key):
        with target.client(target) as other:
            assert_refused(other.post("/api/v0/ls", params={"size": 2, "cursor": first}), "invalid_request")
    for cid in cids:
        assert on(drive, "rm", cid).status_code == 200


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_put_that_is_cut_off_on_the_wire_stores_nothing(
    framing: str, target: Target, account: Account, drive: httpx.Client
) -> None:
    body, kind = multipart(("cut.bin", b"x" * 300_000), ("cut too.bin", b"y" * 300_000))
    sent = body[:400_000]
    with closing(target.connection()) as wire:
        wire.putrequest("POST", f"{target.prefix}/api/v0/put")
        length = {"Transfer-Encoding": "chunked"} if framing == "chunked" else {"Content-Length": str(len(body))}
        for name, value in {"Authorization": account.basic, **kind, **length}.items():
            wire.putheader(name, value)
        wire.endheaders()
        wire.send(sent if framing == "length" else f"{len(sent):x}\r\n".encode() + sent + b"\r\n")

    time.sleep(0.3)
    assert "cut.bin" not in json.dumps(listed(drive))


def test_a_put_that_lies_about_its_length_stores_nothing(target: Target, account: Account) -> None:
    body, kind = multipart(("short.bin", b"longer than announced" * 10))
    headers = {"Authorization": account.basic, **kind, "Content-Length": str(len(body) - 40)}
    with closing(target.connection()) as wire:
        wire.putrequest("POST", f"{target.prefix}/api/v0/put")
        for name, value in headers.items():
            wire.putheader(name, value)
        wire.endheaders(body)
        answer = wire.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (400, "invalid_request")
