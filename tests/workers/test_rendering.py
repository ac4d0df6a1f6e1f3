"""What a thumbnail shows: every format and mode, upright, at its width, and nothing but pixels."""

import io

import pytest
from PIL import Image, ImageChops

from chalicelib.workers import rendering
from chalicelib.workers.rendering import render
from tests.workers.images import (
    QUARTERS,
    chunk,
    colour,
    exif,
    near,
    opened,
    png,
    profile_with_red_and_green_swapped,
    quarters,
    saved,
    segments,
    sizes,
)

RED, WHITE, PALE, GREY = (200, 30, 30), (255, 255, 255), (227, 142, 142), (128, 128, 128)


def solid(mode: str, value: float | tuple[int, ...] | str) -> Image.Image:
    return Image.new(mode, (64, 48), value)


def of_two(kind: str, first: Image.Image) -> bytes:
    """An animation: this image, then a black one."""
    return saved(first, kind, save_all=True, append_images=[Image.new(first.mode, first.size)])


PALETTE = solid("RGB", RED).quantize(4)
SEEN = {
    "jpeg": (saved(solid("RGB", RED), "JPEG"), RED),
    "jpeg grey": (saved(solid("L", 128), "JPEG"), GREY),
    "jpeg cmyk": (saved(solid("CMYK", (0, 255, 255, 0)), "JPEG"), (255, 0, 0)),
    "jpeg progressive": (saved(solid("RGB", RED), "JPEG", progressive=True), RED),
    "jpeg of two pictures": (of_two("MPO", solid("RGB", RED)), RED),
    "png": (saved(solid("RGB", RED), "PNG"), RED),
    "png 1 bit": (saved(solid("1", 1), "PNG"), WHITE),
    "png grey": (saved(solid("L", 128), "PNG"), GREY),
    "png grey, half": (saved(solid("LA", (0, 127)), "PNG"), GREY),
    "png half": (saved(solid("RGBA", (*RED, 128)), "PNG"), PALE),
    "png clear": (saved(solid("RGBA", (0, 0, 0, 0)), "PNG"), WHITE),
    "png palette": (saved(PALETTE, "PNG"), RED),
    "png palette, clear": (saved(PALETTE, "PNG", transparency=0), WHITE),
    "png palette, half": (saved(PALETTE, "PNG", transparency=b"\x80\x80\x80\x80"), PALE),
    "png one colour clear": (saved(solid("RGB", RED), "PNG", transparency=RED), WHITE),
    "png one grey clear": (saved(solid("L", 128), "PNG", transparency=128), WHITE),
    "png 16 bit grey": (saved(solid("I;16", 128 * 257), "PNG"), GREY),
    "png 16 bit": (png((64, 48), bytes([200, 1, 30, 2, 30, 3]), 16, 2), RED),
    "png 16 bit, half": (png((64, 48), bytes([200, 1, 30, 2, 30, 3, 128, 4]), 16, 6), PALE),
    "png 16 bit grey, half": (png((64, 48), bytes([0, 0, 127, 255]), 16, 4), GREY),
    "png of two": (of_two("PNG", solid("RGB", RED)), RED),
    "webp": (saved(solid("RGB", RED), "WEBP"), RED),
    "webp half": (saved(solid("RGBA", (*RED, 128)), "WEBP", lossless=True), PALE),
    "webp of two": (of_two("WEBP", solid("RGB", RED)), RED),
    "gif": (saved(solid("RGB", RED), "GIF"), RED),
    "gif grey": (saved(solid("L", 128), "GIF"), GREY),
    "gif clear": (saved(PALETTE, "GIF", transparency=0), WHITE),
    "gif of two": (of_two("GIF", solid("RGB", RED)), RED),
    "avif": (saved(solid("RGB", RED), "AVIF"), RED),
    "avif half": (saved(solid("RGBA", (*RED, 128)), "AVIF"), PALE),
    "avif of two": (of_two("AVIF", solid("RGB", RED)), RED),
}


@pytest.mark.parametrize("name", SEEN)
def test_every_format_and_mode_is_seen_over_white(name: str) -> None:
    content, expected = SEEN[name]

    pictures = render(content)

    assert set(pictures) == {"mobile", "web", "webPre"}
    for picture in pictures.values():
        image = opened(picture)
        assert image.size == (64, 48)
        assert near(colour(image), expected), colour(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "expected"),
    list(enumerate(["abcd", "badc", "dcba", "cdab", "acbd", "cadb", "dbca", "bdac"], start=1)),
)
def test_every_orientation_is_made_upright(kind: str, orientation: int, expected: str) -> None:
    """EXIF 2.32, 4.6.4: where the stored top left, top right, bottom left and bottom right are seen."""
    image = opened(render(saved(quarters(600, 400), kind, exif=exif(orientation)))["mobile"])

    assert image.size == ((320, 213) if orientation < 5 else (320, 480))
    places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
    for place, name in zip(places, expected, strict=True):
        assert near(colour(image, place), QUARTERS[name], 20), (place, name)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_there_is_not_means_upright(orientation: int) -> None:
    image = opened(render(saved(quarters(), "JPEG", exif=exif(orientation)))["mobile"])

    assert image.size == (60, 40)
    assert near(colour(image, (0.25, 0.25)), QUARTERS["a"], 20)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4000, 3000), [(320, 240), (480, 360), (1280, 960)]),
        ((1280, 720), [(320, 180), (480, 270), (1280, 720)]),
        ((1281, 1000), [(320, 250), (480, 375), (1280, 999)]),
        ((481, 333), [(320, 222), (480, 332), (481, 333)]),
        ((320, 10), [(320, 10), (320, 10), (320, 10)]),
        ((100, 3000), [(100, 3000)] * 3),
        ((1, 1), [(1, 1)] * 3),
        ((1, 5000), [(1, 5000)] * 3),
        ((5000, 1), [(320, 1), (480, 1), (1280, 1)]),
        ((10_000, 1), [(320, 1), (480, 1), (1280, 1)]),
        ((20, 40_000), [(8, 16_384)] * 3),
        ((1, 200_000), [(1, 16_384)] * 3),
    ],
    ids=str,
)
def test_widths_are_kept_and_nothing_is_enlarged(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    pictures = render(png(size, depth=1))

    assert list(sizes(pictures).items()) == list(zip(["mobile", "web", "webPre"], expected, strict=True))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_picture_reduced_in_bands_is_the_picture(
    mode: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bands of odd heights leave no seams and shift nothing: as good as Pillow's best, but for JPEG."""
    monkeypatch.setattr(rendering, "BAND_PIXELS", 5_000)
    monkeypatch.setitem(rendering.WIDTHS, "webPre", 100)
    waves = Image.radial_gradient("L").resize((731, 437)).point(lambda value: abs(255 - 2 * (value % 256)))
    original = Image.merge("RGB", [waves, waves.rotate(180), waves.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])
    kind = "JPEG" if mode == "CMYK" else "PNG"
    content = saved(original.convert(mode), kind, exif=exif(orientation), **({"quality": 95} if kind == "JPEG" else {}))

    image = opened(render(content)["webPre"])

    turned = original.transpose(Image.Transpose.ROTATE_270) if orientation == 6 else original
    best = turned.convert("L").convert("RGB") if mode == "L" else turned
    apart = ImageChops.difference(image, best.resize(image.size, Image.Resampling.LANCZOS))
    assert max(high for _, high in apart.getextrema()) < 40  # type: ignore[misc]
    assert sum(apart.convert("L").get_flattened_data()) / (image.width * image.height) < 4  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_long_picture_on_its_side_keeps_what_is_fine(kind: str) -> None:
    """Stored wide and seen tall, it is not made smaller at all, neither while it is decoded nor afterwards."""
    lines = Image.new("L", (2_000, 20))
    for left in range(0, 2_000, 16):
        lines.paste(255, (left, 0, left + 8, 20))

    image = opened(render(saved(lines, kind, exif=exif(6)))["webPre"])

    assert image.size == (20, 2_000)
    assert [colour(image, (0.5, (at + 0.5) / 2_000))[0] > 128 for at in range(4, 2_000, 8)] == [True, False] * 125


def test_a_large_photo_is_decoded_small(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[tuple[int, int]] = []
    reduced = rendering._reduced

    def watched(image: Image.Image, least: tuple[int, int]) -> Image.Image:
        decoded.append(image.size)
        return reduced(image, least)

    monkeypatch.setattr(rendering, "_reduced", watched)

    pictures = render(saved(Image.new("L", (6001, 6000)), "JPEG"))

    assert decoded == [(3001, 3000)]
    assert sizes(pictures)["webPre"] == (1280, 1280)


SECRETS = {
    "JPEG": {"comment": b"secret", "xmp": b"<x>secret</x>"},
    "PNG": {},
    "WEBP": {"xmp": b"<x>secret</x>"},
    "AVIF": {"xmp": b"<x>secret</x>"},
    "GIF": {"comment": b"secret"},
}


@pytest.mark.parametrize("kind", SECRETS)
def test_nothing_but_pixels_gets_out(kind: str) -> None:
    options = SECRETS[kind] | ({} if kind == "GIF" else {"exif": exif(1), "dpi": (300, 300)})
    content = saved(solid("RGB", RED), kind, icc_profile=profile_with_red_and_green_swapped(), **options)
    if kind == "PNG":
        content = content[:33] + chunk(b"tEXt", b"Comment\0secret") + content[33:]
    assert b"secret" in content

    for picture in render(content).values():
        found = list(segments(picture))
        assert {marker for marker, _ in found} <= {0xE0, 0xDB, 0xC2, 0xC4}
        assert [body for marker, body in found if marker == 0xE0] == [b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"]
        assert b"secret" not in picture
        assert set(Image.open(io.BytesIO(picture)).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_colours_go_by_the_embedded_profile(kind: str) -> None:
    content = saved(solid("RGB", (255, 0, 0)), kind, icc_profile=profile_with_red_and_green_swapped())

    assert near(colour(opened(render(content)["web"])), (0, 255, 0), 20)


@pytest.mark.parametrize(("padding", "seen"), [(1_000, (0, 255, 0)), (rendering.MOST_PROFILE_BYTES, (255, 0, 0))])
def test_a_profile_of_megabytes_is_ignored(padding: int, seen: tuple[int, int, int]) -> None:
    content = saved(
        solid("RGB", (255, 0, 0)), "JPEG", icc_profile=profile_with_red_and_green_swapped() + bytes(padding)
    )

    assert near(colour(opened(render(content)["web"])), seen, 20)


@pytest.mark.parametrize(
    "profile",
    [b"junk", b"", profile_with_red_and_green_swapped()[:300], b"\0" * 200],
    ids=["junk", "empty", "cut", "zeros"],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_profile_that_is_no_use_is_ignored(profile: bytes, mode: str) -> None:
    plain = saved(quarters().convert(mode), "JPEG")

    assert render(saved(quarters().convert(mode), "JPEG", icc_profile=profile)) == render(plain)


def test_a_profile_for_other_colours_is_ignored() -> None:
    profile = profile_with_red_and_green_swapped()

    content = saved(solid("CMYK", (0, 255, 255, 0)), "JPEG", icc_profile=profile)

    assert near(colour(opened(render(content)["web"])), (255, 0, 0))


@pytest.mark.parametrize("name", ["jpeg", "png half", "webp of two", "gif", "avif half"])
def test_the_same_bytes_give_the_same_thumbnails(name: str) -> None:
    content, _ = SEEN[name]

    assert render(content) == render(memoryview(bytearray(content)))
