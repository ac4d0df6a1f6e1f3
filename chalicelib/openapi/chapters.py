"""All that is described, by service."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.openapi import content, delivery, drive, members, metadata, resources, spaces, uploads
from chalicelib.openapi.errors import DriveError, OutsideError
from chalicelib.openapi.operations import Answer, Chapter, Operation, Operations, given
from chalicelib.web.describing import Given, ManagementError


class Health(Given):
    """This process answers."""

    status: str


_DESCRIBED = given(dict[str, Any], "OpenAPI 3.1, of the routes of this surface alone")
_PAGE = (Answer("A page that shows the description, and sends requests", media="text/html; charset=utf-8"),)
_OUTSIDE: Final[Operations] = {
    (verb, path): operation
    for path, operation in {
        "/health": Operation("Whether this process answers at all", given(Health)),
        "/openapi.json": Operation("This description", _DESCRIBED),
        "/docs": Operation("This description, for readers", _PAGE),
    }.items()
    for verb in ("GET", "HEAD")
}

_MANAGEMENT = {**members.OPERATIONS, **content.OPERATIONS, **resources.OPERATIONS, **delivery.EXPLAINING}

CHAPTERS: Final[Mapping[str, Chapter]] = {
    "metadata": metadata.CHAPTER,
    "drive": Chapter("Drive", DriveError, "code", {**drive.OPERATIONS, **uploads.OPERATIONS}),
    "account": Chapter("Signing in", ManagementError, "error_code", members.SIGN_IN),
    "management": Chapter("Management", ManagementError, "error_code", _MANAGEMENT),
    "organizations": Chapter("Organisations", ManagementError, "error_code", spaces.OPERATIONS),
    "delivery": Chapter("Delivery", ManagementError, "error_code", delivery.OPERATIONS),
    "fluxvault": Chapter("Beside them", OutsideError, "error", _OUTSIDE),
}
"""By the names of the services."""
