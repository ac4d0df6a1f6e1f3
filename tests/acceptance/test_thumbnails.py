"""Thumbnails: there a moment after the put, in three sizes; never for what is no picture."""

import io
import time

import httpx
import pytest
from PIL import Image

from tests.acceptance.client import stored

WAIT_SECONDS = 30.0


def picture(kind: str, size: tuple[int, int]) -> bytes:
    made = io.BytesIO()
    Image.effect_mandelbrot(size, (-2.0, -1.5, 1.0, 1.5), 40).convert("RGB").save(made, kind)
    return made.getvalue()


def thumb(drive: httpx.Client, cid: str, **query: str) -> httpx.Response:
    """A thumbnail, once it is made; the last refusal if it is not in time."""
    until = time.monotonic() + WAIT_SECONDS
    while (answer := drive.post("/api/v0/thumb", params={"arg": cid, **query})).status_code == 404:
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return answer


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_three_sizes_of_every_format(kind: str, drive: httpx.Client) -> None:
    (cid,) = stored(drive, (f"photo.{kind.lower()}", picture(kind, (1_500, 1_000))))

    for query, width in (({}, 320), ({"size": "web"}, 480), ({"size": "webPre"}, 1_280)):
        answer = thumb(drive, cid, **query)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.size) == ("JPEG", (width, round(width / 1.5)))


def test_small_pictures_stay_small(drive: httpx.Client) -> None:
    (cid,) = stored(drive, ("icon.png", picture("PNG", (40, 30))))

    with Image.open(io.BytesIO(thumb(drive, cid, size="webPre").content)) as image:
        assert image.size == (40, 30)


def test_the_same_picture_again_has_them_at_once(drive: httpx.Client) -> None:
    data = picture("PNG", (90, 80))
    (cid,) = stored(drive, ("first.png", data))
    assert thumb(drive, cid).status_code == 200

    body = {"file": ("second.png", data, "image/png")}
    assert drive.post("/api/v0/put", files=body).json()["thumbnail"].endswith(f"/api/v0/thumb?arg={cid}")


def test_no_picture_no_thumbnail(drive: httpx.Client) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    cids = stored(drive, ("drawing.png", svg), ("text.txt", b"no picture at all"))
    (real,) = stored(drive, ("after.png", picture("PNG", (50, 60))))
    assert thumb(drive, real).status_code == 200

    # The worker takes them in order, more or less: those before are settled by now, or will be soon.
    for cid in cids:
        answer = drive.post("/api/v0/thumb", params={"arg": cid})
        assert (answer.status_code, answer.json()["error"]) == (404, "No thumbnail")
