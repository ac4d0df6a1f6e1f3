"""Upload sessions, and an account's drive keys (spec drive, Large files and Access)."""

from http import HTTPStatus
from typing import Annotated, Final, Literal

from pydantic import Field

from chalicelib.drive import errors as drive
from chalicelib.drive.routes import PREFIX
from chalicelib.identity import errors as identity
from chalicelib.keys.errors import KeyDisabledError
from chalicelib.members.schemas import CreateDriveKey
from chalicelib.openapi.drive import DriveFolder, Put, Success
from chalicelib.openapi.errors import BODY, DRIVE, FAULTS
from chalicelib.openapi.operations import Answer, Body, Operation, Operations, Parameter, given
from chalicelib.openapi.security import BASIC, BEARER
from chalicelib.uploads import errors
from chalicelib.uploads.schemas import UploadShape
from chalicelib.web.describing import Given
from chalicelib.web.errors import InvalidRequestError


class Part(Given):
    """A part, and where it goes if it is missing."""

    number: int
    path: str | None = None
    size: int
    url: str | None = None
    headers: dict[str, str] | None = None
    expires: int | None = None


class Started(Given):
    """An upload that was begun; `expires` in seconds since the epoch."""

    status: Success
    upload: str
    part_size: int
    parts: list[Part]
    expires: int


class PartStanding(Part):
    """A part, and whether it is in."""

    is_in: bool = Field(alias="in")


class ResultFolder(Given):
    """A folder that an upload became."""

    status: Success
    folder: DriveFolder


class Standing(Given):
    """How far an upload is, why it failed, and what it has become."""

    status: Success
    upload: str
    part_size: int
    parts: list[PartStanding]
    expires: int
    state: Literal["open", "processing", "done", "failed", "aborted"]
    left: int
    reason: str | None = None
    result: Put | ResultFolder | None = None


class Aborted(Given):
    """An upload that was given up."""

    status: Success
    upload: str


class DriveKey(Given):
    """A drive key."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created: str
    last_used: str | None
    expires: str | None


class DriveKeys(Given):
    """All of them."""

    status: Success
    keys: list[DriveKey]


class NewDriveKey(DriveKey):
    """One that was made, with its secret."""

    status: Success
    secret: str


class Revoked(Given):
    """One that is gone."""

    status: Success
    id: str


_SCOPED = (*DRIVE, identity.KeyLacksScopeError)
_ARG = (Parameter("arg", Annotated[str, Field(pattern="^[0-9a-f]{32}$")], "The upload", required=True),)
_NAMED = (*_SCOPED, InvalidRequestError, errors.UploadNotFoundError)
_OWNER = (
    identity.InvalidCredentialsError,
    identity.AccountSuspendedError,
    KeyDisabledError,
    *FAULTS,
)
_DECLARED = (
    *_SCOPED,
    *BODY,
    drive.NoFileError,
    drive.FileTooLargeError,
    drive.InvalidNameError,
    drive.InvalidHashError,
    drive.InvalidPathError,
    drive.PathTooDeepError,
    drive.PathSegmentTooLongError,
    drive.FolderTooLargeError,
    errors.TooManyPartsError,
    identity.CapacityExceededError,
)
_STATUS = Operation("How far an upload is", given(Standing), _NAMED, query=_ARG, security=(BASIC,))

OPERATIONS: Final[Operations] = {
    ("POST", f"{PREFIX}/upload"): Operation(
        "Begins an upload of any size",
        given(Started),
        _DECLARED,
        Body(UploadShape),
        (Parameter("name", str, "What a folder is called; else its hash"),),
        (BASIC,),
    ),
    **{(verb, f"{PREFIX}/upload/status"): _STATUS for verb in ("GET", "HEAD", "POST")},
    ("POST", f"{PREFIX}/upload/complete"): Operation(
        "Lets the parts be processed",
        (
            Answer("What it has become", Put | ResultFolder),
            Answer("They are being processed", Standing, status=HTTPStatus.ACCEPTED),
        ),
        (*_NAMED, errors.UploadEndedError, errors.UploadFailedError, errors.PartsMissingError),
        query=_ARG,
        security=(BASIC,),
    ),
    ("POST", f"{PREFIX}/upload/abort"): Operation(
        "Gives an upload up", given(Aborted), (*_NAMED, errors.UploadEndedError), query=_ARG, security=(BASIC,)
    ),
    ("GET", f"{PREFIX}/keys"): Operation("The drive keys", given(DriveKeys), _OWNER, security=(BEARER,)),
    ("POST", f"{PREFIX}/keys"): Operation(
        "Makes a drive key",
        given(NewDriveKey),
        (*_OWNER, *BODY, identity.TooManyKeysError, identity.AccountNotFoundError),
        Body(CreateDriveKey),
        security=(BEARER,),
    ),
    ("DELETE", f"{PREFIX}/keys/{{id}}"): Operation(
        "Takes a drive key away", given(Revoked), (*_OWNER, identity.KeyNotFoundError), security=(BEARER,)
    ),
}
