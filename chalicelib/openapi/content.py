"""Folders, versions of their schemas, and fields (spec flux-apis, B.4 to B.6)."""

from typing import Any, Final, Literal

from chalicelib.content import errors as folders
from chalicelib.content import schemas as folder_shapes
from chalicelib.models import errors, schemas
from chalicelib.models.fields import Kind
from chalicelib.openapi.errors import MEMBER, SHAPE
from chalicelib.openapi.operations import GONE, Body, Operation, Operations, Parameter, created, given
from chalicelib.openapi.pages import Page
from chalicelib.openapi.parameters import PAGING
from chalicelib.openapi.security import MEMBER as MEMBERS
from chalicelib.web.describing import Given
from chalicelib.web.management import InvalidDataError

MANY: Final = ("folders", "collections")
"""Both words for folders."""


class Folder(Given):
    """A folder."""

    key: str
    name: str
    alias: str
    folder_type: Literal["collection"]
    content_type: Literal["document"]
    strict_reference: bool
    parent: str | None
    path: str
    mode: None
    created_at: str


class Version(Given):
    """A version of a schema, and its JSON Schema where that is asked for."""

    key: str
    name: str
    description: str | None
    version_number: int | None
    created_at: str
    published_at: str | None
    archived_at: str | None
    json_schema: dict[str, Any] | None = None


class Field(Given):
    """A field of a version; locales and vectors are not built."""

    key: str
    name: str
    description: str | None
    path: str
    parent: str | None
    type: Kind
    meta: dict[str, Any]
    required: bool
    nullable: bool
    multiple: bool
    localizable: Literal[False]
    searchable: bool
    private: bool
    vectorizable: Literal[False]
    json_schema: dict[str, Any]


_FOLDER = (*MEMBER, folders.FolderNotFoundError)
_NAMED = (*_FOLDER, InvalidDataError)
_VERSION = (*_FOLDER, errors.VersionNotFoundError)
_DRAFT = (*_VERSION, *SHAPE, errors.VersionPublishedError)
_FIELD = (*_DRAFT, errors.FieldNotFoundError)
_WHICH = (
    Parameter("key", str, "Key of the folder"),
    Parameter("path", str, "Path of the folder, where its key is not given"),
)
_TREE = (
    *PAGING,
    Parameter("key", str, "Key of a folder; the root, if none"),
    Parameter("mode", Literal["children", "siblings", "ancestors"], "Which folders, seen from it"),
)
_FIELDS = (
    *PAGING,
    Parameter("path", str, "Path of a field; the top, if none"),
    Parameter("mode", Literal["children", "siblings", "descendants", "ancestors"], "Which fields, seen from it"),
)
_PATH = (Parameter("path", str, "Path of the field", required=True),)
_COPY = (Parameter("copy_from", str, "Key of the version whose fields it begins with"),)
_SHOWN = (Parameter("include_schema", str, "`true` or `1` if its JSON Schema is wanted"),)


def _tree(many: str) -> Operations:
    base = f"/v1/{{env}}/{many}/tree"
    one = f"{base}/{many[:-1]}"
    making = (
        *_FOLDER,
        *SHAPE,
        folders.FolderAliasExistsError,
        folders.StrictReferenceError,
        folders.PlanLimitExceededError,
    )
    deleting = (*_NAMED, folders.FolderNotEmptyError, folders.StrictReferenceError)
    change = Body(folder_shapes.UpdateFolder, required=False)
    return {
        ("GET", base): Operation("Lists folders", given(Page[Folder]), _NAMED, query=_TREE, security=MEMBERS),
        ("POST", base): Operation(
            "Makes a folder", created(Folder), making, Body(folder_shapes.CreateFolder), security=MEMBERS
        ),
        ("GET", one): Operation("One folder", given(Folder), _NAMED, query=_WHICH, security=MEMBERS),
        ("PUT", one): Operation(
            "Changes a folder",
            given(Folder),
            (*_FOLDER, *SHAPE, folders.FolderAliasExistsError),
            change,
            _WHICH,
            MEMBERS,
        ),
        ("DELETE", one): Operation("Deletes a folder", GONE, deleting, query=_WHICH, security=MEMBERS),
    }


def _versions(many: str) -> Operations:
    base = f"/v1/{{env}}/{many}/{{folder}}/model/versions"
    one = f"{base}/{{version}}"
    new, change = Body(schemas.CreateVersion), Body(schemas.UpdateVersion, required=False)
    making = (*_VERSION, *SHAPE, errors.TooManyVersionsError)
    ending = (*_VERSION, errors.VersionPublishedError)
    return {
        ("GET", base): Operation("Lists schema versions", given(Page[Version]), _NAMED, query=PAGING, security=MEMBERS),
        ("POST", base): Operation("Makes a draft of a schema version", created(Version), making, new, _COPY, MEMBERS),
        ("GET", one): Operation("One schema version", given(Version), _VERSION, query=_SHOWN, security=MEMBERS),
        ("PUT", one): Operation("Changes what a draft is called", given(Version), _DRAFT, change, security=MEMBERS),
        ("DELETE", one): Operation("Deletes a draft", GONE, ending, security=MEMBERS),
        ("POST", f"{one}/publish"): Operation(
            "Lets a draft be what resources must fit", given(Version), ending, security=MEMBERS
        ),
    }


def _fields(many: str) -> Operations:
    base = f"/v1/{{env}}/{many}/{{folder}}/model/versions/{{version}}/schema/tree"
    one = f"{base}/field"
    reading = (*_VERSION, errors.FieldNotFoundError, InvalidDataError)
    change = Body(schemas.UpdateField, required=False)
    return {
        ("GET", base): Operation("Lists fields", given(Page[Field]), reading, query=_FIELDS, security=MEMBERS),
        ("POST", base): Operation(
            "Adds a field", created(Field), (*_DRAFT, errors.FieldExistsError), Body(schemas.CreateField), (), MEMBERS
        ),
        ("GET", one): Operation("One field", given(Field), reading, query=_PATH, security=MEMBERS),
        ("PUT", one): Operation("Changes a field", given(Field), _FIELD, change, _PATH, MEMBERS),
        ("DELETE", one): Operation("Removes a field", GONE, _FIELD, query=_PATH, security=MEMBERS),
    }


OPERATIONS: Final[Operations] = {
    key: operation for many in MANY for make in (_tree, _versions, _fields) for key, operation in make(many).items()
}
