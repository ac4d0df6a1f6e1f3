"""Parameters that many operations have."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from chalicelib.openapi.operations import Parameter
from chalicelib.web.management import MOST_LISTED, MOST_OFFSET

_LARGEST = 999_999_999
"""Nine digits are read."""

PAGING: Final = (
    Parameter(
        "limit", Annotated[int, Field(ge=1, le=_LARGEST)], f"Most entries of the page, {MOST_LISTED} whatever is said"
    ),
    Parameter("offset", Annotated[int, Field(ge=0, le=MOST_OFFSET)], "How many entries come before the page"),
    Parameter("cursor", str, "Where the page stands: `next` and `previous` have it"),
)

_TEXTS: Final[Mapping[str, str]] = {
    "env": "Key of the environment",
    "api": "Key of the API",
    "folder": "Key of the folder",
    "version": "Key of the schema version",
    "resource": "Key of the resource",
    "revision": "Key of the revision",
    "key": "Key of the key",
    "role": "Key of the role",
    "organization": "Key of the organisation: the ZELID of the account",
    "project": "Key of the project",
    "environment": "Key of the environment",
    "file_id": "The record's `id`",
    "id": "The key's `id`",
    "proxy": "Prefix of the API, and the path below it",
}

PATHS: Final = {
    name: Parameter(name, Annotated[str, Field(min_length=1)], text, required=True) for name, text in _TEXTS.items()
}
"""Parameters in paths, by their names."""
