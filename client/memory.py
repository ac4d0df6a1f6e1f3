"""Uploads under way, remembered on disk, so that the same command goes on after it was killed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from . import private
from .settings import Settings
from .sources import Source


@dataclass(frozen=True, slots=True)
class Kept:
    """An upload that was begun.

    Attributes:
        server: Where.
        zelid: By whom.
        path: What, as an absolute path.
        upload: Its id there.
        cid: The address that was declared.
    """

    server: str
    zelid: str
    path: str
    upload: str
    cid: str


class Memory:
    """The uploads of one account, each a file of its own that nobody else may read.

    An upload is found by server, account, path, and by name, size and time of change of every file in it.
    """

    def __init__(self, settings: Settings) -> None:
        self._server = settings.url
        self._zelid = settings.zelid
        self._place = private.directory("STATE", ".local/state")

    def _file(self, path: Path, name: str, sources: Sequence[Source]) -> Path:
        looks = [(source.name, source.size, source.mtime) for source in sources]
        key = json.dumps([self._server, self._zelid, str(path), name, looks])
        return self._place / f"{sha256(key.encode(errors='surrogateescape')).hexdigest()}.json"

    def recall(self, path: Path, name: str, sources: Sequence[Source]) -> Kept | None:
        """What was kept of just these files."""
        return _read(self._file(path, name, sources))

    def keep(self, path: Path, name: str, sources: Sequence[Source], upload: str, cid: str) -> None:
        """Remember an upload."""
        private.make(self._place)
        kept = Kept(self._server, self._zelid, str(path), upload, cid)
        private.write(self._file(path, name, sources), json.dumps(asdict(kept)))

    def forget(self, upload: str) -> None:
        """An upload is over."""
        for file, kept in self._all():
            if kept.upload == upload:
                file.unlink(missing_ok=True)

    def of(self, path: Path) -> list[Kept]:
        """All uploads of a path, whatever it looked like then."""
        return [kept for _, kept in self._all() if kept.path == str(path)]

    def _all(self) -> Iterator[tuple[Path, Kept]]:
        for file in sorted(self._place.glob("*.json")):
            kept = _read(file)
            if kept and (kept.server, kept.zelid) == (self._server, self._zelid):
                yield file, kept


def _read(file: Path) -> Kept | None:
    try:
        return Kept(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None
