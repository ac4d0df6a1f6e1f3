"""Whatever is done to an image, there are pictures or a refusal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.workers.rendering import WIDTHS, UnrenderableError, render
from tests.workers.images import exif, profile_with_red_and_green_swapped, quarters, saved, sizes

DRESSED = {"exif": exif(6), "icc_profile": profile_with_red_and_green_swapped()}
SMALL = quarters(24, 16)
VALID = {
    "jpeg": saved(SMALL, "JPEG", **DRESSED),
    "jpeg progressive": saved(SMALL, "JPEG", progressive=True),
    "jpeg of two": saved(SMALL, "MPO", save_all=True, append_images=[SMALL]),
    "jpeg cmyk": saved(SMALL.convert("CMYK"), "JPEG"),
    "png": saved(SMALL.quantize(4), "PNG", transparency=b"\x80\0", **DRESSED),
    "png of two": saved(SMALL, "PNG", save_all=True, append_images=[Image.new("RGB", (24, 16))]),
    "webp": saved(SMALL, "WEBP", **DRESSED),
    "webp of two": saved(SMALL, "WEBP", save_all=True, append_images=[Image.new("RGB", (24, 16))], lossless=True),
    "gif": saved(SMALL, "GIF", transparency=0, comment=b"text"),
    "avif": saved(SMALL, "AVIF", **DRESSED),
}


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with a few bytes changed, perhaps a part taken out, doubled or moved, perhaps cut off."""
    made = bytearray(content)
    places = st.integers(0, len(content))
    for at, value in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=5)):
        made[at : at + 1] = bytes([value])
    first, last, to = (*sorted((draw(places), draw(places))), draw(places))
    change = draw(st.sampled_from(["keep", "keep", "take", "double", "cut"]))
    if change == "take":
        del made[first:last]
    elif change == "double":
        made[to:to] = made[first:last]
    elif change == "cut":
        del made[to:]
    return bytes(made)


@pytest.mark.parametrize("name", VALID)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_damaged_image_gives_pictures_or_a_refusal(name: str, data: st.DataObject) -> None:
    try:
        pictures = render(data.draw(damaged(VALID[name])))
    except UnrenderableError:
        return

    assert set(pictures) == set(WIDTHS)
    assert all(1 <= width <= WIDTHS[name] for name, (width, _) in sizes(pictures).items())


STARTS = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x14ftypavif\0\0\0\0avif", b""]


@settings(deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_what_begins_like_an_image_and_is_none_is_refused(start: bytes, rest: bytes) -> None:
    with pytest.raises(UnrenderableError):
        render(start + rest)
