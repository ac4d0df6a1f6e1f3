"""Folders: put as one, with an address of their own, read by path, downloaded as a tar."""

import io
import tarfile
import uuid

import httpx
import pytest

from tests.acceptance.client import assert_refused, listed, multipart, on, stored, used
from tests.acceptance.unixfs import address, folder_address


def put_folder(drive: httpx.Client, files: dict[str, bytes], **query: str) -> httpx.Response:
    body, headers = multipart(*files.items())
    return drive.post("/api/v0/putfolder", content=body, headers=headers, params=query)


@pytest.fixture
def files() -> dict[str, bytes]:
    return {
        "index.html": b"<h1>hello</h1>",
        "img/one.png": uuid.uuid4().bytes,
        "img/deep/две.txt": "zwei, два, 二".encode(),
        "same.html": b"<h1>hello</h1>",
        "empty": b"",
    }


@pytest.fixture
def cid(drive: httpx.Client, files: dict[str, bytes]) -> str:
    answer = put_folder(drive, files, name="a site")
    assert answer.status_code == 200, answer.text
    assert answer.json()["folder"]["hash"] == folder_address(files)
    assert {one["name"]: one["hash"] for one in answer.json()["files"]} == {p: address(d) for p, d in files.items()}
    return str(answer.json()["folder"]["hash"])


def test_it_is_one_entry_that_counts_its_files(drive: httpx.Client, files: dict[str, bytes], cid: str) -> None:
    total = sum(map(len, files.values()))
    entry = next(line for line in listed(drive) if line["hash"] == cid)
    before = used(drive)

    assert (entry["name"], entry["type"], entry["size"]) == ("a site", "folder", total)
    assert on(drive, "rm", cid).status_code == 200
    assert used(drive) == before - total
    assert_refused(on(drive, "cat", f"{cid}/empty"), "file_not_found")


def test_what_is_in_it_is_read_by_path(drive: httpx.Client, files: dict[str, bytes], cid: str) -> None:
    for path, data in files.items():
        answer = on(drive, "cat", f"{cid}/{path}")
        assert (answer.content, answer.headers["etag"]) == (data, f'"{address(data)}"')
    assert on(drive, "cat", f"{cid}/index.html").headers["content-type"] == "application/octet-stream"
    assert_refused(on(drive, "cat", f"{cid}/nothing"), "file_not_found")
    refused = on(drive, "cat", f"{cid}/img")
    assert (refused.status_code, refused.json()["error"]) == (400, "Hash is a folder")


def test_it_is_listed_level_by_level(drive: httpx.Client, cid: str) -> None:
    def names(address: str) -> list[str]:
        lines = drive.post("/api/v0/ls", params={"arg": address}).json()["files"]
        return [line["name"] + "/" * ("type" in line) for line in lines]

    assert names(cid) == ["empty", "img/", "index.html", "same.html"]
    assert names(f"{cid}/img") == ["deep/", "one.png"]


def test_its_tar_opens_anywhere(drive: httpx.Client, files: dict[str, bytes], cid: str) -> None:
    answer = on(drive, "get", cid)

    assert answer.headers["content-type"] == "application/x-tar"
    assert 'filename="a site.tar"' in answer.headers["content-disposition"]
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        found = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}  # type: ignore[union-attr]
    assert found == {f"{cid}/{path}": data for path, data in files.items()}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a//b", "Invalid path segment"),
        ("../up", "Invalid path segment"),
        ("/rooted", "Invalid path segment"),
        ("/".join("d" * 33), "Path exceeds 32 levels"),
        ("x" * 201, "Path segment exceeds 200 characters"),
    ],
)
def test_paths_that_cannot_be(path: str, text: str, drive: httpx.Client) -> None:
    answer = put_folder(drive, {path: b"x"})

    assert (answer.status_code, answer.json()["error"]) == (400, text)


def test_a_file_in_it_is_not_found_by_its_own_hash_unless_it_was_put(drive: httpx.Client) -> None:
    data = uuid.uuid4().bytes
    put_folder(drive, {"only here": data})

    assert_refused(on(drive, "cat", address(data)), "file_not_found")
    stored(drive, ("by itself", data))
    assert on(drive, "cat", address(data)).content == data
