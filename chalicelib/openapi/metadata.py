"""The metadata and key service (seed 000; spec metadata-service)."""

from typing import Final

from chalicelib.keys import schemas as key_shapes
from chalicelib.keys.errors import InvalidDekError, InvalidEncDekError, KeyDisabledError
from chalicelib.metadata import schemas
from chalicelib.metadata.errors import (
    CacheUnavailableRefusal,
    InUseError,
    LimitExceededError,
    NoFilesError,
    RecordNotFoundError,
)
from chalicelib.openapi.errors import BODY, FAULTS, MetadataError
from chalicelib.openapi.operations import Body, Chapter, Operation, Operations, given
from chalicelib.web.describing import Given
from chalicelib.web.errors import InvalidRequestError


class Created(Given):
    """A record that was made."""

    id: str
    filenameEnc: str  # noqa: N815 - all these names are those on the wire
    size: int
    user: str
    mimeType: str  # noqa: N815
    dekEnc: str  # noqa: N815
    uploadedDate: str  # noqa: N815


class Drawn(Given):
    """Which thumbnails a file has."""

    mobile: bool
    web: bool
    webPre: bool  # noqa: N815


class Listed(Given):
    """A record in a list."""

    id: str
    filenameEnc: str  # noqa: N815
    size: int
    mimeType: str  # noqa: N815
    thumbs: Drawn
    uploadedDate: str  # noqa: N815


class Single(Listed):
    """A record."""

    dekEnc: str  # noqa: N815


class Records(Given):
    """A page of a user's records, newest first."""

    files: list[Listed]
    next: str | None


class Deleted(Given):
    """A record that is gone."""

    id: str
    deleted: bool


class Checked(Given):
    """The last audit of the totals."""

    drift: int
    checkedAt: str  # noqa: N815
    unsettled: int = 0


class Stats(Given):
    """Totals over all records."""

    totalFiles: int  # noqa: N815
    totalSizeBytes: int  # noqa: N815
    verify: Checked | None = None


class Wrapped(Given):
    """A DEK that is wrapped."""

    dekEnc: str  # noqa: N815


class Unwrapped(Given):
    """A DEK."""

    dek: str


class Failed(Given):
    """The code of an error."""

    error: str


class Results(Given):
    """Results in the order of the items."""

    results: list[Wrapped | Unwrapped | Failed]


class Synced(Given):
    """How many records were cached, and how many did not fit."""

    user: str
    synced: int
    skipped: int


class Prefetched(Given):
    """How many records were cached."""

    user: str
    prefetched: int


class Invalidated(Given):
    """How many records were forgotten."""

    type: str
    invalidated: int


_ONE = "/api/v1/meta/{file_id}"
_ASKED = (InvalidRequestError, *FAULTS)
_SENT = (*BODY, *FAULTS)
_RECORD = (RecordNotFoundError, *FAULTS)
_CHANGE = (*_SENT, RecordNotFoundError, InUseError, CacheUnavailableRefusal)
_WARM = (*_SENT, CacheUnavailableRefusal)
_DEK = (*_SENT, KeyDisabledError)

_OPERATIONS: Final[Operations] = {
    ("POST", "/api/v1/meta"): Operation("Makes a record", given(Created), _SENT, Body(schemas.CreateBody)),
    ("GET", "/api/v1/meta"): Operation(
        "A user's records", given(Records), (*_ASKED, KeyDisabledError), query=schemas.ListQuery
    ),
    ("GET", _ONE): Operation("One record", given(Single), _RECORD),
    ("PATCH", _ONE): Operation("Changes a record", given(Single), _CHANGE, Body(schemas.ChangeBody, required=False)),
    ("DELETE", _ONE): Operation("Deletes a record", given(Deleted), (*_RECORD, InUseError, CacheUnavailableRefusal)),
    ("PUT", f"{_ONE}/thumbs"): Operation(
        "Says which thumbnails there are", given(Single), _CHANGE, Body(schemas.ThumbsBody, required=False)
    ),
    ("GET", "/api/v1/stats"): Operation("Totals over all records", given(Stats), _ASKED, query=schemas.StatsQuery),
    ("POST", "/api/v1/dek/wrap"): Operation(
        "Wraps a DEK", given(Wrapped), (*_DEK, InvalidDekError), Body(key_shapes.DekBody)
    ),
    ("POST", "/api/v1/dek/unwrap"): Operation(
        "Unwraps a DEK", given(Unwrapped), (*_DEK, InvalidEncDekError), Body(key_shapes.DekEncBody)
    ),
    ("POST", "/api/v1/dek/rewrap"): Operation(
        "Wraps a DEK under the current key generation",
        given(Wrapped),
        (*_DEK, InvalidEncDekError),
        Body(key_shapes.DekEncBody),
    ),
    ("POST", "/api/v1/dek/batch"): Operation(
        "One operation on up to 100 DEKs", given(Results), _DEK, Body(key_shapes.BatchBody)
    ),
    ("POST", "/api/v1/e/meta/sync"): Operation(
        "Caches records of a user", given(Synced), (*_WARM, LimitExceededError, NoFilesError), Body(schemas.SyncBody)
    ),
    ("POST", "/api/v1/e/meta/prefetch"): Operation(
        "Caches the records of a user that are read most often",
        given(Prefetched),
        (*_WARM, NoFilesError),
        Body(schemas.PrefetchBody),
    ),
    ("POST", "/api/v1/e/meta/invalidate"): Operation(
        "Forgets what is cached",
        given(Invalidated),
        (*_WARM, RecordNotFoundError, NoFilesError),
        Body(schemas.InvalidateBody),
    ),
}

CHAPTER: Final = Chapter("Metadata and keys", MetadataError, "error", _OPERATIONS)
