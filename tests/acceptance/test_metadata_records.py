"""What the quickstart calls "full CRUD operations for metadata records", and what the drive's own records refuse."""

import uuid
from typing import Any

import httpx
import pytest

from tests.acceptance.client import Account, on, stored, totals

BODY = {
    "filenameEnc": "6e616d65",
    "size": 1_000,
    "mimeType": "image/webp",
    "dekEnc": "opaque",
    "thumb": False,
}


@pytest.fixture
def user() -> str:
    return f"usr_{uuid.uuid4().hex}"


def create(meta: httpx.Client, user: str, **changes: Any) -> str:
    answer = meta.post("/api/v1/meta", json={**BODY, "user": user, **changes})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_user_s_records_are_listed_newest_first_page_by_page_and_without_keys(meta: httpx.Client, user: str) -> None:
    ids = [create(meta, user, size=number) for number in range(5)]
    create(meta, f"{user}x")

    query = {"userId": user, "limit": "2"}
    pages = [meta.get("/api/v1/meta", params=query).json()]
    while cursor := pages[-1]["next"]:
        pages.append(meta.get("/api/v1/meta", params={**query, "cursor": cursor}).json())

    assert [len(page["files"]) for page in pages] == [2, 2, 1]
    found = [file for page in pages for file in page["files"]]
    assert [file["id"] for file in found] == ids[::-1]
    assert {frozenset(file) for file in found} == {
        frozenset({"id", "filenameEnc", "size", "mimeType", "thumbs", "uploadedDate"})
    }
    assert meta.get("/api/v1/meta", params={"userId": "nobody"}).json() == {"files": [], "next": None}


def test_a_record_changes_and_goes_and_the_stats_follow_at_once(meta: httpx.Client, user: str) -> None:
    files, size = totals(meta)
    path = f"/api/v1/meta/{create(meta, user, size=77)}"
    assert totals(meta) == (files + 1, size + 77)
    before = meta.get(path).json()

    changed = meta.patch(path, json={"dekEnc": "rewrapped", "mimeType": "image/png"})
    thumbs = meta.put(f"{path}/thumbs", json={"webPre": True})

    flags = {"mobile": False, "web": False, "webPre": True}
    assert changed.json() == {**before, "dekEnc": "rewrapped", "mimeType": "image/png"}
    assert thumbs.json() == {**changed.json(), "thumbs": flags} == meta.get(path).json()
    assert totals(meta) == (files + 1, size + 77)

    gone = [meta.delete(path) for _ in range(2)]
    assert (gone[0].status_code, gone[0].json()) == (200, {"id": before["id"], "deleted": True})
    assert (gone[1].status_code, gone[1].json()) == (404, {"error": "not_found"})
    assert totals(meta) == (files, size)


def test_the_record_of_a_drive_file_is_counted_and_only_the_drive_changes_it(
    meta: httpx.Client, drive: httpx.Client, account: Account
) -> None:
    files, size = totals(meta)
    (cid,) = stored(drive, ("owned.bin", uuid.uuid4().bytes))
    assert totals(meta) == (files + 1, size + 16)

    record = meta.get("/api/v1/meta", params={"userId": account.zelid, "limit": 1}).json()["files"][0]
    path = f"/api/v1/meta/{record['id']}"
    refusals = [meta.delete(path), meta.patch(path, json={"dekEnc": "mine"})]

    assert [(answer.status_code, answer.json()) for answer in refusals] == [(409, {"error": "in_use"})] * 2
    assert "owned" not in record["filenameEnc"]
    assert on(drive, "rm", cid).status_code == 200
    assert meta.get(path).status_code == 404
    assert totals(meta) == (files, size)
