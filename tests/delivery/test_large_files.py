"""What is read in other ways than as it is: large files from copies, and pictures as thumbnails."""

import io
from collections.abc import Iterator

import pytest
import requests
from PIL import Image

from chalicelib import aws
from chalicelib.settings import Settings
from tests.delivery.galleries import Gallery, a_picture
from tests.delivery.visiting import refused
from tests.support.managing import Manager
from tests.support.system import System, moto_aws

INLINE = 3_000
"""Most bytes of one answer here."""


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch, moto_aws(patch):
        patch.setattr(aws.clients, "_current", None)
        settings = Settings(
            table_prefix="files-",
            blob_bucket="files",
            kms_key_id="alias/files",
            route_cache_seconds=0,
            max_inline_bytes=INLINE,
        )
        yield System.make(settings)


@pytest.fixture
def gallery(me: Manager) -> Gallery:
    return Gallery(me)


def test_a_large_file_is_read_from_a_copy(gallery: Gallery) -> None:
    data = bytes(range(256)) * 40
    cid = gallery.put(data, "große.bin", "application/x-thing")
    key = gallery.show(cid)
    gallery.site.change(cache_max_age=3600)

    head = gallery.file(key, cid, "HEAD")
    assert (head.status, head.headers["content-length"]) == (200, str(len(data)))
    waits = gallery.file(key, cid)
    refused(waits, 503, "copy_not_ready")
    assert int(waits.headers["retry-after"]) > 0
    gallery.site.system.jobs.work()
    answer = gallery.file(key, cid)
    assert answer.status == 303
    # What is kept for an hour would lead nowhere by then.
    assert answer.headers["cache-control"] == "no-store"
    link = answer.headers["location"]
    assert (answer.json["url"], answer.json["size"]) == (link, len(data))
    got = requests.get(link, timeout=10)
    assert (got.content, got.headers["content-type"]) == (data, "application/x-thing")
    assert got.headers["content-disposition"].startswith("inline; filename=")
    # Parts are answered as they are, as much as one answer holds.
    part = gallery.file(key, cid, range="bytes=100-")
    assert (part.status, part.body) == (206, data[100 : 100 + INLINE])
    assert part.headers["content-range"] == f"bytes 100-{99 + INLINE}/{len(data)}"
    tagged = gallery.file(key, cid, if_none_match=f'"{cid}"')
    assert (tagged.status, tagged.headers["cache-control"]) == (304, "public, max-age=3600")


def test_thumbnails_in_each_size(gallery: Gallery) -> None:
    cid = gallery.put(a_picture(1600, 800), "wide.png")
    key = gallery.show(cid)

    refused(gallery.thumb(key, cid), 404, "no_thumbnail")
    gallery.site.system.jobs.work()
    sizes = {}
    for size in ("mobile", "web", "webPre"):
        answer = gallery.thumb(key, cid, size)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["etag"] == f'"{cid}.{size}"'
        sizes[size] = Image.open(io.BytesIO(answer.body)).size
        head = gallery.thumb(key, cid, size, "HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(answer.body)))
    assert len(set(sizes.values())) == 3
    assert gallery.thumb(key, cid).body == gallery.thumb(key, cid, "mobile").body
    for wrong in ("huge", "", "Mobile"):
        refused(gallery.site.ask(f"things/{key}/_thumbs/{cid}", query={"size": wrong or "0"}), 422, "invalid_request")


def test_what_is_no_picture_has_no_thumbnail(gallery: Gallery) -> None:
    for kind in ("text/plain", "image/png"):
        cid = gallery.put(kind=kind)
        key = gallery.show(cid)
        gallery.site.system.jobs.work()
        refused(gallery.thumb(key, cid), 404, "no_thumbnail")
