"""What real clients send, on the wire: chunked bodies, odd content types, raw names, many uploads at once."""

import http.client
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.acceptance.client import Account, Target, listed, multipart, on, put, stored, used
from tests.acceptance.unixfs import address

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def wire(target: Target) -> Iterator[http.client.HTTPConnection]:
    with closing(target.connection()) as connection:
        yield connection


def ask(wire: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
    """One exchange on a connection that stays open; gives the status and the parsed answer."""
    wire.request(method, path, body=body, headers=headers, encode_chunked="Transfer-Encoding" in headers)
    answer = wire.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def test_a_chunked_put_without_a_length(wire: http.client.HTTPConnection, target: Target, account: Account) -> None:
    body, headers = multipart(("chunked.bin", b"abc" * 50_000))
    pieces = (body[at : at + 8_192] for at in range(0, len(body), 8_192))
    headers |= {"Authorization": account.basic, "Transfer-Encoding": "chunked"}

    status, answer = ask(wire, "POST", f"{target.prefix}/api/v0/put", headers, pieces)

    assert (status, answer["hash"]) == (200, address(b"abc" * 50_000))


@pytest.mark.parametrize("framing", [{"Content-Length": "0"}, {"Transfer-Encoding": "chunked"}, {}], ids=str)
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data", "application/json", "*/*", ""])
def test_an_empty_body_of_any_type(
    kind: str, framing: dict[str, str], wire: http.client.HTTPConnection, target: Target, account: Account
) -> None:
    for call in ("status", "ls"):
        wire.putrequest("POST", f"{target.prefix}/api/v0/{call}", skip_accept_encoding=True)
        for name, value in {"Authorization": account.basic, "Content-Type": kind, **framing}.items():
            if value:
                wire.putheader(name, value)
        wire.endheaders(b"0\r\n\r\n" if "Transfer-Encoding" in framing else b"")
        answer = wire.getresponse()

        assert answer.status == 200
        assert json.loads(answer.read())["status"] == "success"


@pytest.mark.parametrize("name", ['a "b".gz', '"', 'ends with "', '"begins', 'süß "日本".tgz', "semi;colon.txt"])
def test_raw_names_with_unescaped_quotes_are_kept(name: str, drive: httpx.Client) -> None:
    assert put(drive, (name, uuid.uuid4().bytes)).json()["name"] == name


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; filename="first.txt"; name="x"', "first.txt"),
        ("form-data; name=file; filename=bare.txt", "bare.txt"),
        ('form-data; name="f"; filename="plain"; filename*=UTF-8\'\'na%C3%AFve%20%22x%22', 'naïve "x"'),
        ('FORM-DATA; NAME="f"; FILENAME="upper.txt"', "upper.txt"),
    ],
)
def test_other_spellings_of_a_name(disposition: str, name: str, drive: httpx.Client) -> None:
    body = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n{uuid.uuid4()}\r\n--b--\r\nepilogue".encode()

    answer = drive.post("/api/v0/put", content=body, headers={"Content-Type": 'multipart/form-data; boundary="b"'})

    assert answer.json()["name"] == name


@pytest.mark.parametrize("same", [False, True], ids=["different files", "one content under ten names"])
def test_ten_uploads_at_once_all_succeed_with_no_retry(
    same: bool, target: Target, account: Account, drive: httpx.Client
) -> None:
    shared, before = uuid.uuid4().bytes * 1_000, used(drive)
    files = [(f"at once {n}", shared if same else uuid.uuid4().bytes * 1_000) for n in range(10)]

    def upload(file: tuple[str, bytes]) -> httpx.Response:
        with target.client(account) as own:
            return put(own, file)

    with ThreadPoolExecutor(10) as clients:
        answers = list(clients.map(upload, files))

    assert [answer.status_code for answer in answers] == [200] * 10
    assert [answer.json()["hash"] for answer in answers] == [address(data) for _, data in files]
    assert used(drive) == before + 160_000
    assert {name for name, _ in files} <= {file["name"] for file in listed(drive)}
    for cid in {address(data) for _, data in files}:
        assert on(drive, "rm", cid).status_code == 200
    assert used(drive) == before


def named_by(cid: str) -> dict[str, dict[str, Any]]:
    """All ways to name a hash, as arguments of a request."""
    text = json.dumps({"hash": cid})
    return {
        "arg in the query": {"params": {"arg": cid}},
        "hash in the query": {"params": {"hash": cid}},
        "JSON": {"json": {"hash": cid}},
        "JSON without a type": {"content": text},
        "JSON as a form": {"content": text, "headers": {"Content-Type": FORM}},
        "form": {"content": urlencode({"hash": cid}), "headers": {"Content-Type": FORM}},
    }


@pytest.mark.parametrize("way", named_by(""))
def test_a_hash_can_be_named_in_several_ways(way: str, drive: httpx.Client) -> None:
    data = uuid.uuid4().bytes
    (cid,) = stored(drive, ("named.bin", data))

    answers = [drive.post(f"/api/v0/{call}", **named_by(cid)[way]) for call in ("cat", "get", "rm", "cat")]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
    assert answers[0].content == answers[1].content == data


@pytest.mark.parametrize("call", ["cat", "get", "ls", "status"])
def test_reads_answer_get_and_head_too(call: str, drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("head.txt", b"forty-two bytes, or thereabouts, in a file"))
    path = f"/api/v0/{call}" + (f"?arg={cid}" if call in ("cat", "get") else "")

    post, get, head = (drive.request(verb, path) for verb in ("POST", "GET", "HEAD"))

    assert (post.status_code, get.status_code, head.status_code) == (200, 200, 200)
    assert get.content == post.content != b""
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "cache-control", "content-disposition"):
        assert head.headers.get(name) == get.headers.get(name) == post.headers.get(name)


def test_what_is_known_already_is_not_sent_again(drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("cached.txt", b"cached"))
    etag = on(drive, "cat", cid).headers["etag"]

    same = drive.get("/api/v0/cat", params={"arg": cid}, headers={"If-None-Match": f'"other", W/{etag}'})
    other = drive.get("/api/v0/cat", params={"arg": cid}, headers={"If-None-Match": '"other"'})

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert (other.status_code, other.content) == (200, b"cached")


def test_one_connection_carries_many_requests_refused_ones_too(
    wire: http.client.HTTPConnection, target: Target, account: Account
) -> None:
    mine = {"Authorization": account.basic}
    body, kind = multipart(("kept.bin", b"kept alive"))
    cat = f"{target.prefix}/api/v0/cat?arg={quote(address(b'never stored here'))}"
    exchanges = [
        ("POST", f"{target.prefix}/api/v0/status", mine, None),
        ("POST", cat, mine, None),
        ("POST", f"{target.prefix}/api/v0/put", mine | kind, body),
        ("POST", f"{target.prefix}/api/v0/put", kind, body),
        ("PUT", f"{target.prefix}/api/v0/put", mine | kind, body),
        ("GET", f"{target.prefix}/nowhere", {}, None),
        ("GET", f"{target.prefix}/api/v1/stats", {}, None),
    ]
    wire.connect()
    socket = wire.sock

    statuses = [ask(wire, *exchange)[0] for exchange in exchanges]

    assert statuses == [200, 404, 200, 401, 405, 404, 200]
    assert wire.sock is socket
