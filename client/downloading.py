"""`get`: ranges in parallel, to a file that can be resumed or to stdout in order, checked against the address."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from .cid import CHUNK, join_leaves, leaf_digests
from .contents import Content, IgnoredRangeError, Reader
from .crews import Crew
from .errors import ChangedError, ClientError, DamagedError, Exit
from .http import Api
from .partfiles import PartFile
from .screen import Meter, Screen

STRETCH: Final = 16 * CHUNK
"""Bytes of one range: whole leaves, and less than the server gives at once (4,400,000)."""
THREADS: Final = 4
_AHEAD: Final = 64
_CHECKERS: Final = 2


class InterruptedDownloadError(ClientError):
    """Ctrl-C amid a download, which can go on later."""

    exit = Exit.INTERRUPTED
    code = "interrupted"


class Downloader:
    """Gets what an account has."""

    def __init__(self, api: Api, screen: Screen) -> None:
        self._api = api
        self._reader = Reader(api)
        self._screen = screen

    def look(self, address: str) -> Content:
        """What stands at an address."""
        return self._reader.look(address)

    def save(self, content: Content, target: Path) -> None:
        """Download to a file, which gets its name only when it is whole and right.

        Raises:
            DamagedError: The bytes do not have the address.
            ChangedError: There is something else at the address by now.
        """
        part = PartFile(target, content, STRETCH)
        resumed = len(part.there)
        try:
            with part:
                right = self._fill(part, content)
                if not right and resumed:
                    self._screen.note("what an earlier command left is damaged; beginning anew")
                    part.forget()
                    right = self._fill(part, content)
        except ChangedError:
            part.discard()
            raise
        except KeyboardInterrupt:
            raise InterruptedDownloadError(
                f"Interrupted; what has come is in {part.path}: the same command goes on from there"
            ) from None
        if not right:
            part.discard()
            raise _damaged(content)
        part.finish(target)

    def write(self, content: Content, out: BinaryIO) -> None:
        """Download to a stream, in order; whether it was right is known only at its end.

        Raises:
            DamagedError: The bytes do not have the address.
        """
        digests: list[bytes] = []
        with self._screen.meter("getting", content.size) as meter:

            def take(data: bytes | bytearray) -> None:
                out.write(data)
                digests.extend(leaf_digests(data))

            starts = list(range(0, content.size, STRETCH))
            written = self._in_order(content, starts, take, meter)
            if written < len(starts):
                for start, data in self._reader.whole(content, STRETCH, meter):
                    if start >= written * STRETCH:
                        take(data)
        out.flush()
        if not content.tar and join_leaves(digests or leaf_digests(b""), content.size).cid != content.cid:
            raise _damaged(content)

    def _in_order(self, content: Content, starts: list[int], take: Callable[[bytearray], None], meter: Meter) -> int:
        """Give stretches to `take` while the server knows ranges; gives how many."""
        done = 0
        with contextlib.suppress(IgnoredRangeError):
            for some in _one_first(starts):
                crew, get = self._crew(content, meter, THREADS)
                with crew.each(get, some) as stretches:
                    for data in stretches:
                        take(data)
                        done += 1
        return done

    def _crew(self, content: Content, meter: Meter, ahead: int) -> tuple[Crew, Callable[[int], bytearray]]:
        crew = Crew(THREADS, ahead)
        patience = replace(self._api.patience, sleep=crew.wait)

        def get(start: int) -> bytearray:
            crew.check()
            data = self._reader.stretch(content, start, min(start + STRETCH, content.size), meter, patience)
            crew.check()
            return data

        return crew, get

    def _fill(self, part: PartFile, content: Content) -> bool:
        """Fetch what is missing; tells whether all is right."""
        digests: dict[int, list[bytes]] = self._there(part)
        done = sum(part.stop(start) - start for start in digests)
        with self._screen.meter("getting", content.size, done) as meter:

            def store(start: int, data: bytes | bytearray) -> None:
                digests[start] = leaf_digests(data)
                part.write(start, data)

            try:
                for starts in _one_first(part.missing):
                    crew, get = self._crew(content, meter, _AHEAD)
                    crew.do(_then(get, store), starts)
            except IgnoredRangeError:
                for start, data in self._reader.whole(content, STRETCH, meter):
                    store(start, data)
        return content.tar or _cid(digests, content.size) == content.cid

    def _there(self, part: PartFile) -> dict[int, list[bytes]]:
        """Digests of what an earlier command left."""
        there = part.there
        if there:
            self._screen.note(f"going on with {part.path}: {len(there)} of {len(there) + len(part.missing)} ranges")
        with self._screen.meter("checking", len(there), unit="parts") as meter:

            def work(start: int) -> tuple[int, list[bytes]]:
                meter.advance(1)
                return start, leaf_digests(part.read(start))

            with Crew(_CHECKERS, 2 * _CHECKERS).each(work, there) as done:
                return dict(done)


def _one_first(starts: list[int]) -> tuple[list[int], list[int]]:
    """One range alone, then the others: a server without ranges would send the whole file four times."""
    return starts[:1], starts[1:]


def _then(get: Callable[[int], bytearray], store: Callable[[int, bytearray], None]) -> Callable[[int], None]:
    return lambda start: store(start, get(start))


def _cid(digests: dict[int, list[bytes]], size: int) -> str:
    leaves: Iterable[bytes] = (leaf for start in sorted(digests) for leaf in digests[start])
    return join_leaves(list(leaves) or leaf_digests(b""), size).cid


def _damaged(content: Content) -> DamagedError:
    return DamagedError(f"What came is not {content.cid}, so it is not kept: get it again")
