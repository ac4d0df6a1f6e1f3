"""Shapes of the metadata service's requests and answers (spec metadata-service, Endpoints)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from chalicelib.metadata.audit import Audit
from chalicelib.metadata.service import file_id
from chalicelib.metadata.tables import Record
from chalicelib.metadata.warming import SyncType

MOST_SIZE = 2**53 - 1

FilenameEnc = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]
DekEnc = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]
User = Annotated[str, StringConstraints(min_length=1, max_length=256)]
MimeType = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class _Shape(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        # A process that begins has no time for what no call has sent yet.
        defer_build=True,
    )


class CreateBody(_Shape):
    """`POST /api/v1/meta`. `thumb` becomes `thumbs.mobile` [seed]."""

    filename_enc: FilenameEnc
    size: int = Field(ge=0, le=MOST_SIZE)
    user: User
    mime_type: MimeType
    dek_enc: DekEnc
    thumb: bool


class _Partial(_Shape):
    """A body of which each field may be left out, but not be null."""

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be null")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Says so too: None is only what is left out."""
        found = handler(schema)
        for one in handler.resolve_ref_schema(found)["properties"].values():
            given = [kind for kind in one.pop("anyOf", ()) if kind != {"type": "null"}]
            one.pop("default", None)
            one.update(*given)
        return found


class ChangeBody(_Partial):
    """`PATCH /api/v1/meta/{fileId}`: any of these."""

    filename_enc: FilenameEnc | None = None
    mime_type: MimeType | None = None
    dek_enc: DekEnc | None = None


class ThumbsBody(_Partial):
    """`PUT /api/v1/meta/{fileId}/thumbs`: any of these."""

    mobile: bool | None = None
    web: bool | None = None
    web_pre: bool | None = None


class ListQuery(_Shape):
    """`GET /api/v1/meta?userId=`."""

    user_id: User
    limit: int = Field(default=100, ge=1, le=1000)
    cursor: Annotated[str, StringConstraints(max_length=1024)] | None = None


class StatsQuery(_Shape):
    """`GET /api/v1/stats`."""

    # Not `bool`: pydantic would take "yes", "on" and "1" for true.
    verify: Literal["true", "false"] = "false"


class SyncBody(_Shape):
    """`POST /api/v1/e/meta/sync`."""

    user: User
    type: SyncType


class PrefetchBody(_Shape):
    """`POST /api/v1/e/meta/prefetch`."""

    user: User
    limit: int = Field(ge=1, le=1000)


# The rule of `_needs_what_its_type_names`, as JSON Schema says it.
_FILE: JsonDict = {"required": ["fileId"], "properties": {"type": {"const": "file"}, "user": False}}
_USER: JsonDict = {"required": ["user"], "properties": {"type": {"const": "user"}, "fileId": False}}
_ALL: JsonDict = {"properties": {"type": {"const": "all"}, "fileId": False, "user": False}}


class InvalidateBody(_Partial):
    """`POST /api/v1/e/meta/invalidate`: `file` goes with `fileId`, `user` with `user`, `all` with neither."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_FILE, _USER, _ALL]})

    type: Literal["file", "user", "all"]
    file_id: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    user: User | None = None

    @model_validator(mode="after")
    def _needs_what_its_type_names(self) -> Self:
        wanted = {"file": {"file_id"}, "user": {"user"}, "all": set()}[self.type]
        if self.model_fields_set - {"type"} != wanted:
            raise ValueError("type 'file' needs fileId alone, 'user' user alone, 'all' neither")
        return self


def _uploaded(record: Record) -> str:
    return datetime.fromtimestamp(int(record.uploaded), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def audited(audit: Audit | None) -> dict[str, Any] | None:
    """The last finished audit of the totals; `unsettled` only where there is something to tell."""
    if audit is None:
        return None
    unsettled = {"unsettled": audit.unsettled} if audit.unsettled else {}
    return {"drift": audit.drift, "checkedAt": audit.checked_at, **unsettled}


def created(record: Record) -> dict[str, Any]:
    """The answer to a create: with `user`, without `thumbs` [seed]."""
    return {
        "id": file_id(record),
        "filenameEnc": record.filename_enc,
        "size": int(record.size),
        "user": record.user,
        "mimeType": record.mime_type,
        "dekEnc": record.dek_enc,
        "uploadedDate": _uploaded(record),
    }


def single(record: Record) -> dict[str, Any]:
    """One record: without `user`, with `thumbs` [seed]."""
    return {
        "id": file_id(record),
        "filenameEnc": record.filename_enc,
        "size": int(record.size),
        "mimeType": record.mime_type,
        "dekEnc": record.dek_enc,
        "thumbs": {"mobile": record.mobile, "web": record.web, "webPre": record.web_pre},
        "uploadedDate": _uploaded(record),
    }


def listed(record: Record) -> dict[str, Any]:
    """One record in a list: without `dekEnc` [page]."""
    shape = single(record)
    del shape["dekEnc"]
    return shape
