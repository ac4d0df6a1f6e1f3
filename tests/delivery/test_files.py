"""Files of published resources: read as their resource may be, whatever becomes of them on the drive."""

from urllib.parse import unquote

import pytest

from tests.delivery.galleries import Gallery, a_picture
from tests.delivery.visiting import refused
from tests.support.books import rm
from tests.support.managing import Manager, field

ABSENT = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"


@pytest.fixture
def gallery(me: Manager) -> Gallery:
    return Gallery(me)


def test_what_a_resource_says_of_a_file_is_where_it_is_read(gallery: Gallery) -> None:
    data = a_picture()
    cid = gallery.put(data, "Mönch am Meer.png")
    key = gallery.show(cid)
    shown = gallery.site.read(f"things/{key}")["data"]["picture"]

    base = gallery.site.path(f"things/{key}")
    assert {name: value for name, value in shown.items() if "url" not in name} == {
        "hash": cid,
        "name": "Mönch am Meer.png",
        "size": len(data),
        "mimetype": "image/png",
    }
    assert shown["url"].endswith(f"{base}/_files/{cid}")
    assert shown["thumb_url"].endswith(f"{base}/_thumbs/{cid}")
    answer = gallery.site.follow(shown["url"])
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, data, "image/png")
    assert gallery.site.read("things")["results"][0]["data"]["picture"] == shown


def test_tags_ranges_and_head(gallery: Gallery) -> None:
    data = bytes(range(256)) * 4
    cid = gallery.put(data)
    key = gallery.show(cid)
    whole = gallery.file(key, cid)
    tag = whole.headers["etag"]

    assert (whole.body, tag, whole.headers["accept-ranges"]) == (data, f'"{cid}"', "bytes")
    assert whole.headers["cache-control"] == "public, no-cache"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = gallery.file(key, cid, range="bytes=10-19")
    assert (part.status, part.body) == (206, data[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(data)}"
    assert gallery.file(key, cid, range="bytes=-5").body == data[-5:]
    assert gallery.file(key, cid, range="bytes=0-4", if_range='"other"').status == 200
    beyond = gallery.file(key, cid, range=f"bytes={len(data)}-")
    refused(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(data)}"
    same = gallery.file(key, cid, if_none_match=tag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    head = gallery.file(key, cid, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(data)))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_files_are_read_and_no_more(gallery: Gallery, method: str) -> None:
    cid = gallery.put()
    key = gallery.show(cid)

    for answer in (gallery.file(key, cid, method), gallery.thumb(key, cid, method=method)):
        refused(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "name",
    [
        "a.png",
        "Mönch.png",
        "日本語 🐟.png",
        'say "hi"\\.png',
        "100%.png",
        "a;b=c,d.png",
        "\u202egnp.exe",
        "ﬁ—ſ.png",
        "'.png",
    ],
)
def test_any_name(gallery: Gallery, name: str) -> None:
    cid = gallery.put(name=name.replace('"', "%22") if '"' in name else name)
    key = gallery.show(cid)
    known = gallery.site.read(f"things/{key}")["data"]["picture"]["name"]

    said = gallery.file(key, cid).headers["content-disposition"]

    assert said.isascii()
    kind, plain, extended = said.split("; ", 2) if ";" not in known else (said[:6], None, said.rsplit("; ", 1)[1])
    assert kind.startswith("inline")
    assert unquote(extended.removeprefix("filename*=UTF-8''")) == known
    assert plain is None or plain.startswith('filename="')


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("text/html", "application/octet-stream"),
        ("text/html; charset=utf-8", "application/octet-stream"),
        ("TEXT/HTML", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("text/xsl", "application/octet-stream"),
        ("application/rss+xml", "application/octet-stream"),
        ("text/plain", "text/plain"),
        ("image/png", "image/png"),
        ("application/pdf", "application/pdf"),
    ],
)
def test_nothing_runs_in_our_origin(gallery: Gallery, kind: str, sent: str) -> None:
    cid = gallery.put(name="file", kind=kind)
    key = gallery.show(cid)

    for method in ("GET", "HEAD"):
        answer = gallery.file(key, cid, method)
        assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (sent, "nosniff")
    shown = gallery.site.read(f"things/{key}")["data"]["picture"]
    assert (shown["mimetype"], shown["thumb_url"] is None) == (kind.partition(";")[0].lower(), sent != "image/png")


def test_a_file_is_its_resource_s(gallery: Gallery) -> None:
    mine, others, pinned = gallery.put(), gallery.put(), gallery.put()
    key, other = gallery.show(mine), gallery.show(others)

    assert gallery.file(key, mine).status == gallery.file(other, others).status == 200
    for at, cid in ((key, others), (other, mine), (key, pinned), (key, ABSENT), ("nobody", mine), (key, "x" * 3000)):
        refused(gallery.file(at, cid), 404, "resource_not_found")
        refused(gallery.thumb(at, cid), 404, "resource_not_found")


def test_what_is_private_is_not_read(gallery: Gallery) -> None:
    public, kept, deep, both = (gallery.put() for _ in range(4))
    key = gallery.show(public, kept=kept, inner={"deep": deep})
    shared = gallery.show(both, kept=both)

    assert gallery.site.read(f"things/{key}")["data"].keys() == {"title", "picture"}
    for cid in (kept, deep):
        refused(gallery.file(key, cid), 404, "resource_not_found")
        refused(gallery.thumb(key, cid), 404, "resource_not_found")
    # It stands in a field that is shown, too.
    assert gallery.file(shared, both).status == 200


def test_a_file_outlives_its_pin_and_goes_with_the_revision(gallery: Gallery) -> None:
    first, second = gallery.put(b"the first of them"), gallery.put()
    key = gallery.show(first)

    assert rm(gallery.site.system, gallery.user, first).status == 200
    assert gallery.file(key, first).body == b"the first of them"
    gallery.republish(key, {"title": "Two", "picture": second})
    refused(gallery.file(key, first), 404, "resource_not_found")
    assert gallery.file(key, second).status == 200
    gallery.republish(key, {"title": "Three"})
    refused(gallery.file(key, second), 404, "resource_not_found")
    assert gallery.site.read(f"things/{key}")["data"] == {"title": "Three"}


def test_a_draft_s_files_are_not_read(gallery: Gallery) -> None:
    public, draft = gallery.put(), gallery.put()
    key = gallery.show(public)

    gallery.site.me.revise(gallery.folder, key, {"title": "Two", "picture": draft})

    assert gallery.file(key, public).status == 200
    refused(gallery.file(key, draft), 404, "resource_not_found")


def test_a_field_that_becomes_private_hides_its_files(gallery: Gallery) -> None:
    cid = gallery.put()
    key = gallery.show(cid)

    gallery.site.me.schema(gallery.folder, field("title"), field("picture", "file", private=True))

    refused(gallery.file(key, cid), 404, "resource_not_found")


def test_several_files_of_one_field(gallery: Gallery) -> None:
    cids = [gallery.put() for _ in range(3)]
    key = gallery.show(cids[0], more=cids)

    assert [one["hash"] for one in gallery.site.read(f"things/{key}")["data"]["more"]] == cids
    assert [gallery.file(key, cid).status for cid in cids] == [200, 200, 200]
    assert len({gallery.file(key, cid).body for cid in cids}) == 3
