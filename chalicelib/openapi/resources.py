"""Resources and their revisions; APIs and their connections (seed 002; spec flux-apis, B.1, B.2 and B.7)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, StringConstraints

from chalicelib.apis import errors as apis
from chalicelib.apis import schemas as api_shapes
from chalicelib.content.errors import FolderNotFoundError, PlanLimitExceededError, StrictReferenceError
from chalicelib.identity.errors import CapacityExceededError
from chalicelib.models.errors import DataInvalidError, SchemaNotPublishedError
from chalicelib.openapi.content import MANY
from chalicelib.openapi.errors import MEMBER, SHAPE
from chalicelib.openapi.operations import GONE, Body, Operation, Operations, Parameter, created, given
from chalicelib.openapi.pages import Page
from chalicelib.openapi.parameters import PAGING
from chalicelib.openapi.security import MEMBER as MEMBERS
from chalicelib.resources import errors
from chalicelib.web.describing import Given
from chalicelib.web.management import InvalidDataError

_Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
_Owner = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Resource(Given):
    """A resource; components and vectors are not built."""

    key: str
    folder: str
    content_type: Literal["document"]
    created_at: str
    vectors_size: int
    name: str | None
    component: None
    resource_owner: str | None
    current_revision: str | None
    external_id: str | None


class Revision(Given):
    """A revision of a resource."""

    key: str
    resource: str
    schema_version: str
    number: int
    size: int
    created_at: str
    status: Literal["draft", "published", "unpublished"]
    is_valid: Literal[True] | None
    published_at: str | None
    unpublished_at: str | None


class Fault(Given):
    """Why a document does not fit."""

    json_path: str
    message: str


class Validation(Given):
    """Whether a document fits the schema that is published now."""

    is_valid: bool
    errors: list[Fault]


class Envelope(BaseModel):
    """A document, and what is said with it."""

    data: dict[str, Any]
    external_id: _Text | None = None
    name: _Text | None = None
    resource_owner: _Owner | None = None


class Api(Given):
    """An API."""

    key: str
    name: str
    description: str | None
    environment: str
    prefix: str
    version: Literal["1"]
    cache_max_age: int
    created_at: str
    is_auth_required: bool
    mcp_enabled: bool
    router_introspection_enabled: bool
    cors_origins: list[str]
    path: None


class Connection(Given):
    """A folder as an API has it."""

    folder: str
    api: str
    allowed_methods: list[Literal["get_many", "get_one"]]
    created_at: str
    description_get_one: str | None
    description_get_many: str | None
    description_search: str | None
    description_schema: str | None


_FOLDER = (*MEMBER, FolderNotFoundError)
_RESOURCE = (*_FOLDER, errors.ResourceNotFoundError)
_REVISION = (*_RESOURCE, errors.RevisionNotFoundError)
_JUDGED = (*SHAPE, SchemaNotPublishedError, DataInvalidError)
# An envelope, or the document alone.
_DOCUMENT = Body(Envelope | dict[str, Any], required=False)
_ID = (Parameter("external_id", _Text, "The resource's external id", required=True),)


def _resources(many: str) -> Operations:
    base = f"/v1/{{env}}/{many}/{{folder}}/resources"
    one = f"{base}/{{resource}}"
    making = (*_FOLDER, *_JUDGED, errors.ExternalIdConflictError)
    upsert = (*given(Resource, "It has one more revision"), *created(Resource))
    return {
        ("GET", base): Operation(
            "Lists resources", given(Page[Resource]), (*_FOLDER, InvalidDataError), query=PAGING, security=MEMBERS
        ),
        ("POST", base): Operation("Makes a resource", created(Resource), making, _DOCUMENT, security=MEMBERS),
        ("PUT", base): Operation(
            "Makes a resource, or a revision of the one with the external id", upsert, making, _DOCUMENT, _ID, MEMBERS
        ),
        ("GET", one): Operation("One resource", given(Resource), _RESOURCE, security=MEMBERS),
        ("PUT", one): Operation(
            "Adds a revision to a resource", given(Resource), (*_RESOURCE, *_JUDGED), _DOCUMENT, security=MEMBERS
        ),
        ("DELETE", one): Operation("Deletes a resource, with all it owns", GONE, _RESOURCE, security=MEMBERS),
        ("GET", f"{one}/data"): Operation(
            "The document that is published of a resource",
            given(dict[str, Any]),
            (*_RESOURCE, errors.NothingPublishedError),
            security=MEMBERS,
        ),
    }


def _revisions(many: str) -> Operations:
    base = f"/v1/{{env}}/{many}/{{folder}}/resources/{{resource}}/revisions"
    one = f"{base}/{{revision}}"
    shown = given(Revision)
    change = (*_REVISION, *_JUDGED, errors.RevisionPublishedError)
    publishing = (*_REVISION, SchemaNotPublishedError, DataInvalidError, CapacityExceededError)
    return {
        ("GET", base): Operation(
            "Lists revisions", given(Page[Revision]), (*_RESOURCE, InvalidDataError), query=PAGING, security=MEMBERS
        ),
        ("POST", base): Operation(
            "Adds a draft", created(Revision), (*_RESOURCE, *_JUDGED), _DOCUMENT, security=MEMBERS
        ),
        ("GET", one): Operation("One revision", shown, _REVISION, security=MEMBERS),
        ("PUT", one): Operation("Replaces the document of a draft", shown, change, _DOCUMENT, security=MEMBERS),
        ("DELETE", one): Operation("Deletes a revision", GONE, _REVISION, security=MEMBERS),
        ("GET", f"{one}/data"): Operation(
            "The document of a revision", given(dict[str, Any]), _REVISION, security=MEMBERS
        ),
        ("POST", f"{one}/publish"): Operation("Publishes a revision", shown, publishing, security=MEMBERS),
        ("POST", f"{one}/unpublish"): Operation(
            "Takes a publication back", shown, (*_REVISION, errors.RevisionNotPublishedError), security=MEMBERS
        ),
        ("POST", f"{one}/validate"): Operation(
            "Judges a revision by the schema that is published now",
            given(Validation),
            (*_REVISION, SchemaNotPublishedError),
            security=MEMBERS,
        ),
    }


_API = (*MEMBER, apis.ApiNotFoundError)
_CONNECTION = (*_API, FolderNotFoundError)
_APIS: Operations = {
    ("GET", "/v1/{env}/api"): Operation(
        "Lists APIs", given(Page[Api]), (*MEMBER, InvalidDataError), query=PAGING, security=MEMBERS
    ),
    ("POST", "/v1/{env}/api"): Operation(
        "Makes an API",
        created(Api),
        (*MEMBER, *SHAPE, apis.ApiPrefixExistsError, apis.TooManyApisError, PlanLimitExceededError),
        Body(api_shapes.CreateApi),
        security=MEMBERS,
    ),
    ("GET", "/v1/{env}/api/{api}"): Operation("One API", given(Api), _API, security=MEMBERS),
    ("PUT", "/v1/{env}/api/{api}"): Operation(
        "Changes an API",
        given(Api),
        (*_API, *SHAPE, apis.ApiPrefixExistsError),
        Body(api_shapes.UpdateApi, required=False),
        security=MEMBERS,
    ),
    ("DELETE", "/v1/{env}/api/{api}"): Operation("Deletes an API, with its connections", GONE, _API, security=MEMBERS),
}


def _connections(many: str) -> Operations:
    base = f"/v1/{{env}}/api/{{api}}/{many}"
    one = f"{base}/{{folder}}"
    change = Body(api_shapes.UpdateConnection, required=False)
    return {
        ("GET", base): Operation(
            "Lists connections", given(Page[Connection]), (*_API, InvalidDataError), query=PAGING, security=MEMBERS
        ),
        ("POST", base): Operation(
            "Connects a folder",
            created(Connection),
            (*_CONNECTION, *SHAPE, apis.FolderAlreadyConnectedError),
            Body(api_shapes.CreateConnection),
            security=MEMBERS,
        ),
        ("GET", one): Operation("One connection", given(Connection), _CONNECTION, security=MEMBERS),
        ("PUT", one): Operation(
            "Changes a connection", given(Connection), (*_CONNECTION, *SHAPE), change, security=MEMBERS
        ),
        ("DELETE", one): Operation(
            "Disconnects a folder", GONE, (*_CONNECTION, StrictReferenceError), security=MEMBERS
        ),
    }


OPERATIONS: Final[Operations] = {
    **_APIS,
    **{
        key: operation
        for many in MANY
        for make in (_resources, _revisions, _connections)
        for key, operation in make(many).items()
    },
}
