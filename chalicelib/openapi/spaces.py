"""An account as an organisation, its projects and environments (spec flux-apis, B.9)."""

from typing import Final

from chalicelib.members import errors
from chalicelib.members import space_schemas as shapes
from chalicelib.openapi.errors import SHAPE, SIGNED_IN
from chalicelib.openapi.operations import GONE, Body, Operation, Operations, created, given
from chalicelib.openapi.pages import Page
from chalicelib.openapi.parameters import PAGING
from chalicelib.openapi.security import BEARER
from chalicelib.web.describing import Given
from chalicelib.web.management import InvalidDataError


class Owner(Given):
    """Who asks."""

    key: str
    email: str
    first_name: str
    last_name: str
    full_name: str


class Organization(Given):
    """An account, as the organisation of the user who asks."""

    key: str
    name: str
    owner: Owner
    tax_num: str
    city: str
    province: str
    address: str
    zip_code: str
    legal_name: str
    country_iso: None
    created_at: str
    block_dt: None
    block_reason: None
    is_blocked: bool


class Environment(Given):
    """An environment."""

    key: str
    name: str
    project: str | None
    host: str
    is_enabled: bool | None
    created_at: str
    has_custom_cname: bool
    is_production: bool


class Project(Given):
    """A project, with its environments."""

    key: str
    name: str
    organization: str
    region: str
    environments: list[Environment]
    gdpr: None
    created_at: str


_BY = (BEARER,)
_OWN = (*SIGNED_IN, errors.OrganizationNotFoundError)
_PROJECT = (*_OWN, errors.ProjectNotFoundError)
_SPACE = (*_PROJECT, errors.EnvironmentNotFoundError)
_ORGANIZATION = "/organizations/{organization}"
_ONE = f"{_ORGANIZATION}/projects/{{project}}"
_IN = f"{_ONE}/environments/{{environment}}"

OPERATIONS: Final[Operations] = {
    ("GET", "/organizations"): Operation(
        "The account, as an organisation", given(list[Organization]), SIGNED_IN, security=_BY
    ),
    ("GET", _ORGANIZATION): Operation("The account, by its ZELID", given(Organization), _OWN, security=_BY),
    ("GET", f"{_ORGANIZATION}/projects"): Operation(
        "Lists projects", given(Page[Project]), (*_OWN, InvalidDataError), query=PAGING, security=_BY
    ),
    ("POST", f"{_ORGANIZATION}/projects"): Operation(
        "Makes a project",
        created(Project),
        (*_OWN, *SHAPE, errors.TooManyProjectsError),
        Body(shapes.NewProject),
        security=_BY,
    ),
    ("GET", _ONE): Operation("One project", given(Project), _PROJECT, security=_BY),
    ("PUT", _ONE): Operation(
        "Renames a project",
        given(Project),
        (*_PROJECT, *SHAPE),
        Body(shapes.ProjectBody, required=False),
        security=_BY,
    ),
    ("DELETE", _ONE): Operation("Deletes a project", GONE, (*_PROJECT, errors.ProjectNotEmptyError), security=_BY),
    ("GET", f"{_ONE}/environments"): Operation(
        "The environments of a project", given(list[Environment]), _PROJECT, security=_BY
    ),
    ("POST", f"{_ONE}/environments"): Operation(
        "Makes an environment",
        created(Environment),
        (*_PROJECT, *SHAPE, errors.TooManyEnvironmentsError),
        Body(shapes.NewEnvironment),
        security=_BY,
    ),
    ("GET", _IN): Operation("One environment", given(Environment), _SPACE, security=_BY),
    ("PUT", _IN): Operation(
        "Changes an environment",
        given(Environment),
        (*_SPACE, *SHAPE),
        Body(shapes.EnvironmentBody, required=False),
        security=_BY,
    ),
    ("DELETE", _IN): Operation(
        "Deletes an environment", GONE, (*_SPACE, errors.EnvironmentNotEmptyError), security=_BY
    ),
    ("POST", f"{_IN}/toggle"): Operation(
        "Lets an environment deliver, or not",
        given(Environment),
        (*_SPACE, *SHAPE),
        Body(shapes.Toggle),
        security=_BY,
    ),
}
