"""Shapes of signing in, of management keys, and of an account's drive keys (flux-apis, A.3 and B.8; drive, Access)."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.identity.tables import DriveKeyRow
from chalicelib.members import pairs
from chalicelib.members.tables import EnvironmentKeyRow

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SignIn(_Shape):
    """Who signs in."""

    email: Text
    password: Text


class Refresh(_Shape):
    """The refresh token to be used up."""

    refresh: Annotated[str, StringConstraints(min_length=1, max_length=4_096)]


class CreateKey(_Shape):
    """A new management key. Roles are not built: a key may do everything in its environment."""

    description: Annotated[str, StringConstraints(max_length=500)] | None = None
    role: None = None


class CreateDriveKey(_Shape):
    """A new drive key; `expires` in seconds since the epoch."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    scopes: Annotated[list[str], Field(min_length=1, max_length=4)] | None = None
    expires: Annotated[int, Field(ge=1, le=2**40)] | None = None


def tokens(access: str, refresh: str) -> dict[str, str]:
    """The answer to signing in."""
    return {"access": access, "refresh": refresh}


def management_key(row: EnvironmentKeyRow, secret: str = pairs.MASK) -> dict[str, Any]:
    """A management key as answers show it: its secret once, and masked ever after."""
    return {
        "key": row.key,
        "description": row.description,
        "public_key": row.public,
        "secret_key": secret,
        "role": None,
        "environment": row.environment,
        "created_at": moment(row.created),
    }


def drive_key(row: DriveKeyRow) -> dict[str, Any]:
    """A drive key as answers show it."""
    return {
        "id": row.key_id,
        "name": row.name,
        "prefix": row.shown,
        "scopes": sorted(row.scopes),
        "created": moment(row.created),
        "last_used": moment(row.last_used) if row.last_used is not None else None,
        "expires": moment(row.expires) if row.expires is not None else None,
    }


def moment(seconds: float) -> str:
    """A moment in UTC, from seconds since the epoch."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
