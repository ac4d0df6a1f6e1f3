"""Images for the tests of thumbnails: real ones from Pillow, and such as no encoder would make, byte by byte."""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms

QUARTERS = {"a": (220, 20, 20), "b": (20, 160, 20), "c": (20, 20, 220), "d": (230, 220, 20)}
"""Colours that stay apart through every format."""


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file of this kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(picture: bytes) -> Image.Image:
    """A thumbnail, decoded, which must be an RGB JPEG."""
    with Image.open(io.BytesIO(picture), formats=["JPEG"]) as image:
        image.load()
    assert image.mode == "RGB"
    return image


def sizes(pictures: dict[str, bytes]) -> dict[str, tuple[int, int]]:
    """Width and height of each."""
    return {name: opened(picture).size for name, picture in pictures.items()}


def colour(image: Image.Image, at: tuple[float, float] = (0.5, 0.5)) -> tuple[int, int, int]:
    """The colour at a place, given as shares of width and height."""
    red, green, blue = image.getpixel((int(image.width * at[0]), int(image.height * at[1])))  # type: ignore[misc]
    return red, green, blue


def near(left: tuple[int, ...], right: tuple[int, ...], tolerance: int = 12) -> bool:
    """Whether two colours are the same but for what lossy formats do."""
    return all(abs(one - other) <= tolerance for one, other in zip(left, right, strict=True))


def quarters(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """`a` at the top left, `b` at the top right, `c` and `d` below."""
    image = Image.new(mode, (width, height), QUARTERS["a"])
    image.paste(QUARTERS["b"], (width // 2, 0, width, height // 2))
    image.paste(QUARTERS["c"], (0, height // 2, width // 2, height))
    image.paste(QUARTERS["d"], (width // 2, height // 2, width, height))
    return image


def exif(orientation: int) -> Image.Exif:
    """EXIF with an orientation and a text that must not get out."""
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = "secret place"
    return made


def profile_with_red_and_green_swapped() -> bytes:
    """An ICC profile in which what is stored as red is meant to be seen as green."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return srgb.replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    size: tuple[int, int],
    pixel: bytes = b"\0",
    depth: int = 8,
    kind: int = 0,
    *,
    rows: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """A PNG of one colour, made row by row; `rows` are those there really are, `extra` goes before the pixels.

    Bits of `depth` 1 make whole bytes: `pixel` then stands for eight pixels.
    """
    width, height = size
    row = b"\0" + pixel * (-(-width // 8) if depth == 1 else width)
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND")


def webp(size: tuple[int, int]) -> bytes:
    """A lossless WebP of one colour, 38 bytes for any size: the size is in the header alone."""
    made = bytearray(saved(Image.new("RGBA", (1, 1), (200, 30, 30, 128)), "WEBP", lossless=True))
    start = made.index(b"VP8L") + 9
    bits = struct.unpack_from("<I", made, start)[0] & ~0xFFF_FFFF
    struct.pack_into("<I", made, start, bits | (size[0] - 1) | (size[1] - 1) << 14)
    return bytes(made)


def claiming(content: bytes, size: tuple[int, int]) -> bytes:
    """A JPEG, GIF or AVIF whose header is changed to claim another size."""
    made = bytearray(content)
    if made.startswith(b"GIF"):
        struct.pack_into("<HH", made, 6, *size)
    elif made.startswith(b"\xff\xd8"):
        struct.pack_into(">HH", made, made.index(b"\xff\xc0") + 5, size[1], size[0])
    else:
        struct.pack_into(">II", made, made.index(b"ispe") + 8, *size)
    return bytes(made)


def segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of each segment of a JPEG up to its first scan."""
    at = 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        yield jpeg[at + 1], jpeg[at + 4 : end]
        at = end
