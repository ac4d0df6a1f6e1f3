"""Shapes of resources and revisions as answers (spec flux-apis, B.7)."""

from typing import Any

from chalicelib.resources.tables import ResourceRow, RevisionRow
from chalicelib.web.management import moment


def resource(row: ResourceRow) -> dict[str, Any]:
    """A resource as answers show it."""
    return {
        "key": row.key,
        "folder": row.folder.rpartition("/")[2],
        "content_type": "document",
        "created_at": moment(row.created),
        "vectors_size": 0,
        "name": row.name,
        "component": None,
        "resource_owner": row.owner,
        "current_revision": row.current,
        "external_id": row.external_id,
    }


def revision(row: RevisionRow, required: str | None) -> dict[str, Any]:
    """A revision as answers show it. It is valid if it was judged by the schema version that is `required` now."""
    return {
        "key": row.key,
        "resource": row.resource.rpartition("/")[2],
        "schema_version": row.version,
        "number": int(row.number),
        "size": int(row.size),
        "created_at": moment(row.created),
        "status": row.status,
        "is_valid": True if row.version == required else None,
        "published_at": moment(row.published) if row.published is not None else None,
        "unpublished_at": moment(row.unpublished) if row.unpublished is not None else None,
    }
