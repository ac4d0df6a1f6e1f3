"""Files as people have them: put, listed, read, downloaded, removed, with figures that add up at each step."""

import random
import re
import struct
import uuid
import zlib
from urllib.parse import unquote

import httpx
import pytest

from tests.acceptance.client import assert_refused, listed, on, put, stored, used
from tests.acceptance.sending import Sender, whole
from tests.acceptance.unixfs import address


def png(width: int = 64, height: int = 48) -> bytes:
    """A colourful picture that any viewer opens."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 4 + y) % 256 for x in range(width) for _ in "rgb") for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pdf() -> bytes:
    """An empty page that any reader opens: objects, their table of offsets, and a trailer."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>",
    ]
    body, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return body + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


FILES = {
    "image": ("photo.png", png(), "image/png"),
    "pdf": ("paper.pdf", pdf(), "application/pdf"),
    "empty": ("nothing.txt", b"", "text/plain"),
    "binary": ("bytes.bin", bytes(range(256)) * 3_000, "application/octet-stream"),
    "lines like multipart": ("odd.bin", b"\r\n--\r\n--boundary\r\n\r\n" * 99, "application/octet-stream"),
    "many chunks": ("video.mp4", random.Random(1).randbytes(3_000_001), "video/mp4"),
    "many segments": ("disk.img", random.Random(2).randbytes(17_000_000), "application/x-raw-disk-image"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_lives_from_put_to_rm(kind: str, drive: httpx.Client, send: Sender) -> None:
    name, data, mimetype = FILES[kind]
    cid = address(data)
    # Another test, or another run on the same account, may have left it.
    on(drive, "rm", cid)
    before = used(drive)

    answer = send(drive, name, data, mimetype)
    assert answer["files"] == [{"name": name, "hash": cid, "mimetype": mimetype, "size": len(data)}]
    assert used(drive) == before + len(data)

    entry = next(file for file in listed(drive) if file["hash"] == cid)
    assert (entry["name"], entry["size"], entry["mimetype"]) == (name, len(data), mimetype)

    for call in ("cat", "get"):
        read = whole(drive, call, cid)
        assert read.content == data
        if not read.url.path.startswith(drive.base_url.path + "api"):
            # A copy elsewhere, with headers of its own.
            continue
        assert (read.headers["content-type"], read.headers["etag"]) == (mimetype, f'"{cid}"')
        assert read.headers["x-content-type-options"] == "nosniff"
        assert ("content-disposition" in read.headers) == (call == "get")

    assert on(drive, "rm", cid).status_code == 200
    assert_refused(on(drive, "cat", cid), "file_not_found")
    assert used(drive) == before


NAMES = [
    "plain.txt",
    "with spaces  and  more.txt",
    "Grüße, Straße.pdf",
    "наклейка.webp",
    "图片 二.jpeg",
    "ملف.txt",
    "קובץ.bin",
    "फ़ाइल.txt",
    "👩‍🚀🎉.gif",
    'a "b".gz',
    'half " quoted',
    "it's; name=x.txt",
    "50% off + more & so on = fun?#.txt",
    "back\\slash.txt",
    "a/path/like.this",
    "\u00e9 as one, e\u0301 as two",
    ".hidden",
    "no ending",
    "x" * 1_024,
    "語" * 341,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_name_comes_back_as_it_was_sent(name: str, drive: httpx.Client) -> None:
    (cid,) = stored(drive, (name, uuid.uuid4().bytes))

    header = on(drive, "get", cid).headers["content-disposition"]
    entry = next(file for file in listed(drive) if file["hash"] == cid)

    match = re.fullmatch(
        r"attachment; filename=\"([ -!#-\[\]-~]*)\"; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*)", header
    )
    assert match, header
    assert unquote(match[2]) == entry["name"] == name
    assert on(drive, "rm", cid).status_code == 200


@pytest.mark.parametrize(
    ("sent", "kept"), [("image/JPEG; q=1", "image/jpeg"), ("nonsense", "image/png"), (None, "image/png")]
)
def test_the_media_type_is_the_declared_one_or_that_of_the_ending(
    sent: str | None, kept: str, drive: httpx.Client
) -> None:
    answer = put(drive, ("picture.png", uuid.uuid4().bytes), content_type=sent)

    assert answer.json()["mimetype"] == kept


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xml", "application/xhtml+xml"])
def test_what_a_browser_would_run_goes_out_as_bytes(kind: str, drive: httpx.Client) -> None:
    page = f"<script>alert('{uuid.uuid4()}')</script>".encode()
    (cid,) = stored(drive, ("page", page), content_type=kind)

    for call in ("cat", "get"):
        read = on(drive, call, cid)
        assert (read.headers["content-type"], read.content) == ("application/octet-stream", page)
