"""What the metadata service refuses."""

from chalicelib.web.errors import Refusal


class RecordNotFoundError(Refusal):
    """There is no record with this id."""

    status = 404
    code = "not_found"
    text = "No such record"


class InUseError(Refusal):
    """The record belongs to a file of the drive: change or remove the file there."""

    status = 409
    code = "in_use"
    text = "The drive owns this record"


class CacheUnavailableRefusal(Refusal):
    """A cache is configured and out of reach: what would have to tell it of a change is not done."""

    status = 503
    code = "cache_unavailable"
    text = "The cache is out of reach, try again"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


class LimitExceededError(Refusal):
    """More metadata than one sync may cache; nothing was cached."""

    status = 400
    code = "limit_exceeded"


class NoFilesError(Refusal):
    """The user has no files."""

    status = 404
    code = "not_found"
    text = "No files of this user"
