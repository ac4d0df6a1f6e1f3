"""A folder as one tar file: the same bytes for the same address, each part of which can be made on its own."""

import tarfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from io import BytesIO

from chalicelib.blobs import segments
from chalicelib.drive.manifests import Child, Manifest

TYPE = "application/x-tar"
Fetch = Callable[[int, int], bytes]
_PAD = bytes(tarfile.BLOCKSIZE)
_END = 2 * tarfile.BLOCKSIZE


class Tar:
    """The tar of a folder, laid out without reading any file.

    Args:
        root: Name of the folder in it: its address, so that nothing but the content tells.
        below: Everything in the folder, by path within it.
    """

    def __init__(self, root: str, below: Manifest) -> None:
        # A stretch of the blob is a range of offsets, anything else the bytes themselves.
        self._pieces: list[bytes | range] = list(_pieces(root, below))
        length = sum(len(piece) for piece in self._pieces) + _END
        self._pieces.append(bytes(_END + -length % tarfile.RECORDSIZE))
        self.size = sum(len(piece) for piece in self._pieces)

    def read(self, start: int, stop: int, fetch: Fetch, *, apart: bool = False) -> bytes:
        """Bytes `start` to `stop`; `fetch` gives bytes of the folder's blob.

        It is asked once for bytes that stand near each other, as nearly all do: only a file that equals one far before
        it is asked for by itself, so that what lies between is not read for it. With `apart`, for a spread blob, it is
        asked for every content by itself.
        """
        cuts = []
        begin = 0
        for piece in self._pieces:
            if begin < stop and begin + len(piece) > start:
                cuts.append(piece[max(start - begin, 0) : stop - begin])
            begin += len(piece)
        wanted = [cut for cut in cuts if isinstance(cut, range) and cut]
        # Equal files begin at one place, and where the part ends within the last of them, the longest cut has them all.
        longest = {cut.start: cut for cut in sorted(wanted, key=lambda cut: cut.stop)}
        runs = [longest[first] for first in sorted(longest)] if apart else _runs(wanted)
        starts = [run.start for run in runs]
        content = [memoryview(fetch(run.start, run.stop)) for run in runs]
        whole = BytesIO()
        for cut in cuts:
            if isinstance(cut, bytes):
                whole.write(cut)
            elif cut:
                at = bisect_right(starts, cut.start) - 1
                whole.write(content[at][cut.start - starts[at] : cut.stop - starts[at]])
        return whole.getvalue()


def _runs(ranges: list[range]) -> list[range]:
    """Few ranges that cover all of these, without long gaps: reading over a short one is no dearer than a call."""
    runs: list[range] = []
    for one in sorted(ranges, key=lambda one: one.start):
        if runs and one.start <= runs[-1].stop + segments.SEGMENT:
            runs[-1] = range(runs[-1].start, max(runs[-1].stop, one.stop))
        else:
            runs.append(one)
    return runs


def _pieces(root: str, below: Manifest) -> Iterator[bytes | range]:
    yield _header(root, None)
    for path in sorted(below, key=str.encode):
        child = below[path]
        yield _header(f"{root}/{path}", child)
        if child.offset is not None:
            yield range(child.offset, child.offset + child.size)
            yield _PAD[: -child.size % tarfile.BLOCKSIZE]


def _header(name: str, child: Child | None) -> bytes:
    info = tarfile.TarInfo(name)
    if child is None or child.folder:
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    else:
        info.size = child.size
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
