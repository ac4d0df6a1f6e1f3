"""`put` and `putfolder`: small ones in one request, large ones by session, and every address checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from . import hashing, multipart
from .cid import CHUNK, Node, join_leaves, leaf_digests
from .errors import DamagedError, ProtocolError, RefusedError, UsageError
from .http import Api, Body
from .links import GoneError
from .memory import Memory
from .screen import Screen
from .sources import Source
from .uploading import Upload, Uploader

MIB: Final = 2**20
SMALL: Final = 4 * MIB
"""Bytes that one request may carry; more goes by session."""
_MOST_FILES: Final = 1_000
"""Files in one request (docs/api.md, `too_many_files`)."""
_OWN_REFUSALS: Final = frozenset({"file_too_large", "storage_capacity_exceeded"})
_MOST_UPLOADED: Final = 10_000
"""Files in one upload session."""
_TRIES: Final = 2
Document = Mapping[str, Any]


class Putter:
    """Puts for one account."""

    def __init__(self, api: Api, memory: Memory, screen: Screen) -> None:
        self._api = api
        self._screen = screen
        self._uploader = Uploader(api, memory, screen)

    def files(self, sources: Sequence[Source]) -> Iterator[dict[str, Any]]:
        """Put files; gives what the server says of each, as soon as it is stored.

        Raises:
            ChangedError: One changed meanwhile.
            DamagedError: The server stored something else.
        """
        for batch in _batches(sources):
            if sum(source.size for source in batch) > SMALL:
                yield from (self._large(source) for source in batch)
                continue
            try:
                yield from self._small(batch)
            except RefusedError as error:
                if not _too_long(error):
                    raise
                yield from (self._large(source) for source in batch)

    def folder(self, root: Path, name: str, sources: Sequence[Source]) -> dict[str, Any]:
        """Put a folder; gives `hash` and `size` of it.

        Raises:
            ChangedError: A file changed meanwhile.
            DamagedError: The server stored something else.
        """
        if sum(source.size for source in sources) <= SMALL and len(sources) <= _MOST_FILES:
            try:
                return self._small_folder(name, sources)
            except RefusedError as error:
                if not _too_long(error):
                    raise
        return self._large_folder(root, name, sources)

    def _small(self, sources: Sequence[Source]) -> list[dict[str, Any]]:
        reading = _Reading(sources)
        files = _files(self._api.call("put", body=reading.body()).document, len(sources))
        nodes = reading.nodes()
        return [_checked(*each) for each in zip((s.name for s in sources), files, (n.cid for n in nodes), strict=True)]

    def _small_folder(self, name: str, sources: Sequence[Source]) -> dict[str, Any]:
        reading = _Reading(sources)
        folder = _folder(self._api.call("putfolder", {"name": name}, reading.body()).document)
        nodes = {source.name: node for source, node in zip(sources, reading.nodes(), strict=True)}
        return _checked(name, folder, hashing.folder(nodes).cid)

    def _large(self, source: Source) -> dict[str, Any]:
        def prepare() -> Upload:
            with self._screen.meter("hashing", source.size) as meter:
                cid = hashing.nodes([source], meter.advance)[source.name].cid
            request = {"name": source.name, "size": source.size, "hash": cid}
            return Upload(source.path, source.name, [source], request, {}, cid)

        document, cid = self._by_session(source.path, source.name, [source], prepare)
        (file,) = _files(document, 1)
        return _checked(source.name, file, cid)

    def _large_folder(self, root: Path, name: str, sources: Sequence[Source]) -> dict[str, Any]:
        if len(sources) > _MOST_UPLOADED:
            raise UsageError(f"{root} has {len(sources)} files, and a folder may have {_MOST_UPLOADED}: split it")

        def prepare() -> Upload:
            with self._screen.meter("hashing", sum(source.size for source in sources)) as meter:
                cid = hashing.folder(hashing.nodes(sources, meter.advance)).cid
            files = [{"path": source.name, "size": source.size} for source in sources]
            return Upload(root, name, sources, {"files": files, "hash": cid}, {"name": name}, cid)

        document, cid = self._by_session(root, name, sources, prepare)
        return _checked(name, _folder(document), cid)

    def _by_session(
        self, path: Path, name: str, sources: Sequence[Source], prepare: Callable[[], Upload]
    ) -> tuple[Document, str]:
        """The server's answer and the address; a session that ends under our hands is begun anew, once."""
        for _ in range(_TRIES):
            try:
                if resumed := self._uploader.resumed(path, name, sources):
                    session, cid = resumed
                    return self._uploader.run(Upload(path, name, sources, {}, {}, cid), session), cid
                upload = prepare()
                return self._uploader.run(upload, self._uploader.begin(upload)), upload.cid
            except GoneError:
                self._screen.note("the server gave this upload up; beginning anew")
        raise ProtocolError("The server keeps giving this upload up: try again later")


class _Reading:
    """Small files on their way into a request, addressed as they are read."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._digests: dict[Source, list[bytes]] = {}

    def body(self) -> Body:
        """The request's body, which another try reads anew."""
        return multipart.body([multipart.Part(one.name, one.size, partial(self._read, one)) for one in self._sources])

    def _read(self, source: Source) -> Iterator[bytes]:
        digests: list[bytes] = []
        for piece in source.pieces(step=CHUNK):
            digests += leaf_digests(piece)
            yield piece
        self._digests[source] = digests or leaf_digests(b"")

    def nodes(self) -> list[Node]:
        """What was sent, in order.

        Raises:
            ChangedError: A file is not what it was.
        """
        for source in self._sources:
            source.check()
        # An answer may come before the body was sent: then what was stored cannot be all of it.
        if self._digests.keys() != set(self._sources):
            raise ProtocolError("The server answered before it had everything: try again")
        return [join_leaves(self._digests[source], source.size) for source in self._sources]


def _batches(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Files that go together: as many as one request carries, in order; a larger one by itself."""
    batch: list[Source] = []
    for source in sources:
        if batch and (len(batch) == _MOST_FILES or sum(one.size for one in batch) + source.size > SMALL):
            yield batch
            batch = []
        batch.append(source)
    if batch:
        yield batch


def _too_long(error: RefusedError) -> bool:
    """Whether a gateway before the drive took no request of that length; by session there is no such limit."""
    return error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and error.code not in _OWN_REFUSALS


def _files(document: Document, count: int) -> list[dict[str, Any]]:
    files = document.get("files")
    if not isinstance(files, list) or len(files) != count or not all(_named(file) for file in files):
        raise ProtocolError("The server's answer does not say what it stored: is this client too old?")
    return files


def _folder(document: Document) -> dict[str, Any]:
    folder: dict[str, Any] = document.get("folder") or {}
    if not _named(folder):
        raise ProtocolError("The server's answer does not say what it stored: is this client too old?")
    return folder


def _named(stored: Any) -> bool:
    return isinstance(stored, dict) and isinstance(stored.get("hash"), str)


def _checked(name: str, stored: dict[str, Any], cid: str) -> dict[str, Any]:
    if stored["hash"] != cid:
        wrong = stored["hash"]
        raise DamagedError(f"{name} became {wrong} on the server, not {cid}: `rm {wrong}`, and put it again")
    return stored
