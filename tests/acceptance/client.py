"""How the suite speaks to a target: clients that check what every answer has, and multipart as clients send it."""

import base64
import http.client
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

TEXTS = {
    "invalid_credentials": (401, "Invalid credentials"),
    "subscription_not_active": (402, "Subscription not active"),
    "account_suspended": (403, "Account suspended"),
    "file_not_found": (404, "File not found"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "storage_capacity_exceeded": (413, "Storage capacity exceeded"),
    "invalid_request": (400, "Invalid request"),
    "invalid_hash": (400, "Invalid or missing hash"),
    "no_file_provided": (400, "No file provided"),
    "invalid_name": (400, "Invalid file name: 1 to 1024 bytes of UTF-8"),
}
"""The drive's errors: status and text, by the stable code."""


@dataclass(frozen=True)
class Account:
    """Someone who may use the drive."""

    zelid: str
    key: str

    @property
    def basic(self) -> str:
        """Value of the `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.zelid}:{self.key}".encode()).decode()


@dataclass(frozen=True)
class Target(Account):
    """What is tested, with the account that the caller gave."""

    base_url: str

    def client(self, account: Account | None = None) -> httpx.Client:
        """A client of the target, by default without credentials."""
        auth = httpx.BasicAuth(account.zelid, account.key) if account else None
        return httpx.Client(base_url=self.base_url, auth=auth, timeout=60, event_hooks={"response": [check]})

    def connection(self) -> http.client.HTTPConnection:
        """One connection to the target, for requests that no good client would send."""
        url = urlsplit(self.base_url)
        made = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        return made(url.hostname or "", url.port, timeout=30)

    @property
    def prefix(self) -> str:
        """Path before all paths, such as a stage's."""
        return urlsplit(self.base_url).path.rstrip("/")


def check(response: httpx.Response) -> None:
    """What holds for every answer: no fault of the server, an id, and JSON if it is an error."""
    request = response.request
    what = f"{request.method} {request.url} -> {response.status_code}"
    waits = response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in response.headers
    assert response.status_code < 500 or waits, what
    assert response.headers.get("x-request-id"), what
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/json", what


def assert_refused(response: httpx.Response, code: str) -> None:
    """The drive's envelope: the documented text in `error` and `message`, and the code."""
    status, text = TEXTS[code]
    assert response.json() == {"error": text, "message": text, "code": code}
    assert response.status_code == status


def multipart(*files: tuple[str, bytes], content_type: str | None = None) -> tuple[bytes, dict[str, str]]:
    """A multipart body and its headers; names go as raw UTF-8, quotes and all, as real clients send them."""
    boundary = uuid.uuid4().hex
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    body = bytearray()
    for name, data in files:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
        body += kind.encode() + b"\r\n" + data + b"\r\n"
    return bytes(body + f"--{boundary}--\r\n".encode()), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def put(drive: httpx.Client, *files: tuple[str, bytes], content_type: str | None = None) -> httpx.Response:
    """Put files."""
    body, headers = multipart(*files, content_type=content_type)
    return drive.post("/api/v0/put", content=body, headers=headers)


def stored(drive: httpx.Client, *files: tuple[str, bytes], content_type: str | None = None) -> list[str]:
    """Put files, which must succeed; gives their hashes in order."""
    answer = put(drive, *files, content_type=content_type)
    assert answer.status_code == 200, answer.text
    return [file["hash"] for file in answer.json()["files"]]


def on(drive: httpx.Client, call: str, cid: str) -> httpx.Response:
    """`cat`, `get` or `rm` of a hash."""
    return drive.post(f"/api/v0/{call}", params={"arg": cid})


def listed(drive: httpx.Client) -> list[dict[str, Any]]:
    """The account's files."""
    files: list[dict[str, Any]] = drive.post("/api/v0/ls").json()["files"]
    return files


def used(drive: httpx.Client) -> int:
    """Bytes that the account uses, by `status`, whose figures must add up."""
    answer = drive.post("/api/v0/status").json()
    result = answer["result"]
    assert result["storage_used"] + result["remaining"] == answer["capacity_bytes"]
    assert answer["capacity_bytes"] == result["capacity_gb"] * 2**30
    return int(result["storage_used"])


def totals(meta: httpx.Client) -> tuple[int, int]:
    """Files and bytes of the whole platform, by `stats`."""
    answer = meta.get("/api/v1/stats").json()
    assert answer.keys() == {"totalFiles", "totalSizeBytes"}
    return answer["totalFiles"], answer["totalSizeBytes"]
