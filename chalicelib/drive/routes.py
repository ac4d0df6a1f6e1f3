"""Routes of the drive (spec drive, Endpoints): parse, one call, answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from chalicelib.drive import schemas
from chalicelib.drive.finding import Found
from chalicelib.drive.limiting import Limited
from chalicelib.drive.listing import Part, Place
from chalicelib.drive.putting import Incoming
from chalicelib.drive.service import Drive
from chalicelib.identity import Credential, Scope
from chalicelib.web import cursors, multipart
from chalicelib.web.errors import InvalidRequestError, Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import Route, Service
from chalicelib.web.serving import Content, Inline, serve

T = TypeVar("T")

PREFIX = "/api/v0"
SMALL_BODY = 8 * 2**20
"""Bytes of a body that is read and addressed before its sender is known, to save a round trip."""
_PRIVATE = {"Cache-Control": "private"}


def envelope(refusal: Refusal) -> Mapping[str, Any]:
    """The drive's errors: `{"error": <text>}` [seed], the same in `message` [public], and our stable `code`."""
    body: dict[str, Any] = {"error": refusal.text, "message": refusal.text, "code": refusal.code}
    if refusal.detail is not None:
        body["detail"] = list(refusal.detail)
    return body


SERVICE = Service("drive", PREFIX, envelope)


@dataclass(frozen=True, slots=True)
class Face:
    """What the routes must know of where they stand: the base of absolute URLs, and what one answer may hold."""

    public_url: str
    max_inline_bytes: int


class _Views:
    """One method a call: with the credential it came with, under its limit."""

    def __init__(self, drive: Drive, signer: cursors.Signer, face: Face) -> None:
        self._drive = drive
        self._signer = signer
        self._thumb_url = f"{face.public_url.rstrip('/')}{PREFIX}/thumb"
        self._max_inline_bytes = face.max_inline_bytes

    def put(self, call: Call, credential: Credential) -> Reply:
        stored = self._drive.put(credential, self._incoming(call, credential))
        return as_json(schemas.put_answer(stored, self._thumb_url))

    def putfolder(self, call: Call, credential: Credential) -> Reply:
        stored = self._drive.put_folder(credential, self._incoming(call, credential), call.first("name"))
        return as_json(schemas.put_folder_answer(stored))

    def _incoming(self, call: Call, credential: Credential) -> list[Incoming]:
        if len(call.body) > SMALL_BODY:
            self._drive.enter(credential, "write")
        parts = self._judged(lambda: multipart.files(call), credential, "write")
        return [Incoming(part.name, part.content_type, part.data) for part in parts]

    def status(self, _call: Call, credential: Credential) -> Reply:
        return as_json(schemas.status_answer(self._drive.enter(credential, None)))

    def ls(self, call: Call, credential: Credential) -> Reply:
        def parse() -> tuple[schemas.Paging, Any]:
            return schemas.parse_paging(call), schemas.parse_optional_address(call)

        paging, address = self._judged(parse, credential, "list")
        binding = f"ls {credential.zelid} {address or ''}"
        if address is None:
            account = self._drive.enter(credential, "list")
            return self._listed(binding, paging, lambda place: self._drive.listing(account, place))
        found = self._drive.find(credential, address, "list")
        return self._listed(binding, paging, lambda place: self._drive.inside(found, place))

    def _listed(self, binding: str, paging: schemas.Paging, part: Callable[[Place], Part]) -> Reply:
        after = None
        if paging.cursor is not None:
            after = cursors.decode(self._signer, binding, paging.cursor, InvalidRequestError)
        lines, following = part(Place(paging.size, after, paging.skip))
        cursor = cursors.encode(self._signer, binding, following) if following else None
        return as_json(schemas.list_answer(lines, cursor))

    def cat(self, call: Call, credential: Credential) -> Reply:
        address = self._judged(lambda: schemas.parse_address(call), credential, "read")
        found = self._drive.find(credential, address)
        content = self._drive.content(found)
        return serve(call, content, _PRIVATE, self._inline(found, content, None))

    def get(self, call: Call, credential: Credential) -> Reply:
        address = self._judged(lambda: schemas.parse_address(call), credential, "read")
        found = self._drive.find(credential, address)
        content, name = self._drive.download(found)
        disposition = schemas.disposition(name)
        headers = {**_PRIVATE, "Content-Disposition": disposition}
        return serve(call, content, headers, self._inline(found, content, disposition))

    def _inline(self, found: Found, content: Content, disposition: str | None) -> Inline | None:
        """What one answer may hold; for the whole of more, there is a copy elsewhere."""

        def beyond() -> Reply:
            link = self._drive.copy(found, content, disposition)
            headers = {**_PRIVATE, "Location": link.url}
            return as_json(schemas.copy_answer(link), HTTPStatus.SEE_OTHER, headers)

        return Inline(self._max_inline_bytes, beyond) if self._max_inline_bytes else None

    def thumb(self, call: Call, credential: Credential) -> Reply:
        def parse() -> tuple[Any, str]:
            return schemas.parse_address(call), schemas.parse_size(call)

        address, size = self._judged(parse, credential, "read")
        return serve(call, self._drive.thumb(self._drive.find(credential, address), size), _PRIVATE)

    def rm(self, call: Call, credential: Credential) -> Reply:
        cid = self._judged(lambda: schemas.parse_hash(call), credential, "delete")
        self._drive.remove(credential, cid)
        return as_json(schemas.removed_answer(cid))

    def _judged(self, parse: Callable[[], T], credential: Credential, scope: Scope) -> T:
        """What a call says; what is wrong with it is told only to those who are let in."""
        try:
            return parse()
        except Refusal:
            self._drive.enter(credential, scope)
            raise


def routes(drive: Drive, signer: cursors.Signer, limited: Limited, face: Face) -> list[Route]:
    """The routes, over one service; `signer` signs cursors, `limited` counts calls against their limits."""
    views = _Views(drive, signer, face)
    reads = {"cat": views.cat, "get": views.get, "ls": views.ls, "status": views.status, "thumb": views.thumb}
    writes = {"put": views.put, "putfolder": views.putfolder, "rm": views.rm}
    return [
        *(
            Route(verb, f"{PREFIX}/{name}", limited.read(view))
            for name, view in reads.items()
            for verb in ("POST", "GET", "HEAD")
        ),
        *(Route("POST", f"{PREFIX}/{name}", limited.write(view)) for name, view in writes.items()),
    ]
