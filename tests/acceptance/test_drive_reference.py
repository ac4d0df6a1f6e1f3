"""The drive's API reference, line by line as its readers paste it."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.client import Account, Target, listed, on, stored, used
from tests.acceptance.unixfs import address, folder_address

PUBLISHED = "https://api.fluxdrive.runonflux.io"

STATUS = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/status" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

LS = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/ls" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

PUT = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/put" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>" \\
-H "Content-Type: multipart/form-data" \\
-F file=@"<file1>" \\
-F file=@"<file2>"
"""

CAT = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/cat?arg=<HASH>" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

GET = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/get?arg=<HASH>" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

RM = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/rm?arg=<HASH>" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

PUTFOLDER = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/putfolder" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>" \\
-H "Content-Type: multipart/form-data" \\
-F file=@"image.png" \\
-F file=@"metadata.json"
"""

THUMB = """\
curl "https://api.fluxdrive.runonflux.io/api/v0/thumb?arg=<HASH>" \\
-X POST \\
-u "<ZELID>:<API_KEY_SECRET>"
"""

Paste = Callable[..., str]


@pytest.fixture
def paste(shell: Callable[[str], str], target: Target, account: Account) -> Paste:
    """Runs a published line against the target, with `swap` for what a reader puts in its place."""

    def run(line: str, **swap: str) -> str:
        credentials = f"{account.zelid}:{account.key}"
        theirs = {PUBLISHED: target.base_url, "<ZELID>:<API_KEY_SECRET>": credentials}
        for old, new in {**theirs, **{f"<{name}>": value for name, value in swap.items()}}.items():
            assert old in line
            line = line.replace(old, new)
        return shell(line)

    return run


def put_one_line(line: str) -> str:
    return line.replace(' \\\n-F file=@"<file2>"', "")


def test_status(paste: Paste, account: Account) -> None:
    answer = json.loads(paste(STATUS))

    result = answer.pop("result")
    assert result.keys() == {"active", "capacity_gb", "storage_used", "remaining"}
    assert result["active"] is True
    assert result["remaining"] == result["capacity_gb"] * 2**30 - result["storage_used"]
    assert answer.keys() == {
        "status",
        "zelid",
        "plan_name",
        "capacity_bytes",
        "data_transfer_bytes",
        "period_end",
    }
    assert (answer["status"], answer["zelid"]) == ("success", account.zelid)


def test_put_one_file(paste: Paste, tmp_path: Path, drive: httpx.Client) -> None:
    picture = uuid.uuid4().bytes
    (tmp_path / "21045.png").write_bytes(picture)
    before = used(drive)

    answer = json.loads(paste(put_one_line(PUT), file1="21045.png"))

    file = {"name": "21045.png", "hash": address(picture), "mimetype": "image/png", "size": 16}
    assert answer == {"status": "success", "files": [file], **file, "thumbnail": None}
    assert used(drive) == before + 16


def test_put_two_files(paste: Paste, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"first")
    (tmp_path / "metadata.json").write_bytes(b"{}")

    answer = json.loads(paste(PUT, file1="a.png", file2="metadata.json"))

    assert answer == {
        "status": "success",
        "files": [
            {"name": "a.png", "hash": address(b"first"), "mimetype": "image/png", "size": 5},
            {"name": "metadata.json", "hash": address(b"{}"), "mimetype": "application/json", "size": 2},
        ],
    }


def test_ls_lists_the_newest_first(paste: Paste, drive: httpx.Client) -> None:
    cids = [stored(drive, (f"{n}.txt", uuid.uuid4().bytes), content_type="text/plain")[0] for n in range(3)]

    answer = json.loads(paste(LS))

    assert answer.keys() == {"status", "files"}
    assert answer["status"] == "success"
    newest: list[dict[str, Any]] = answer["files"][:3]
    stamps = [file.pop("timestamp") for file in newest]
    assert newest == [
        {"hash": cids[n], "name": f"{n}.txt", "size": 16, "mimetype": "text/plain"} for n in reversed(range(3))
    ]
    assert stamps == sorted(stamps, reverse=True)
    assert all(abs(stamp / 1000 - time.time()) < 60 for stamp in stamps)


def test_cat_and_get_give_the_bytes(paste: Paste, drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("poem.txt", b"To be read twice.\n"))

    assert paste(CAT, HASH=cid) == paste(GET, HASH=cid) == "To be read twice.\n"


def test_putfolder(paste: Paste, tmp_path: Path, drive: httpx.Client) -> None:
    files = {"image.png": uuid.uuid4().bytes, "metadata.json": b'{"name":"21045"}'}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    before = used(drive)

    answer = json.loads(paste(PUTFOLDER))

    assert answer["status"] == "success"
    assert answer["folder"].keys() == {"hash", "size"}
    assert answer["folder"]["hash"] == folder_address(files)
    assert answer["folder"]["size"].isdigit()
    assert int(answer["folder"]["size"]) > sum(map(len, files.values()))
    assert used(drive) == before + sum(map(len, files.values()))


def test_thumb_of_what_is_no_picture(paste: Paste, drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("text.txt", b"no picture"), content_type="text/plain")

    assert json.loads(paste(THUMB, HASH=cid))["error"] == "No thumbnail"


def test_rm_takes_the_file_away(paste: Paste, drive: httpx.Client) -> None:
    before = used(drive)
    (cid,) = stored(drive, ("gone.txt", b"to be removed"))

    answer = json.loads(paste(RM, HASH=cid))

    assert answer == {"status": "success", "success": "File removed", "hash": cid}
    assert json.loads(paste(CAT, HASH=cid))["error"] == "File not found"
    assert cid not in [file["hash"] for file in listed(drive)]
    assert used(drive) == before


def test_rm_takes_all_names_of_a_hash_and_the_same_name_again_changes_nothing(drive: httpx.Client) -> None:
    before = used(drive)
    (cid, *_) = stored(drive, ("a.txt", b"twice named"), ("b.txt", b"twice named"))
    stored(drive, ("a.txt", b"twice named"))

    names = sorted(file["name"] for file in listed(drive) if file["hash"] == cid)

    assert names == ["a.txt", "b.txt"]
    assert used(drive) == before + 2 * len(b"twice named")
    assert on(drive, "rm", cid).status_code == 200
    assert on(drive, "rm", cid).status_code == 404
    assert used(drive) == before
