"""Upload sessions: what is too large for one request goes in parts, and is whole, or nothing, in the end."""

import random

import httpx
import pytest

from tests.acceptance.client import assert_refused, listed, on, used
from tests.acceptance.sending import begin, complete, send_part, send_parts, upload, whole
from tests.acceptance.unixfs import address, folder_address

PART = 8 * 2**20
DATA = random.Random(5).randbytes(2 * PART + 1_000_003)


def test_a_file_in_three_parts(drive: httpx.Client) -> None:
    cid = address(DATA)
    on(drive, "rm", cid)
    before = used(drive)

    answer = upload(drive, {"name": "disk.img", "size": len(DATA), "hash": cid}, {"": DATA})

    file = {"name": "disk.img", "hash": cid, "mimetype": "application/octet-stream", "size": len(DATA)}
    assert answer == {"status": "success", "files": [file], **file, "thumbnail": None}
    assert used(drive) == before + len(DATA)
    assert whole(drive, "cat", cid).content == DATA
    middle = drive.get("/api/v0/cat", params={"arg": cid}, headers={"Range": f"bytes={PART - 10}-{PART + 9}"})
    assert (middle.status_code, middle.content) == (206, DATA[PART - 10 : PART + 10])


def test_a_folder_of_parts(drive: httpx.Client) -> None:
    contents = {"docs/a.bin": DATA[: PART + 1], "docs/empty": b"", "b.txt": b"hello world"}
    files = [{"path": path, "size": len(data)} for path, data in contents.items()]

    answer = upload(drive, {"files": files}, contents, name="my folder")

    cid = folder_address(contents)
    assert answer["folder"]["hash"] == cid
    for path, data in contents.items():
        assert whole(drive, "cat", f"{cid}/{path}").content == data
    entry = next(line for line in listed(drive) if line["hash"] == cid)
    assert (entry["name"], entry["type"], entry["size"]) == ("my folder", "folder", sum(map(len, contents.values())))


def test_one_that_was_interrupted_goes_on_where_it_was(drive: httpx.Client) -> None:
    data = random.Random(6).randbytes(PART + 5)
    begun = begin(drive, {"name": "later.bin", "size": len(data)})
    send_parts(begun["parts"][1:], {"": data[PART:]})

    missing = drive.post("/api/v0/upload/complete", params={"arg": begun["upload"]})
    assert (missing.status_code, missing.json()["code"]) == (400, "parts_missing")
    assert missing.json()["detail"] == [{"number": 0}]
    status = drive.get("/api/v0/upload/status", params={"arg": begun["upload"]}).json()
    assert (status["state"], [part["in"] for part in status["parts"]]) == ("open", [False, True])
    assert "url" not in status["parts"][1]

    assert send_part(status["parts"][0], data[:PART]).status_code == 200
    assert complete(drive, begun["upload"]).json()["hash"] == address(data)
    assert drive.get("/api/v0/upload/status", params={"arg": begun["upload"]}).json()["state"] == "done"


def test_a_part_of_another_length_is_not_taken(drive: httpx.Client) -> None:
    begun = begin(drive, {"name": "short.bin", "size": 1_000})
    (part,) = begun["parts"]

    headers = {name: value for name, value in part["headers"].items() if name.lower() != "content-length"}
    assert httpx.put(part["url"], content=b"x" * 999, headers=headers).status_code == 403

    assert drive.post("/api/v0/upload/abort", params={"arg": begun["upload"]}).json()["upload"] == begun["upload"]


@pytest.mark.parametrize("ending", ["abort", "another hash"])
def test_what_is_given_up_or_wrong_leaves_nothing(ending: str, drive: httpx.Client) -> None:
    before, lines = used(drive), len(listed(drive))
    begun = begin(drive, {"name": "wrong.bin", "size": 1_000, "hash": address(b"something else")})
    assert used(drive) == before + 1_000
    send_parts(begun["parts"], {"": b"x" * 1_000})

    if ending == "abort":
        assert drive.post("/api/v0/upload/abort", params={"arg": begun["upload"]}).status_code == 200
        assert complete(drive, begun["upload"]).json()["code"] == "upload_ended"
    else:
        assert complete(drive, begun["upload"]).json()["code"] == "upload_failed"

    assert (used(drive), len(listed(drive))) == (before, lines)
    assert_refused(on(drive, "cat", address(b"x" * 1_000)), "file_not_found")


def test_another_accounts_upload_is_not_found(drive: httpx.Client) -> None:
    answer = drive.post("/api/v0/upload/complete", params={"arg": "0" * 32})

    assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")
