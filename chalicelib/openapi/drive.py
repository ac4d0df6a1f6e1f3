"""The drive (seed 001; spec drive)."""

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from chalicelib.drive import errors
from chalicelib.drive.routes import PREFIX
from chalicelib.drive.schemas import MOST_PAGE
from chalicelib.identity.errors import CapacityExceededError, KeyLacksScopeError
from chalicelib.openapi.errors import DRIVE
from chalicelib.openapi.operations import JSON, Answer, Body, Operation, Operations, Parameter, given
from chalicelib.openapi.security import BASIC
from chalicelib.web.describing import Given
from chalicelib.web.errors import InvalidRequestError, RangeNotSatisfiableError

_CID = "Qm[1-9A-HJ-NP-Za-km-z]{44}"
_FORMS = (JSON, "application/x-www-form-urlencoded", "multipart/form-data")
Success = Literal["success"]
Hash = Annotated[str, Field(pattern=f"^{_CID}$")]
Address = Annotated[str, Field(pattern=rf"^(/ipfs/)?{_CID}(/[\s\S]*)?$")]
Anything = Annotated[str, Field(pattern=rf"^((/ipfs/)?{_CID}(/[\s\S]*)?)?$")]


class File(Given):
    """A file that was put."""

    name: str
    hash: Hash
    mimetype: str
    size: int


class Put(Given):
    """What was put; for one file, its fields at the top level too."""

    status: Success
    files: list[File]
    name: str | None = None
    hash: Hash | None = None
    mimetype: str | None = None
    size: int | None = None
    thumbnail: str | None = None


class DriveFolder(Given):
    """A folder; `size` is the cumulative size of its blocks, in decimal digits."""

    hash: Hash
    size: str


class PutFolder(Given):
    """What was put as one folder."""

    status: Success
    folder: DriveFolder
    files: list[File]


class Entry(Given):
    """An entry of a list."""

    hash: Hash
    name: str
    size: int
    mimetype: str
    timestamp: int | None
    type: Literal["folder"] | None = None


class Entries(Given):
    """Entries, and where the next page starts, if there is one."""

    status: Success
    files: list[Entry]
    next: str | None = None


class Use(Given):
    """What an account uses."""

    active: bool
    capacity_gb: int
    storage_used: int
    remaining: int


class Status(Given):
    """What an account uses; transfer is not metered."""

    status: Success
    result: Use
    zelid: str
    plan_name: str
    capacity_bytes: int
    data_transfer_bytes: None
    period_end: int | None


class Copy(Given):
    """Where a copy of a large file is read, until a moment in seconds since the epoch."""

    status: Success
    url: str
    size: int
    expires: int


class Removed(Given):
    """What was removed."""

    status: Success
    success: str
    hash: Hash


class Files(BaseModel):
    """Files of a multipart body: each part with a file name is one, whatever its field is called."""

    file: Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})]


Named = Annotated[
    Any,
    WithJsonSchema(
        {
            "title": "Named",
            "description": "`hash`, in JSON or a form; not looked at where the query names one",
            "examples": [{"hash": "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"}],
        }
    ),
]


def _read(content: str, *refusals: Any, summary: str, query: tuple[Parameter, ...] = ()) -> Operations:
    """A call that gives bytes, for each verb that it has."""
    answers = (
        Answer(content, media="*/*"),
        Answer("The part that was asked for", media="*/*", status=HTTPStatus.PARTIAL_CONTENT),
        Answer("Where a copy of a large file is read", Copy, status=HTTPStatus.SEE_OTHER),
        Answer("Not changed since", media="", status=HTTPStatus.NOT_MODIFIED),
    )
    found = (*_SCOPED, *_HASH, RangeNotSatisfiableError, *refusals)
    return _verbs(summary.split(":", maxsplit=1)[0], summary.split(": ")[1], answers, found, query)


def _verbs(
    name: str, summary: str, answers: tuple[Answer, ...], refusals: tuple[Any, ...], query: tuple[Parameter, ...] = ()
) -> Operations:
    """A call that answers GET, HEAD, and POST, where the hash may stand in the body."""
    arg = Parameter("arg", Address, "Hash of a file or folder, and a path in it", required=True)
    beside = Parameter("arg", Anything, "The hash, where it does not stand in the body")
    path, seen = f"{PREFIX}/{name}", (arg, *query)
    return {
        ("GET", path): Operation(summary, answers, refusals, query=seen, security=(BASIC,)),
        ("HEAD", path): Operation(summary, answers, refusals, query=seen, security=(BASIC,)),
        ("POST", path): Operation(
            summary, answers, refusals, Body(Named, _FORMS, required=False), (beside, *query), (BASIC,)
        ),
    }


def _plain(name: str, summary: str, shape: Any, refusals: tuple[Any, ...], query: tuple[Parameter, ...]) -> Operations:
    """A call that answers GET, HEAD and POST, and needs no hash."""
    one = Operation(summary, given(shape), refusals, query=query, security=(BASIC,))
    return {(verb, f"{PREFIX}/{name}"): one for verb in ("GET", "HEAD", "POST")}


_SCOPED = (*DRIVE, KeyLacksScopeError)
_HASH = (InvalidRequestError, errors.InvalidHashError, errors.FileNotFoundInAccountError)
_FILES = (
    *_SCOPED,
    InvalidRequestError,
    errors.NoFileError,
    errors.TooManyFilesError,
    errors.FileTooLargeError,
    errors.InvalidNameError,
    errors.TooManyNamesError,
    CapacityExceededError,
)
_FOLDER = (errors.InvalidPathError, errors.PathTooDeepError, errors.PathSegmentTooLongError, errors.FolderTooLargeError)
_PAGING = (
    Parameter("arg", Anything, "Hash of a folder, and a path in it; none for the account"),
    Parameter("cursor", str, "Where the page starts: `next` has it"),
    Parameter("size", Annotated[int, Field(ge=1, le=MOST_PAGE)], "Entries of a page"),
    Parameter("page", Annotated[int, Field(ge=1, le=999_999)], "Which page, not beyond 10,000 entries"),
)
_SIZE = Parameter("size", Literal["mobile", "web", "webPre"], "320, 480 or 1280 wide")
_FORM = Body(Files, ("multipart/form-data",))

OPERATIONS: Final[Operations] = {
    ("POST", f"{PREFIX}/put"): Operation("Stores files", given(Put), _FILES, _FORM, security=(BASIC,)),
    ("POST", f"{PREFIX}/putfolder"): Operation(
        "Stores files as one folder",
        given(PutFolder),
        (*_FILES, *_FOLDER),
        _FORM,
        (Parameter("name", str, "What the folder is called; else its hash"),),
        (BASIC,),
    ),
    **_plain(
        "ls",
        "Lists the account, newest first, or a folder, by name",
        Entries,
        (*_SCOPED, *_HASH, errors.HashIsFileError),
        _PAGING,
    ),
    **_plain("status", "What the account uses", Status, DRIVE, ()),
    **_read("The content", errors.HashIsFolderError, errors.CopyNotReadyError, summary="cat: The content of a file"),
    **_read("The content", errors.CopyNotReadyError, summary="get: A file as a download, or a folder as a tar"),
    **_read("JPEG", errors.NoThumbnailError, errors.HashIsFolderError, summary="thumb: A thumbnail", query=(_SIZE,)),
    ("POST", f"{PREFIX}/rm"): Operation(
        "Removes a file or folder with all its names",
        given(Removed),
        (*_SCOPED, *_HASH),
        Body(Named, _FORMS, required=False),
        (Parameter("arg", Anything, "The hash, where it does not stand in the body"),),
        (BASIC,),
    ),
}
