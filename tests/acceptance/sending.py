"""Files of any size to and from a target that may not take, or give, them in one request."""

import mimetypes
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.acceptance.client import put

WAIT_SECONDS = 60.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Sender:
    """Puts a file in one request where the target takes it, else by an upload session.

    Attributes:
        most: Longest body in bytes that the target takes; 0 for any.
    """

    most: int

    def __call__(self, drive: httpx.Client, name: str, data: bytes, content_type: str | None = None) -> Json:
        """Put a file, which must succeed; the answer of `put`."""
        # Multipart adds a few hundred bytes.
        if not self.most or len(data) + 1_000 <= self.most:
            answer = put(drive, (name, data), content_type=content_type)
            assert answer.status_code == 200, answer.text
            return dict(answer.json())
        kind = content_type or mimetypes.guess_type(name)[0]
        return upload(drive, {"name": name, "size": len(data), "mimetype": kind}, {"": data})


def begin(drive: httpx.Client, body: Json, **query: str) -> Json:
    """Begin an upload, which must succeed."""
    answer = drive.post("/api/v0/upload", json=body, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def send_part(part: Json, data: bytes) -> httpx.Response:
    """PUT one part where its link says, without the drive's credentials."""
    return httpx.put(part["url"], content=data, headers=part["headers"], timeout=60)


def send_parts(parts: Sequence[Json], contents: dict[str, bytes]) -> None:
    """PUT every part of an upload that begins; `contents` by path, that of a single file under the empty one."""
    sent: dict[str, int] = {}
    for part in parts:
        path = part.get("path", "")
        at = sent.get(path, 0)
        sent[path] = at + part["size"]
        assert send_part(part, contents[path][at : at + part["size"]]).status_code == 200


def complete(drive: httpx.Client, upload_id: str) -> httpx.Response:
    """Complete an upload, and ask until it is done or over."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        answer = drive.post("/api/v0/upload/complete", params={"arg": upload_id})
        if answer.status_code != 202:
            return answer
        time.sleep(0.1)
    raise AssertionError("an upload was not processed in time")


def upload(drive: httpx.Client, body: Json, contents: dict[str, bytes], **query: str) -> Json:
    """A whole upload, which must succeed."""
    begun = begin(drive, body, **query)
    send_parts(begun["parts"], contents)
    answer = complete(drive, begun["upload"])
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def whole(drive: httpx.Client, call: str, address: str) -> httpx.Response:
    """The whole of something by `cat` or `get`, from a copy elsewhere if it is more than an answer holds."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        answer = drive.get(f"/api/v0/{call}", params={"arg": address})
        if answer.status_code == 303:
            assert answer.json()["url"] == answer.headers["location"]
            return httpx.get(answer.headers["location"], timeout=60)
        if answer.status_code != 503:
            return answer
        time.sleep(float(answer.headers["retry-after"]) / 10)
    raise AssertionError("a copy was not made in time")
