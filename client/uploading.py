"""Uploads by session: parts sent in parallel, straight to the store, and resumed where they were cut off."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import parts
from .crews import Crew
from .errors import ChangedError, ClientError, DamagedError, Exit, ProtocolError, RefusedError, UnreachableError
from .http import Api
from .links import GoneError, Links
from .memory import Memory
from .screen import Screen
from .sessions import DONE, ENDED, OPEN, PROCESSING, Session, Sessions
from .sources import Source

THREADS: Final = 4
_AHEAD: Final = 64
_ROUNDS: Final = 5
"""How often parts are sent again that the server misses, although it took them."""
_POLL_SECONDS: Final = (0.2, 5.0)
_NUDGE_SECONDS: Final = 90.0
"""How long processing may stand still before `complete` is said again: the server then sends lost work again."""
_STALLED_SECONDS: Final = 900.0
"""How long before we give up waiting; the upload itself goes on."""


class InterruptedUploadError(ClientError):
    """Ctrl-C amid an upload, which can go on later."""

    exit = Exit.INTERRUPTED
    code = "interrupted"


@dataclass(frozen=True, slots=True)
class Upload:
    """What is to be uploaded.

    Attributes:
        path: The file or folder on disk.
        name: What it is to be called.
        sources: The file, or all files of the folder in the order of their parts.
        request: What `upload` is asked, the address included.
        params: And with which parameters.
        cid: The address.
    """

    path: Path
    name: str
    sources: Sequence[Source]
    request: Mapping[str, Any]
    params: Mapping[str, str]
    cid: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(source.size for source in self.sources)


class Uploader:
    """Uploads for one account."""

    def __init__(self, api: Api, memory: Memory, screen: Screen) -> None:
        self._api = api
        self._sessions = Sessions(api)
        self._memory = memory
        self._screen = screen

    def resumed(self, path: Path, name: str, sources: Sequence[Source]) -> tuple[Session, str] | None:
        """The session that an earlier command left for just these files, if it still serves, and its address."""
        kept = self._memory.recall(path, name, sources)
        if kept is None:
            return None
        try:
            session = self._sessions.status(kept.upload)
            if session.state in {OPEN, PROCESSING, DONE}:
                return session, kept.cid
        except RefusedError as error:
            if error.code not in ENDED:
                raise
        self._memory.forget(kept.upload)
        return None

    def begin(self, upload: Upload) -> Session:
        """Open a session and remember it."""
        session = self._sessions.begin(upload.request, upload.params)
        try:
            self._memory.keep(upload.path, upload.name, upload.sources, session.upload, upload.cid)
        except OSError as error:
            self._screen.note(f"this upload cannot be resumed if it is cut off: {error.filename}: {error.strerror}")
        return session

    def run(self, upload: Upload, session: Session) -> Mapping[str, Any]:
        """Bring a session to its end; gives the answer of `put` or `putfolder`.

        Raises:
            ChangedError: A file changed; the upload is given up.
            DamagedError: The server found something else than was declared.
            GoneError: The session ended meanwhile.
            InterruptedUploadError: Ctrl-C; the same command goes on.
        """
        try:
            return self._run(upload, session)
        except ChangedError:
            self._give_up(session.upload)
            raise
        except KeyboardInterrupt:
            raise InterruptedUploadError(
                "Interrupted; what has arrived is kept for a while: the same command goes on from there"
            ) from None
        except RefusedError as error:
            if error.code not in ENDED:
                raise
            self._memory.forget(session.upload)
            if error.code == "upload_failed":
                raise DamagedError(f"The upload failed and nothing was stored: {error}") from None
            raise GoneError from None

    def _give_up(self, upload: str) -> None:
        self._memory.forget(upload)
        try:
            self._sessions.abort(upload)
        except ClientError as error:
            self._screen.note(f"The upload could not be given up, and ends by itself later: {error}")

    def _run(self, upload: Upload, session: Session) -> Mapping[str, Any]:
        name = session.upload
        for _ in range(_ROUNDS):
            if session.state == OPEN:
                session = self._send(upload, session)
            if session.state == OPEN:
                session = self._complete(upload, name)
        session = self._wait(session)
        self._memory.forget(name)
        if session.state == DONE and session.result is not None:
            return session.result
        if session.state == OPEN:
            raise ProtocolError("The server goes on missing parts that it took: try again later")
        if session.state == "failed":
            raise DamagedError(f"The upload failed and nothing was stored: {session.reason}")
        raise GoneError

    def _complete(self, upload: Upload, name: str) -> Session:
        for source in upload.sources:
            source.check()
        try:
            return self._sessions.complete(name)
        except RefusedError as error:
            if error.code != "parts_missing":
                raise
            return self._sessions.status(name)

    def _send(self, upload: Upload, session: Session) -> Session:
        """Send what is missing; gives the session as it was, or as it is if it went on without us."""
        missing = set(session.missing)
        todo = [part for part in parts.layout(upload.sources, session) if part.number in missing]
        left = sum(part.size for part in todo)
        if len(todo) < len(session.sizes):
            self._screen.note(f"{len(session.sizes) - len(todo)} of {len(session.sizes)} parts are there already")
        links = Links(session, lambda: self._sessions.status(session.upload))
        with self._screen.meter("sending", upload.size, upload.size - left) as meter:
            crew = Crew(THREADS, _AHEAD)
            try:
                crew.do(lambda part: parts.Sending(self._api, crew, links, meter).send(part), todo)
            except GoneError:
                return self._sessions.status(session.upload)
        return session

    def _wait(self, session: Session) -> Session:
        pause, longest = _POLL_SECONDS
        moved = nudged = time.monotonic()
        with self._screen.meter("storing", session.left, unit="parts") as meter:
            while session.state == PROCESSING:
                self._api.patience.sleep(pause)
                pause = min(longest, pause * 1.5)
                now, before = time.monotonic(), session.left
                if now - max(moved, nudged) > _NUDGE_SECONDS:
                    nudged, session = now, self._sessions.complete(session.upload)
                else:
                    session = self._sessions.status(session.upload)
                if session.left < before:
                    meter.advance(before - session.left)
                    moved = now
                if now - moved > _STALLED_SECONDS:
                    raise UnreachableError("The server takes long to store it: the same command looks again, later")
        return session
