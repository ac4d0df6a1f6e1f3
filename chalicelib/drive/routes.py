"""Routes of the drive (spec drive, Endpoints): parse, one call, answer."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.drive import schemas
from chalicelib.drive.putting import Incoming
from chalicelib.drive.service import Drive, Found
from chalicelib.identity import Credential, Scope
from chalicelib.identity.errors import InvalidCredentialsError
from chalicelib.web import cursors, multipart
from chalicelib.web.errors import InvalidRequestError, Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import Route, Service


def envelope(refusal: Refusal) -> Mapping[str, Any]:
    """The drive's errors: `{"error": <text>}` [seed], the same in `message` [public], and our stable `code`."""
    body: dict[str, Any] = {"error": refusal.text, "message": refusal.text, "code": refusal.code}
    if refusal.detail is not None:
        body["detail"] = list(refusal.detail)
    return body


SERVICE = Service("drive", "/api/v0", envelope)


def routes(drive: Drive, signer: cursors.Signer) -> list[Route]:
    """The routes, over one service; `signer` signs cursors."""

    def put(call: Call) -> Reply:
        account = drive.enter(_credential(call), "write")
        files = [Incoming(part.name, part.content_type, part.data) for part in multipart.files(call)]
        return as_json(schemas.put_answer(drive.put(account, files)))

    def status(call: Call) -> Reply:
        return as_json(schemas.status_answer(drive.enter(_credential(call), None)))

    def ls(call: Call) -> Reply:
        account = drive.enter(_credential(call), "list")
        cursor, size = schemas.parse_paging(call)
        binding = f"ls {account.zelid}"
        after = cursors.decode(signer, binding, cursor, InvalidRequestError) if cursor is not None else None
        entries, following = drive.listing(account, size, after)
        return as_json(schemas.list_answer(entries, cursors.encode(signer, binding, following) if following else None))

    def cat(call: Call) -> Reply:
        return _content(drive, call, lambda _found: {})

    def get(call: Call) -> Reply:
        return _content(drive, call, lambda found: {"Content-Disposition": schemas.disposition(drive.name(found))})

    def rm(call: Call) -> Reply:
        cid = _hash(drive, call, "delete")
        drive.remove(_credential(call), cid)
        return as_json(schemas.removed_answer(cid))

    reads = {"cat": cat, "get": get, "ls": ls, "status": status}
    return [
        *(Route(verb, f"/api/v0/{name}", read) for name, read in reads.items() for verb in ("POST", "GET", "HEAD")),
        Route("POST", "/api/v0/put", put),
        Route("POST", "/api/v0/rm", rm),
    ]


def _credential(call: Call) -> Credential:
    credential = Credential.parse(call.headers.get("authorization"))
    if credential is None:
        raise InvalidCredentialsError(headers={"WWW-Authenticate": 'Basic realm="fluxvault"'})
    return credential


def _hash(drive: Drive, call: Call, scope: Scope) -> str:
    """The hash a call names; whether it is well-formed is told only to those who are let in."""
    credential = _credential(call)
    try:
        return schemas.parse_hash(call)
    except Refusal:
        drive.enter(credential, scope)
        raise


def _content(drive: Drive, call: Call, more: Callable[[Found], Mapping[str, str]]) -> Reply:
    cid = _hash(drive, call, "read")
    found = drive.find(_credential(call), cid)
    etag = f'"{cid}"'
    headers = {"ETag": etag, "Cache-Control": "private", "X-Content-Type-Options": "nosniff"}
    if _matches(call.headers.get("if-none-match"), etag):
        return Reply(b"", 304, headers, schemas.served_type(found.mimetype))
    headers |= more(found)
    if call.method == "HEAD":
        return Reply(b"", 200, {**headers, "Content-Length": str(found.size)}, schemas.served_type(found.mimetype))
    return Reply(drive.read(found), 200, headers, schemas.served_type(found.mimetype))


def _matches(header: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names this content (RFC 9110, 13.1.2)."""
    given = {one.strip().removeprefix("W/") for one in (header or "").split(",")}
    return "*" in given or etag in given
