"""From a picture on the drive to a stranger who looks at it: published, found, read, and taken back."""

import io
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.acceptance.client import Account, Target, check, stored
from tests.acceptance.publishing import Publisher
from tests.acceptance.running import Running

WAIT_SECONDS = 60
NAME = "Mönch am Meer.png"


def picture() -> bytes:
    """One that is like no other."""
    kept = io.BytesIO()
    shade = tuple(uuid.uuid4().bytes[:3])
    Image.new("RGB", (320, 200), shade).save(kept, "PNG")
    return kept.getvalue()


@dataclass(frozen=True)
class Gallery:
    """An API with a folder of pictures, one of which is published."""

    manage: httpx.Client
    stranger: httpx.Client
    folder: str
    api: str
    resource: str
    cid: str
    data: bytes

    def publish(self, verb: str = "publish") -> None:
        at = f"/folders/{self.folder}/resources/{self.resource}/revisions/"
        key = self.manage.get(at).json()["results"][-1]["key"]
        answer = self.manage.post(f"{at}{key}/{verb}/")
        assert answer.status_code == 200, answer.text


def made(manage: httpx.Client, path: str, **body: Any) -> str:
    answer = manage.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


@pytest.fixture(scope="module")
def owner(target: Target) -> Account:
    """Whose environment it is, and so whose drive the files are on."""
    return target


@pytest.fixture(scope="module")
def gallery(_running: Running | None, target: Target, owner: Account) -> Iterator[Gallery]:
    who = Publisher.of(_running, target)
    prefix, alias, data = f"g-{uuid.uuid4().hex[:8]}", f"pictures-{uuid.uuid4().hex[:8]}", picture()
    base = f"{target.base_url}/flux/{who.env}/{prefix}"
    stranger = httpx.Client(base_url=base, timeout=60, event_hooks={"response": [check]})
    with who.client() as manage, stranger, target.client(owner) as drive:
        (cid,) = stored(drive, (NAME, data), content_type="image/png")
        folder = made(manage, "/folders/tree/", name="Pictures", alias=alias)
        version = made(manage, f"/folders/{folder}/model/versions/", name="One")
        for field in ({"key": "title", "type": "string", "searchable": True}, {"key": "picture", "type": "file"}):
            made(manage, f"/folders/{folder}/model/versions/{version}/schema/tree/", **field)
        assert manage.post(f"/folders/{folder}/model/versions/{version}/publish/").status_code == 200
        resource = made(manage, f"/folders/{folder}/resources/", data={"title": "The Monk", "picture": cid})
        api = made(manage, "/api/", name="Gallery", prefix=prefix, cors_origins=["https://shop.example"])
        made_connection = {"folder": folder, "allowed_methods": ["get_many", "get_one"]}
        assert manage.post(f"/api/{api}/folders/", json=made_connection).status_code == 201
        stranger.base_url = httpx.URL(f"{base}/{alias}")
        found = Gallery(manage, stranger, folder, api, resource, cid, data)
        found.publish()
        yield found
        assert manage.delete(f"/api/{api}/").status_code == 204
        assert manage.delete(f"/folders/{folder}/resources/{resource}/").status_code == 204
        assert manage.delete(f"/folders/tree/folder/?key={folder}").status_code == 204


@pytest.fixture
def shown(gallery: Gallery) -> dict[str, Any]:
    """What the stranger is told of the picture."""
    (found,) = gallery.stranger.get("", params={"where__title__eq": "The Monk"}).json()["results"]
    assert found["_sys"]["key"] == gallery.resource
    picture: dict[str, Any] = found["data"]["picture"]
    return picture


def test_a_stranger_finds_it(gallery: Gallery, shown: dict[str, Any]) -> None:
    assert (shown["hash"], shown["name"], shown["size"]) == (gallery.cid, NAME, len(gallery.data))
    for answer in (
        gallery.stranger.get(f"/{gallery.resource}"),
        gallery.stranger.get(f"/{gallery.resource}/"),
    ):
        assert answer.json()["data"] == {"title": "The Monk", "picture": shown}
    searched = gallery.stranger.post("/_search", json={"where": {"title__startswith": "The"}}).json()
    assert [one["data"]["picture"] for one in searched["results"]] == [shown]
    assert gallery.stranger.post("/_search", json={"where": {"title__eq": "Nothing"}}).json()["results"] == []


def test_and_reads_it(gallery: Gallery, shown: dict[str, Any]) -> None:
    # As whoever pastes the URL that the answer gives.
    with httpx.Client() as anybody:
        whole = anybody.get(shown["url"])
        part = anybody.get(shown["url"], headers={"Range": "bytes=1-3"})
        same = anybody.get(shown["url"], headers={"If-None-Match": whole.headers["etag"]})
        head = anybody.head(shown["url"])
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, gallery.data, "image/png")
    assert "filename*=UTF-8''M%C3%B6nch%20am%20Meer.png" in whole.headers["content-disposition"]
    assert (part.status_code, part.content) == (206, b"PNG")
    assert (same.status_code, same.content) == (304, b"")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(gallery.data)))


def test_and_its_thumbnails(shown: dict[str, Any]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while httpx.get(shown["thumb_url"]).status_code == 404:
        assert time.monotonic() < until
        time.sleep(0.1)
    for size in ("mobile", "web", "webPre"):
        answer = httpx.get(shown["thumb_url"], params={"size": size})
        assert answer.headers["content-type"] == "image/jpeg"
        drawn = Image.open(io.BytesIO(answer.content))
        assert drawn.size[0] <= 320


def test_from_a_page_of_the_shop_and_no_other(gallery: Gallery) -> None:
    for origin, expected in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for answer in (gallery.stranger.get("", headers=headers), gallery.stranger.options("", headers=headers)):
            assert answer.headers.get("access-control-allow-origin") == expected


def test_but_writes_nothing(gallery: Gallery) -> None:
    before = gallery.stranger.get("").json()
    body = {"data": {"title": "Mine"}}
    for answer in (gallery.stranger.post("/", json=body), gallery.stranger.put(f"/{gallery.resource}/", json=body)):
        assert (answer.status_code, answer.json()["error_code"]) == (401, "authentication_required")
    for answer in (gallery.stranger.delete(f"/{gallery.resource}"), gallery.stranger.patch("", json=body)):
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert gallery.stranger.get("").json() == before


def test_it_outlives_its_removal_from_the_drive_until_it_is_taken_back(
    gallery: Gallery, shown: dict[str, Any], target: Target, owner: Account
) -> None:
    with target.client(owner) as drive:
        assert drive.post("/api/v0/rm", params={"arg": gallery.cid}).status_code == 200
    assert httpx.get(shown["url"]).content == gallery.data

    gallery.publish("unpublish")

    for url in (shown["url"], shown["thumb_url"], f"{gallery.stranger.base_url}{gallery.resource}"):
        answer = httpx.get(url)
        assert (answer.status_code, answer.json()["error_code"]) == (404, "resource_not_found")
    assert gallery.stranger.get("").json()["results"] == []
