"""Thumbnails: from the bytes of any file, small JPEG pictures, or the reason why there are none (spec drive, `thumb`).

Whatever the bytes are, the outcome is pictures or an `UnrenderableError`. What a picture would cost is judged from its
header, before any pixel is decoded. A large one is then reduced in bands: beside the decoded pixels there is never a
second full-size copy. Nothing of a file but its pixels, upright and as sRGB over white, reaches a thumbnail.

Pillow is imported inside the functions, since it loads in the thumbnail worker alone.
"""

import io
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

WIDTHS = {"mobile": 320, "web": 480, "webPre": 1280}
"""Most pixels across, by size."""

MOST_HEIGHT = 16_384
"""Most pixels down: a taller picture gets narrower than its width says. JPEG itself ends at 65,500."""

MOST_BYTES = 50_000_000
MOST_PIXELS = 50_000_000
MOST_READS = 500_000
"""Steps Pillow may take through a file: a 50 MB PNG of 1 KB chunks needs 150,000."""

MOST_SCANS = 100
"""Passes of a JPEG over its pixels, and pieces of its EXIF, for each of which Pillow copies all before it.

Encoders make about ten of the one and write one of the other; a file of 50 MB could ask for a million passes.
"""

MOST_SEGMENTS = 100_000
"""Of a JPEG."""

MOST_PROFILE_BYTES = 4_000_000
"""Of a colour profile; those of printing presses have up to 3 MB. A larger one is ignored."""

BAND_PIXELS = 1_000_000
QUALITY = 80

Reason = Literal["format", "too_large", "too_many_pixels", "too_complex", "broken", "memory"]

_AVIF_CONTAINERS = (b"avif", b"avis", b"mif1", b"msf1")
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_ORIENTATION = 0x0112
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""What makes a picture upright, by its EXIF orientation."""

_ON_ITS_SIDE = 5
"""From this EXIF orientation on, width and height are swapped."""


class UnrenderableError(Exception):
    """There is no thumbnail of this content, now or later.

    Attributes:
        reason: Stable code. `format`: not JPEG, PNG, WebP, GIF or AVIF. `too_large`, `too_many_pixels`: over
            `MOST_BYTES`, `MOST_PIXELS`. `too_complex`: over `MOST_READS`, `MOST_SCANS` or `MOST_SEGMENTS`.
            `broken`: cannot be decoded, or ends too early. `memory`: there was not enough.
    """

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


def render(content: bytes | memoryview) -> dict[str, bytes]:
    """Thumbnails of an image, as JPEG, by the names in `WIDTHS`. The same content always gives the same bytes.

    None is larger than the image: of a small one, several are the same.

    Raises:
        UnrenderableError: The content cannot or must not be rendered.
    """
    from PIL import Image  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    if memoryview(content).nbytes > MOST_BYTES:
        raise UnrenderableError("too_large")
    try:
        return _pictures(_largest(bytes(content)))
    except UnrenderableError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnrenderableError("too_many_pixels") from error
    except MemoryError as error:
        raise UnrenderableError("memory") from error
    except Exception as error:
        raise UnrenderableError("broken") from error


class _Source(io.BytesIO):
    """The content as a file that bounds how many steps are taken through it.

    Pillow walks chunks, segments and blocks in Python and keeps most of them: millions of empty ones fit into 50 MB.
    """

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MOST_READS:
            raise UnrenderableError("too_complex")
        return super().read(size)


def _format(content: bytes) -> str:
    """Pillow's name of what the bytes are."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in _AVIF_CONTAINERS:
        # The last two of these hold HEIC just as well, so the list of compatible brands decides.
        brands = content[8 : min(int.from_bytes(content[:4]), 256)]
        if b"avif" in brands or b"avis" in brands:
            return "AVIF"
    raise UnrenderableError("format")


def _largest(content: bytes) -> "Image.Image":
    """The picture at its largest size: upright, in sRGB, and no longer holding on to the decoded original."""
    from PIL import Image  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    found = _format(content)
    if found == "JPEG":
        _check_segments(content)
    with Image.open(_Source(content), formats=[found]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise UnrenderableError("too_many_pixels")
        if found != "JPEG":
            # First of all, since EXIF may come after the pixels. Only of a JPEG is there less to decode.
            image.load()
        orientation = _orientation(image)
        swapped = orientation >= _ON_ITS_SIDE
        upright = (image.height, image.width) if swapped else image.size
        size = _fit(upright, WIDTHS["webPre"])
        across, down = reversed(size) if swapped else size
        # A JPEG can be decoded at 1/2, 1/4 or 1/8; twice the pixels in the end keep the picture sharp.
        image.draft(None, (2 * across, 2 * down))
        profile = image.info.get("icc_profile")
        reduced = _reduced(image, (2 * across, 2 * down))
    if orientation in _TURNS:
        reduced = reduced.transpose(Image.Transpose[_TURNS[orientation]])
    if reduced.size != size:
        reduced = reduced.resize(size, Image.Resampling.LANCZOS)
    return _srgb(reduced, profile)


def _check_segments(content: bytes) -> None:
    """Count a JPEG's segments and scans up to its end; what follows that, such as a film, is nobody's concern."""
    scans = segments = 0
    at = 2
    while (marker := _MARKER.search(content, at)) and marker[0] != b"\xff\xd9":
        body = marker.end() + 2
        at = marker.end() + int.from_bytes(content[marker.end() : body])
        segments += 1
        scans += marker[0] == b"\xff\xda" or content.startswith(b"Exif\0\0", body)
        if scans > MOST_SCANS or segments > MOST_SEGMENTS:
            raise UnrenderableError("too_complex")


def _orientation(image: "Image.Image") -> int:
    """The EXIF orientation, 1 to 8; 1, which is upright, for EXIF that cannot be read."""
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - the parser raises anything on damaged EXIF, which must not cost the thumbnail
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def _fit(size: tuple[int, int], width: int) -> tuple[int, int]:
    """The size within `width` and `MOST_HEIGHT`, in the same aspect, not enlarged, at least one pixel each way."""
    scale = min(1.0, width / size[0], MOST_HEIGHT / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reduced(image: "Image.Image", least: tuple[int, int]) -> "Image.Image":
    """The picture averaged over whole pixels to `least` or more, over white: in mode L, RGB or CMYK."""
    from PIL import Image  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    image.load()
    width, height = image.size
    across, down = max(1, width // least[0]), max(1, height // least[1])
    mode = _flat(image.crop((0, 0, 1, 1))).mode
    reduced = Image.new(mode, (-(-width // across), -(-height // down)))
    rows = down * max(1, BAND_PIXELS // (width * down))
    for top in range(0, height, rows):
        band = _flat(image.crop((0, top, width, min(top + rows, height))))
        reduced.paste(band.reduce((across, down)), (0, top // down))
    return reduced


def _flat(band: "Image.Image") -> "Image.Image":
    """A part of a picture without transparency, in mode L, RGB or CMYK, of 8 bits."""
    from PIL import Image  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    if band.mode.startswith("I;16"):
        band = band.point(lambda value: value / 256, "L")
        band.info.pop("transparency", None)
    if not band.has_transparency_data:
        return band if band.mode in {"L", "RGB", "CMYK"} else band.convert("RGB")
    colours = band.convert("RGBA")
    flat = Image.new("RGB", band.size, "white")
    flat.paste(colours, mask=colours)
    return flat


def _srgb(image: "Image.Image", profile: bytes | None) -> "Image.Image":
    """The picture in sRGB: by its embedded profile if that is valid and fits it, else taken as it is."""
    from PIL import ImageCms  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    if profile and len(profile) <= MOST_PROFILE_BYTES:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _pictures(largest: "Image.Image") -> dict[str, bytes]:
    """All sizes, each from the largest."""
    from PIL import Image  # noqa: PLC0415 - Pillow loads in the thumbnail worker alone

    pictures = {}
    for name, width in WIDTHS.items():
        size = _fit(largest.size, width)
        picture = largest if size == largest.size else largest.resize(size, Image.Resampling.LANCZOS)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        pictures[name] = file.getvalue()
    return pictures
