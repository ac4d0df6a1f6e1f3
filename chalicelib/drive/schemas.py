"""Shapes of the drive's requests and answers (seed 001; spec drive, Endpoints)."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote

from chalicelib.drive.errors import InvalidHashError
from chalicelib.drive.putting import Stored
from chalicelib.drive.service import Listed
from chalicelib.identity import Account
from chalicelib.ipfs import InvalidCid, parse_cid
from chalicelib.settings import GIB
from chalicelib.web import multipart
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call

MOST_PAGE = 500
_HASH_NAMES = ("arg", "hash")
_FORM = "application/x-www-form-urlencoded"

# What a browser would run in our origin goes out as bytes to save (spec drive, `cat`).
_ACTIVE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})


def parse_hash(call: Call) -> str:
    """The hash a call names: `?arg=`, or `hash` in the query, a form or a JSON object.

    Raises:
        InvalidHashError: None is given, or it is not a CIDv0.
        InvalidRequestError: The body is not the JSON or the form it says it is.
    """
    given = next((value for name in _HASH_NAMES if (value := call.first(name))), None) or _hash_in_body(call)
    try:
        parse_cid(given or "")
    except InvalidCid:
        raise InvalidHashError from None
    return given or ""


def _hash_in_body(call: Call) -> str | None:
    if not call.body:
        return None
    fields = _fields(call)
    if not isinstance(fields, dict):
        raise InvalidRequestError
    given = next((fields[name] for name in _HASH_NAMES if name in fields), None)
    if given is not None and not isinstance(given, str):
        raise InvalidHashError
    return given


def _fields(call: Call) -> Any:
    """What a body says, as a form of either kind or as JSON; clients mislabel JSON as a form."""
    kind = call.headers.get("content-type", "").lower()
    if kind.startswith(multipart.FORM):
        return multipart.fields(call)
    try:
        text = call.body.decode()
        if kind.startswith(_FORM) and not text.lstrip().startswith("{"):
            return {name: values[0] for name, values in parse_qs(text).items()}
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError from None


def parse_paging(call: Call) -> tuple[str | None, int | None]:
    """Cursor and page size of a list; both None without paging arguments.

    Raises:
        InvalidRequestError: `size` is not 1 to 500, or another argument is given.
    """
    if not call.query.keys() <= {"cursor", "size"}:
        raise InvalidRequestError
    cursor, size = call.first("cursor"), call.first("size")
    if size is not None and not (size.isascii() and size.isdigit() and len(size) < 4 and 1 <= int(size) <= MOST_PAGE):  # noqa: PLR2004 - three digits
        raise InvalidRequestError
    return cursor, int(size) if size is not None else None


def put_answer(stored: Sequence[Stored]) -> dict[str, Any]:
    """The answer to a put [seed]; for one file also flat, as a newer client reads it [public]."""
    files = [{"name": f.name, "hash": f.cid, "mimetype": f.mimetype, "size": f.size} for f in stored]
    flat = {**files[0], "thumbnail": None} if len(files) == 1 else {}
    return {"status": "success", "files": files, **flat}


def list_answer(entries: Sequence[Listed], cursor: str | None) -> dict[str, Any]:
    """The answer to a list [seed], and where the next page starts, if there is one [ours]."""
    files = [
        {"hash": e.cid, "name": e.name, "size": e.size, "mimetype": e.mimetype, "timestamp": e.timestamp}
        for e in entries
    ]
    return {"status": "success", "files": files, **({"next": cursor} if cursor else {})}


def status_answer(account: Account) -> dict[str, Any]:
    """The answer to a status [seed], and what a newer client reads beside it [public].

    `data_transfer_bytes` is null: transfer is not metered, since that would cost a write a read.
    """
    result = {
        "active": account.active,
        "capacity_gb": account.capacity // GIB,
        "storage_used": account.used,
        "remaining": account.capacity - account.used,
    }
    until = account.row.paid_until
    flat = {
        "zelid": account.zelid,
        "plan_name": account.row.plan,
        "capacity_bytes": account.capacity,
        "data_transfer_bytes": None,
        "period_end": int(until) if until is not None else None,
    }
    return {"status": "success", "result": result, **flat}


def removed_answer(cid: str) -> dict[str, Any]:
    """The answer to a removal [seed gives none; public]."""
    return {"status": "success", "success": "File removed", "hash": cid}


def served_type(mimetype: str) -> str:
    """The media type to send: never one that a browser would run."""
    return "application/octet-stream" if mimetype in _ACTIVE or mimetype.endswith("+xml") else mimetype


def disposition(name: str) -> str:
    """`Content-Disposition` of a download, for any Unicode name (RFC 6266, RFC 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
