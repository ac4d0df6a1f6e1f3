"""What rendering costs, measured in a process of its own: memory, since seconds depend on who else is at work."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chalicelib.workers.rendering import MOST_BYTES
from tests.workers.images import chunk, claiming, png, saved, webp

ROOT = Path(__file__).parents[2]
STATUS = Path("/proc/self/status")
MB = 1024
"""In kilobytes, which the kernel counts in."""

CHILD = """
import json, re, sys
from pathlib import Path
from PIL import ImageCms, Image
from chalicelib.workers import rendering

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

Image.init()
content = sys.stdin.buffer.read()
before = peak()
try:
    outcome = sorted(rendering.render(content))
except rendering.UnrenderableError as error:
    outcome = error.reason
print(json.dumps({"outcome": outcome, "grown": peak() - before}))
"""

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="the kernel tells no process its peak of memory")


def measured(content: bytes) -> dict[str, Any]:
    """Outcome of a rendering, and by how many kilobytes the process grew at most."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD]
    child = subprocess.run(command, input=content, capture_output=True, check=True, cwd=ROOT, timeout=60)
    found: dict[str, Any] = json.loads(child.stdout)
    return found


GIANT = (9487, 9487)
"""90 megapixels."""


REFUSED: dict[str, Callable[[], bytes]] = {
    "png": lambda: png(GIANT, b"\xaa", depth=1),
    "jpeg": lambda: saved(Image.new("L", GIANT), "JPEG"),
    "webp": lambda: webp(GIANT),
    "gif": lambda: claiming(saved(Image.new("L", (9, 9)), "GIF"), GIANT),
    "avif": lambda: claiming(saved(Image.new("L", (9, 9)), "AVIF"), GIANT),
}


@pytest.mark.parametrize("name", REFUSED)
def test_90_megapixels_are_refused_in_no_memory(name: str) -> None:
    """Decoded, they would take 90 MB and more."""
    found = measured(REFUSED[name]())

    assert found["outcome"] == "too_many_pixels"
    assert found["grown"] < 20 * MB


SQUARE = (7000, 7000)
"""49 megapixels."""

RENDERED: dict[str, tuple[Callable[[], bytes], int]] = {
    # 196 MB of pixels, and the half-size picture that they become.
    "png": (lambda: png(SQUARE, bytes([200, 30, 30, 128]), kind=6), 350 * MB),
    # Its decoder holds two canvases and a copy beside the pixels, all of them full size.
    "webp": (lambda: webp(SQUARE), 850 * MB),
    # Decoded at half size.
    "jpeg": (lambda: saved(Image.new("RGB", SQUARE), "JPEG"), 200 * MB),
}


@pytest.mark.parametrize("name", RENDERED)
def test_49_megapixels_stay_below_a_peak(name: str) -> None:
    content, most = RENDERED[name]

    found = measured(content())

    assert found["outcome"] == ["mobile", "web", "webPre"]
    assert found["grown"] < most


def test_tens_of_megabytes_of_nothing_are_refused_in_little_memory() -> None:
    """A million empty chunks, which Pillow would keep, at 150 bytes each."""
    found = measured(png((10, 10), extra=chunk(b"prIv") * (MOST_BYTES // 40)))

    assert found["outcome"] == "too_complex"
    assert found["grown"] < 60 * MB
