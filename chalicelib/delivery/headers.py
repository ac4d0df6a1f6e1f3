"""Headers of delivery's answers: tags, how long they may be kept, which origins may read them (RFC 9110, Fetch)."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from chalicelib.apis.tables import ApiRow
from chalicelib.web import ranges
from chalicelib.web.http import Call, Reply

PREFLIGHT_SECONDS = 600
_ALLOWED = "Authorization, Content-Type, Date, If-None-Match, Range"
_EXPOSED = "Content-Disposition, Content-Range, ETag, Retry-After, X-Request-Id"


def cors(call: Call, api: ApiRow) -> dict[str, str]:
    """What lets a page of another origin read the answer; nothing if the API does not name that origin."""
    # Browsers spell origins in lower case.
    origin, known = call.headers.get("origin"), {one.lower() for one in api.origins}
    if not known:
        return {}
    varies = {} if "*" in known else {"Vary": "Origin"}
    if origin is None or not ("*" in known or origin in known):
        return varies
    allowed = "*" if "*" in known else origin
    return {**varies, "Access-Control-Allow-Origin": allowed, "Access-Control-Expose-Headers": _EXPOSED}


def joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Headers of both; what an answer varies by adds up."""
    varies = [found["Vary"] for found in (first, second) if "Vary" in found]
    return {**first, **second, **({"Vary": ", ".join(dict.fromkeys(varies))} if varies else {})}


def preflight(call: Call, api: ApiRow) -> Reply:
    """The answer to a browser that asks before it calls."""
    found = cors(call, api)
    if "Access-Control-Allow-Origin" in found:
        found |= {
            "Access-Control-Allow-Methods": "GET, HEAD, POST",
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    return Reply(b"", HTTPStatus.NO_CONTENT, found)


def cached(call: Call, api: ApiRow, reply: Reply) -> Reply:
    """An answer with its tag, or that it has not changed since the caller got it."""
    etag = f'"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
    found = {**reply.headers, **control(api), "ETag": etag}
    if call.method != "POST" and ranges.none_match(call.headers.get("if-none-match"), etag):
        return Reply(b"", HTTPStatus.NOT_MODIFIED, found, reply.content_type)
    if call.method == "HEAD":
        return Reply(b"", reply.status, {**found, "Content-Length": str(len(reply.body))}, reply.content_type)
    return Reply(reply.body, reply.status, found, reply.content_type)


def control(api: ApiRow) -> dict[str, str]:
    """How long an answer may be kept, and by whom: it is asked about each time, unless the API says otherwise."""
    who = "private" if api.auth_required else "public"
    seconds = int(api.cache_seconds) if api.cache_seconds is not None else 0
    lasts = f"max-age={seconds}" if seconds else "no-cache"
    return {"Cache-Control": f"{who}, {lasts}", **({"Vary": "Authorization"} if api.auth_required else {})}
