"""Shapes of the drive's requests and answers (seed 001; spec drive, Endpoints)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote

from chalicelib.drive.copies import CopyLink
from chalicelib.drive.errors import InvalidHashError
from chalicelib.drive.finding import Address
from chalicelib.drive.listing import MOST_LISTED, Listed
from chalicelib.drive.putting import Stored, StoredFolder
from chalicelib.drive.thumbs import SIZES
from chalicelib.identity import Account
from chalicelib.ipfs import InvalidCid, parse_cid
from chalicelib.settings import GIB
from chalicelib.web import multipart
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call

MOST_PAGE = 500
DEFAULT_PAGE = 50
"""Entries of a page that says no `size` (spec drive, `ls`)."""
_HASH_NAMES = ("arg", "hash")
_FORM = "application/x-www-form-urlencoded"
_IPFS = "/ipfs/"
_PAGING = {"cursor", "size", "page"}
_MOST_DIGITS = 6


def parse_address(call: Call) -> Address:
    """What a call names: `?arg=`, or `hash` in the query, a form or a JSON object; `<folder hash>/path/in/it` too.

    Raises:
        InvalidHashError: None is given, or it does not begin with a CIDv0.
        InvalidRequestError: The body is not the JSON or the form it says it is.
    """
    given = _given(call)
    if given is None:
        raise InvalidHashError
    return given


def parse_optional_address(call: Call) -> Address | None:
    """As `parse_address`, for a call that may name nothing."""
    return _given(call)


def parse_hash(call: Call) -> str:
    """The hash a call names, which must be one alone.

    Raises:
        InvalidHashError: None is given, or it is not a CIDv0.
        InvalidRequestError: The body is not the JSON or the form it says it is.
    """
    address = parse_address(call)
    if address.path:
        raise InvalidHashError
    return address.cid


def _given(call: Call) -> Address | None:
    text = next((value for name in _HASH_NAMES if (value := call.first(name))), None) or _hash_in_body(call)
    if not text:
        return None
    cid, _, path = text.removeprefix(_IPFS).partition("/")
    try:
        parse_cid(cid)
        # A path that is no Unicode text, which JSON can spell, is at no place in any folder.
        path.encode()
    except (InvalidCid, UnicodeEncodeError):
        raise InvalidHashError from None
    return Address(cid, path.rstrip("/"))


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


@dataclass(frozen=True, slots=True)
class Paging:
    """Paging arguments of a list: a signed cursor or a number of entries to pass over, and the size of a page."""

    cursor: str | None
    skip: int
    size: int | None


def parse_paging(call: Call) -> Paging:
    """Which part of a list a call wants; everything without paging arguments.

    Raises:
        InvalidRequestError: `size` is not 1 to 500, `page` not 1 or more, or beyond 10,000 entries, or given together
            with `cursor`; or another argument is given.
    """
    if not call.query.keys() <= {*_PAGING, *_HASH_NAMES}:
        raise InvalidRequestError
    cursor, size, page = call.first("cursor"), _number(call, "size"), _number(call, "page")
    if page is not None and size is None:
        size = DEFAULT_PAGE
    skip = (page - 1) * (size or 0) if page is not None else 0
    if (size is not None and size > MOST_PAGE) or skip > MOST_LISTED or (cursor is not None and page is not None):
        raise InvalidRequestError
    return Paging(cursor, skip, size)


def _number(call: Call, name: str) -> int | None:
    text = call.first(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) >= 1):
        raise InvalidRequestError
    return int(text)


def parse_size(call: Call) -> str:
    """Which thumbnail a call wants.

    Raises:
        InvalidRequestError: There is no such size.
    """
    size = call.first("size") or SIZES[0]
    if size not in SIZES:
        raise InvalidRequestError(f"Invalid request: size is one of {', '.join(SIZES)}")
    return size


def put_answer(stored: Sequence[Stored], thumb_url: str) -> dict[str, Any]:
    """The answer to a put [seed]; for one file also flat, as a newer client reads it [public].

    `thumbnail` is null until there is one; `thumb_url` is where they are read.
    """
    files = [_file(one) for one in stored]
    flat: dict[str, Any] = {}
    if len(stored) == 1:
        flat = {**files[0], "thumbnail": f"{thumb_url}?arg={stored[0].cid}" if stored[0].thumbs else None}
    return {"status": "success", "files": files, **flat}


def put_folder_answer(stored: StoredFolder) -> dict[str, Any]:
    """The answer to a putfolder: its size is cumulative, a decimal string as kubo writes it [seed]; `files` [ours]."""
    folder = {"hash": stored.cid, "size": str(stored.dag_size)}
    return {"status": "success", "folder": folder, "files": [_file(one) for one in stored.files]}


def _file(one: Stored) -> dict[str, Any]:
    return {"name": one.name, "hash": one.cid, "mimetype": one.mimetype, "size": one.size}


def list_answer(lines: Sequence[Listed], cursor: str | None) -> dict[str, Any]:
    """The answer to a list [seed], and where the next page starts, if there is one [ours]."""
    files = [
        {
            "hash": line.cid,
            "name": line.name,
            "size": line.size,
            "mimetype": line.mimetype,
            "timestamp": line.timestamp,
            **({"type": "folder"} if line.folder else {}),
        }
        for line in lines
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


def copy_answer(link: CopyLink) -> dict[str, Any]:
    """The answer to a read of more than one answer holds: where a copy is, for whoever does not follow `Location`."""
    return {"status": "success", "url": link.url, "size": link.size, "expires": link.expires}


def removed_answer(cid: str) -> dict[str, Any]:
    """The answer to a removal [seed gives none; public]."""
    return {"status": "success", "success": "File removed", "hash": cid}


def disposition(name: str) -> str:
    """`Content-Disposition` of a download, for any Unicode name (RFC 6266, RFC 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
