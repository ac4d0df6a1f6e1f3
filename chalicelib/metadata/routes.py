"""Routes of the metadata service (spec metadata-service, Endpoints): parse, one call, answer."""

from collections.abc import Mapping
from typing import Any

from chalicelib.metadata import schemas
from chalicelib.metadata.audit import Audits
from chalicelib.metadata.service import Changes, Metadata, NewRecord
from chalicelib.metadata.warming import Warming
from chalicelib.web import cursors
from chalicelib.web.errors import InvalidRequestError, Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.parsing import json_body, query
from chalicelib.web.routing import Route, Service


def envelope(refusal: Refusal) -> Mapping[str, Any]:
    """Errors of the internal services: `{"error": <code>}`, and `detail` where there is some."""
    body: dict[str, Any] = {"error": refusal.code}
    if refusal.detail is not None:
        body["detail"] = list(refusal.detail)
    return body


SERVICE = Service("metadata", "/api/v1", envelope)


def routes(metadata: Metadata, audits: Audits, warming: Warming, signer: cursors.Signer) -> list[Route]:
    """The routes, over their services; `signer` signs cursors."""
    return [*_collection(metadata, signer), *_single(metadata), *_totals(metadata, audits), *_experimental(warming)]


def _collection(metadata: Metadata, signer: cursors.Signer) -> list[Route]:
    def create(call: Call) -> Reply:
        body = json_body(call, schemas.CreateBody)
        new = NewRecord(body.filename_enc, body.size, body.mime_type, body.dek_enc, mobile=body.thumb)
        return as_json(schemas.created(metadata.create(body.user, new)))

    def listing(call: Call) -> Reply:
        asked = query(call, schemas.ListQuery)
        binding = f"meta {asked.user_id}"
        after = cursors.decode(signer, binding, asked.cursor, _bad_cursor) if asked.cursor is not None else None
        records, following = metadata.of_user(asked.user_id, asked.limit, after)
        cursor = cursors.encode(signer, binding, following) if following else None
        return as_json({"files": [schemas.listed(record) for record in records], "next": cursor})

    return [Route("POST", "/api/v1/meta", create), Route("GET", "/api/v1/meta", listing)]


def _single(metadata: Metadata) -> list[Route]:
    one = "/api/v1/meta/{file_id}"

    def get(call: Call) -> Reply:
        return as_json(schemas.single(metadata.get(call.params["file_id"])))

    def change(call: Call) -> Reply:
        body = json_body(call, schemas.ChangeBody)
        changes = Changes(filename_enc=body.filename_enc, mime_type=body.mime_type, dek_enc=body.dek_enc)
        return as_json(schemas.single(metadata.change(call.params["file_id"], changes)))

    def thumbs(call: Call) -> Reply:
        body = json_body(call, schemas.ThumbsBody)
        changes = Changes(mobile=body.mobile, web=body.web, web_pre=body.web_pre)
        return as_json(schemas.single(metadata.change(call.params["file_id"], changes)))

    def delete(call: Call) -> Reply:
        metadata.delete(call.params["file_id"])
        return as_json({"id": call.params["file_id"], "deleted": True})

    return [
        Route("GET", one, get),
        Route("PATCH", one, change),
        Route("DELETE", one, delete),
        Route("PUT", f"{one}/thumbs", thumbs),
    ]


def _totals(metadata: Metadata, audits: Audits) -> list[Route]:
    def stats(call: Call) -> Reply:
        verify = query(call, schemas.StatsQuery).verify == "true"
        files, size = metadata.totals()
        more = {"verify": schemas.audited(audits.ask())} if verify else {}
        return as_json({"totalFiles": files, "totalSizeBytes": size, **more})

    return [Route("GET", "/api/v1/stats", stats)]


def _experimental(warming: Warming) -> list[Route]:
    def sync(call: Call) -> Reply:
        body = json_body(call, schemas.SyncBody)
        synced, skipped = warming.sync(body.user, body.type)
        return as_json({"user": body.user, "synced": synced, "skipped": skipped})

    def prefetch(call: Call) -> Reply:
        body = json_body(call, schemas.PrefetchBody)
        return as_json({"user": body.user, "prefetched": warming.prefetch(body.user, body.limit)})

    def invalidate(call: Call) -> Reply:
        body = json_body(call, schemas.InvalidateBody)
        return as_json({"type": body.type, "invalidated": warming.invalidate(file_id=body.file_id, user=body.user)})

    return [
        Route("POST", "/api/v1/e/meta/sync", sync),
        Route("POST", "/api/v1/e/meta/prefetch", prefetch),
        Route("POST", "/api/v1/e/meta/invalidate", invalidate),
    ]


def _bad_cursor() -> Exception:
    return InvalidRequestError(detail=[{"field": "cursor", "problem": "not a cursor of this list"}])
