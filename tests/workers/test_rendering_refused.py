"""What must not or cannot be rendered, and what looks like it and can."""

import random
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, ImageFile

from chalicelib.workers import rendering
from chalicelib.workers.rendering import UnrenderableError, render
from tests.workers.images import (
    QUARTERS,
    chunk,
    claiming,
    colour,
    exif,
    near,
    opened,
    png,
    quarters,
    saved,
    sizes,
    webp,
)

GIANT = (9487, 9487)
"""90 megapixels."""

JPEG, PNG, WEBP, GIF, AVIF = (saved(quarters(), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"))
VALID = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP, "GIF": GIF, "AVIF": AVIF}
GIF_HEAD, GIF_REST = GIF[: GIF.index(b",")], GIF[GIF.index(b",") :]
PROGRESSIVE = saved(quarters(), "JPEG", progressive=True)
LAST_SCAN = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xda") : -2]


def reason(content: bytes) -> str:
    with pytest.raises(UnrenderableError) as error:
        render(content)
    return error.value.reason


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a",
        b"GIF88a" + GIF[6:],
        b"RIFF\x24\0\0\0WAVEfmt ",
        random.Random(1).randbytes(5_000),
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        b"<!DOCTYPE html><title>x</title>",
        b"<!-- -->" + JPEG,
        b"\n" + PNG,
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\0\0\0\x18ftypisom\0\0\2\0isommp42",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic",
        b"\0\0\0\x0cftypmif1\0\0\0\0avif",
        *(saved(quarters(), kind) for kind in ("BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "JPEG2000", "PDF")),
    ],
    ids=lambda content: f"{content[:16]!r}",
)
def test_other_formats_are_refused_by_their_bytes(content: bytes) -> None:
    assert reason(content) == "format"


@pytest.mark.parametrize(
    "content",
    [
        png(GIANT, depth=1, rows=1),
        png((50_000_001, 1), depth=1, rows=1),
        png((7072, 7072), depth=1, rows=1),
        png((2**31 - 1, 2**31 - 1), rows=0),
        claiming(JPEG, GIANT),
        claiming(JPEG, (65_000, 65_000)),
        claiming(GIF, GIANT),
        claiming(GIF, (65_535, 65_535)),
        claiming(AVIF, GIANT),
        webp(GIANT),
        webp((16_383, 16_383)),
        # A GIF's first picture may reach beyond its screen.
        GIF.replace(b",\0\0\0\0\x3c\0\x28\0", b",\xff\xff\0\0\x3c\0\xff\xff"),
    ],
    ids=lambda content: f"{content[:12]!r}",
)
def test_pixels_are_counted_before_any_is_decoded(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _image: pytest.fail("decoded"))

    assert reason(content) == "too_many_pixels"


@pytest.mark.parametrize("content", [png((7071, 7071), depth=1), png((1, 50_000), depth=1)], ids=["square", "line"])
def test_as_many_pixels_as_there_may_be_are_rendered(content: bytes) -> None:
    assert set(sizes(render(content))) == set(rendering.WIDTHS)


def test_more_bytes_than_there_may_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendering.MOST_BYTES == 50_000_000
    monkeypatch.setattr(rendering, "MOST_BYTES", len(PNG))

    assert render(PNG)
    assert reason(PNG + b"\0") == "too_large"
    assert reason(memoryview(bytes(8 * len(PNG))).cast("Q")) == "too_large"  # type: ignore[arg-type]


def test_memory_that_runs_out_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_image: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", exhausted)

    assert reason(PNG) == "memory"


@pytest.mark.parametrize("kind", VALID)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_what_ends_too_early_is_refused(kind: str, share: float) -> None:
    whole = saved(Image.effect_noise((200, 150), 90).convert("RGB"), kind)

    assert reason(whole[: int(len(whole) * share)]) == "broken"


@pytest.mark.parametrize(
    "content",
    [
        png((0, 10)),
        png((10, 0), rows=0),
        png((10, 10), depth=3),
        png((10, 10), kind=5),
        claiming(JPEG, (0, 10)),
        claiming(JPEG, (60, 0)),
        claiming(GIF, (0, 0)).split(b",")[0] + b";",
        JPEG[:2] + b"\xff\xd9",
        b"GIF89a/*<script>*/=1;",
        b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0" + b"\0" * 20,
        b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 30,
        b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
        AVIF.replace(b"av01", b"hvc1"),
    ],
    ids=lambda content: f"{content[:24]!r}",
)
def test_what_cannot_be_decoded_is_refused(content: bytes) -> None:
    assert reason(content) == "broken"


@pytest.mark.parametrize("kind", [0, 2, 6])
def test_rows_that_are_missing_show_nothing_of_other_pictures(kind: int) -> None:
    size = (300, 300)
    render(saved(Image.new("RGBA", size, "red"), "PNG"))

    image = opened(render(png(size, b"\0\0\0\xff"[: {0: 1, 2: 3, 6: 4}[kind]], kind=kind, rows=9))["web"])

    assert near(colour(image, (0.5, 0.9)), (255, 255, 255) if kind == 6 else (0, 0, 0))


PACKED = zlib.compress(bytes(20_000_000))


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"key\0\0" + PACKED),
        chunk(b"iTXt", b"key\0\1\0\0\0" + PACKED),
        chunk(b"iCCP", b"key\0\0" + PACKED),
        chunk(b"iTXt", b"key\0\1\0\0\0" + zlib.compress(bytes(1_000_000))) * 70,
    ],
    ids=["zTXt", "iTXt", "iCCP", "many"],
)
def test_packed_text_is_not_unpacked_without_end(extra: bytes) -> None:
    assert reason(png((10, 10), extra=extra)) == "broken"


@pytest.mark.parametrize(
    "content",
    [
        png((10, 10), extra=chunk(b"prIv") * 2_000),
        png((10, 10), extra=chunk(b"tEXt", b"k\0v") * 2_000),
        PNG[:-12] + chunk(b"prIv") * 2_000 + PNG[-12:],
        png((10, 10), extra=chunk(b"IDAT") * 2_000),
        JPEG[:2] + b"\xff\xe5\0\2" * 2_000 + JPEG[2:],
        JPEG[:2] + b"\xff\xe5\0\2" + bytes(5_000) + JPEG[2:],
        JPEG[:2] + b"\xff" * 5_000 + JPEG[2:],
        GIF_HEAD + b"!\xfe" + b"\1a" * 2_000 + b"\0" + GIF_REST,
        GIF_HEAD + b"\1" * 5_000 + GIF_REST,
        PROGRESSIVE[:-2] + LAST_SCAN * 200 + b"\xff\xd9",
        # TEM has no length: whoever reads the next two bytes as one leaps over the scans.
        PROGRESSIVE[:-2] + b"\xff\x01" + LAST_SCAN * 200 + b"\xff\xd9",
        PROGRESSIVE[:-2] + b"\xff\xe5\0\2" * 5_000 + b"\xff\xd9",
        JPEG[:2] + b"\xff\xe1\0\x08Exif\0\0" * 200 + JPEG[2:],
    ],
    ids=lambda content: f"{content[:3]!r}",
)
def test_steps_without_end_are_refused(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MOST_READS", 2_000)
    monkeypatch.setattr(rendering, "MOST_SEGMENTS", 2_000)

    assert reason(content) == "too_complex"


FILM = random.Random(2).randbytes(200_000) + b"\xff\xda\0\2" * 500


@pytest.mark.parametrize(
    "content",
    [
        JPEG + FILM,
        JPEG + b"PK\3\4",
        PNG + FILM,
        PNG + b"<script>alert(1)</script>",
        GIF + FILM,
        GIF_HEAD + b"!\xfe\x08<script>\0" + GIF_REST,
        png((60, 40), bytes(QUARTERS["a"]), kind=2, rows=900),
        png((60, 40), bytes(QUARTERS["a"]), kind=2, extra=chunk(b"prIv") * 2_000),
        JPEG[:2] + b"\xff\xe5\0\2" * 2_000 + JPEG[2:],
    ],
    ids=lambda content: f"{content[:3]!r}",
)
def test_what_comes_along_with_a_picture_does_not_matter(content: bytes) -> None:
    assert near(colour(opened(render(content)["web"]), (0.2, 0.2)), QUARTERS["a"], 20)


LOOP = struct.pack("<6s4sIHHHIIHHIII", b"Exif\0\0", b"II*\0", 8, 2, 0x014A, 4, 1, 8, 0x8769, 4, 1, 8, 8)
"""EXIF whose directory has itself as sub-directory, as EXIF directory and as the next one."""

DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda body: body[:6],
    lambda body: body[:20],
    lambda body: body[:-8],
    lambda body: body[:6] + bytes(100),
    lambda body: body[:10] + b"\xff" * 4 + body[14:],
    lambda body: body[:14] + b"\xff\xff" + body[16:],
    lambda body: body[:20] + b"\xff" * 8 + body[28:],
    lambda body: body[:6] + random.Random(3).randbytes(2_000),
    lambda _body: LOOP,
]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.*")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("damage", range(len(DAMAGE)))
def test_damaged_exif_does_not_cost_the_thumbnail(kind: str, damage: int) -> None:
    """Pillow warns of some of it, to standard error in production; here a warning would be an exception."""
    body = DAMAGE[damage](exif(1).tobytes())
    if kind == "JPEG":
        content = JPEG[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body + JPEG[2:]
    elif kind == "PNG":
        content = PNG[:33] + chunk(b"eXIf", body[6:]) + PNG[33:]
    else:
        content = saved(quarters(), kind, exif=body)

    assert near(colour(opened(render(content)["web"]), (0.2, 0.2)), QUARTERS["a"], 20)
