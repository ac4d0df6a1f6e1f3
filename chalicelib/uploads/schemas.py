"""Shapes of upload sessions' requests and answers (spec drive, Large files)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from chalicelib.drive.putting import Stored, StoredFolder
from chalicelib.drive.schemas import put_answer, put_folder_answer
from chalicelib.uploads.errors import UploadNotFoundError
from chalicelib.uploads.plan import PART, Declared
from chalicelib.uploads.service import Link, Standing
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call
from chalicelib.web.parsing import Shape, json_body

_ID = re.compile(r"[0-9a-f]{32}")
Size = Annotated[int, Field(ge=0, le=2**53 - 1)]
# Longer than a name or path may be: what is too long for those has an error of its own.
Text = Annotated[str, StringConstraints(max_length=8_192)]
MediaType = Annotated[str, StringConstraints(max_length=255)]
Hash = Annotated[str, StringConstraints(max_length=64)]


class FileShape(Shape):
    """A file of a folder to come."""

    path: Text
    size: Size
    mimetype: MediaType | None = None


# The rule that one of both is given, as JSON Schema says it.
_NULL: JsonDict = {"type": "null"}
_FILE: JsonDict = {
    "required": ["name", "size"],
    "properties": {"name": {"type": "string"}, "size": {"type": "integer"}, "files": _NULL},
}
_FOLDER: JsonDict = {
    "required": ["files"],
    "properties": {"name": _NULL, "size": _NULL, "mimetype": _NULL, "files": {"type": "array"}},
}


class UploadShape(Shape):
    """What is to come: a file by `name` and `size`, or a folder by `files`; and the address it is to have, if known."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_FILE, _FOLDER]})

    name: Text | None = None
    size: Size | None = None
    mimetype: MediaType | None = None
    files: Annotated[list[FileShape], Field(max_length=10_000)] | None = None
    hash: Hash | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        single = (self.name is not None, self.size is not None)
        if self.files is None and not all(single):
            raise ValueError("give name and size of a file, or files of a folder")
        if self.files is not None and (any(single) or self.mimetype is not None):
            raise ValueError("files of a folder have their own names, sizes and types")
        return self

    def declared(self) -> list[Declared]:
        """The files to come."""
        if self.files is None:
            return [Declared(self.name or "", self.size or 0, self.mimetype)]
        return [Declared(one.path, one.size, one.mimetype) for one in self.files]


def parse_upload(call: Call) -> UploadShape:
    """The body of `upload`.

    Raises:
        InvalidRequestError: It is not of that shape.
        PayloadTooLargeError: It is longer than any could be.
    """
    return json_body(call, UploadShape)


def parse_id(call: Call) -> str:
    """Which upload a call means.

    Raises:
        InvalidRequestError: It names none.
        UploadNotFoundError: What it names is the name of no upload.
    """
    given = call.first("arg")
    if not given:
        raise InvalidRequestError("Invalid request: name the upload in arg")
    # Not asked of the store, which refuses keys that are too long.
    if not _ID.fullmatch(given):
        raise UploadNotFoundError
    return given


def started_answer(standing: Standing) -> dict[str, Any]:
    """The answer to `upload`: where each part goes."""
    return {
        "status": "success",
        "upload": standing.id,
        "part_size": PART,
        "parts": [_part(link) for link in standing.parts],
        "expires": standing.expires,
    }


def status_answer(standing: Standing, result: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer to `upload/status`: how far it is, and a fresh link for what is missing."""
    return {
        **started_answer(standing),
        "state": standing.state,
        "left": standing.left,
        "parts": [{**_part(link), "in": link.is_in} for link in standing.parts],
        **({"reason": standing.reason} if standing.reason else {}),
        **({"result": result} if result is not None else {}),
    }


def result_answer(result: Stored | StoredFolder, thumb_url: str) -> dict[str, Any]:
    """What an upload has become, as `put` or `putfolder` would answer; of a folder, without its files."""
    if isinstance(result, Stored):
        return put_answer([result], thumb_url)
    answer = put_folder_answer(result)
    del answer["files"]
    return answer


def aborted_answer(upload: str) -> dict[str, Any]:
    """The answer to `upload/abort`."""
    return {"status": "success", "upload": upload}


def _part(link: Link) -> dict[str, Any]:
    return {
        "number": link.part.number,
        **({"path": link.part.path} if link.in_folder else {}),
        "size": link.part.size,
        **({"url": link.url, "headers": link.headers, "expires": link.expires} if link.url else {}),
    }
