"""Shapes of signing in, and of an account's drive keys (flux-apis, A.3; drive, Access)."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.identity.tables import DriveKeyRow
from chalicelib.web.management import Shape, moment

Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class SignIn(Shape):
    """Who signs in."""

    email: Text
    password: Text


class Refresh(Shape):
    """The refresh token to be used up."""

    refresh: Annotated[str, StringConstraints(min_length=1, max_length=4_096)]


class CreateDriveKey(Shape):
    """A new drive key; `expires` in seconds since the epoch."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    scopes: Annotated[list[str], Field(min_length=1, max_length=4)] | None = None
    # The end of year 9999: later moments cannot be shown, and one key of that kind would break the whole list.
    expires: Annotated[int, Field(ge=1, le=253_402_300_799)] | None = None


def tokens(access: str, refresh: str) -> dict[str, str]:
    """The answer to signing in."""
    return {"access": access, "refresh": refresh}


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
