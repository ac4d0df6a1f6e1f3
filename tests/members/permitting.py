"""Roles, and keys that have them, for tests."""

from collections.abc import Sequence
from typing import Any

from tests.support.managing import Manager

ACTIONS = ("create", "read", "update", "delete")
MANAGEMENT = "/permissions/management-api"
FLUX = "/permissions/flux-api"
OBJECT_TYPES = ("flux-apis", "collection-structure", "collection-items", "resources", "schemas")
TYPES = (*OBJECT_TYPES, "environment", "locales", "management-roles", "management-keys", "flux-roles", "flux-keys")


def permission(
    content_type: str, *actions: str, every: bool | None = True, objects: Sequence[str] = ()
) -> dict[str, Any]:
    """A permission as bodies and answers have it; all actions unless some are named."""
    limits = every if content_type in OBJECT_TYPES else None
    said = [each for each in ACTIONS if each in (actions or ACTIONS)]
    return {"content_type": content_type, "actions": said, "all_objects": limits, "objects": list(objects)}


def role(me: Manager, *permissions: dict[str, Any], base: str = MANAGEMENT, **more: Any) -> str:
    """The key of a new role that permits this."""
    key = str(me.made(f"{base}/roles/", **{"name": "A role", **more})["key"])
    assert me.ask("POST", f"{base}/roles/{key}/permissions/batch/", list(permissions)).status == 200
    return key


def holder(me: Manager, held: str | None, base: str = MANAGEMENT) -> tuple[str, str]:
    """The `Authorization` of a new key with a role, and the key's key."""
    made = me.made(f"{base}/api-keys/", role=held)
    return f"Simple {made['public_key']}:{made['secret_key']}", made["key"]


def permitted(me: Manager, *permissions: dict[str, Any]) -> str:
    """The `Authorization` of a new management key that is permitted this."""
    return holder(me, role(me, *permissions))[0]
