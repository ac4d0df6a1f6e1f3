"""Signing in; keys of an environment, roles, and what they permit (spec flux-apis, A.3 and B.8)."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.keys.errors import KeyDisabledError
from chalicelib.members import errors, role_schemas, schemas
from chalicelib.members.permissions import Action, ContentType
from chalicelib.members.populations import MANAGEMENT, POPULATIONS, Population
from chalicelib.openapi.errors import FAULTS, MEMBER, SHAPE
from chalicelib.openapi.operations import GONE, Answer, Body, Operation, Operations, Parameter, created, given
from chalicelib.openapi.pages import Page
from chalicelib.openapi.parameters import PAGING
from chalicelib.openapi.security import MEMBER as MEMBERS
from chalicelib.web.describing import Given
from chalicelib.web.management import InvalidDataError


class Tokens(Given):
    """An access token, for a day, and a refresh token, for a week."""

    access: str
    refresh: str


class ManagementKey(Given):
    """A management key; its secret is shown once, and masked ever after."""

    key: str
    description: str | None
    public_key: str
    secret_key: str
    role: str | None
    environment: str
    created_at: str


class FluxKey(ManagementKey):
    """A Flux key; bearer tokens are not built."""

    bearer_token_prefix: None
    bearer_token_issued_at: None


class Role(Given):
    """A role of Flux keys."""

    key: str
    name: str
    description: str | None
    environment: str
    created_at: str


class ManagementRole(Role):
    """A role of management keys."""

    full_access: bool


class Permission(Given):
    """What a role permits on a content type."""

    content_type: ContentType
    actions: list[Action]
    all_objects: bool | None
    objects: list[str]


class Object(Given):
    """An object of a permission."""

    content_type: ContentType
    object_key: str


_SIGN_IN = (*SHAPE, errors.AuthenticationFailedError, KeyDisabledError, *FAULTS)
_KEY = (*MEMBER, errors.KeyMissingError)
_ROLE = (*MEMBER, errors.RoleNotFoundError)
_PERMISSION = (*_ROLE, *SHAPE)
_TYPE = Parameter("content_type", str, "Which permission")

SIGN_IN: Final[Operations] = {
    ("POST", "/account/auth"): Operation("Signs in", given(Tokens), _SIGN_IN, Body(schemas.SignIn)),
    ("POST", "/account/auth/refresh"): Operation("Signs in for longer", given(Tokens), _SIGN_IN, Body(schemas.Refresh)),
}


def _by(summary: str, answers: Sequence[Answer], refusals: Sequence[Any], body: Any = None, **more: Any) -> Operation:
    """An operation of whoever manages an environment."""
    taken = Body(body, required=_must(body)) if body is not None else None
    return Operation(summary, answers, refusals, taken, security=MEMBERS, **more)


def _must(shape: Any) -> bool:
    """Whether an empty object does not fit a shape."""
    return any(field.is_required() for field in shape.model_fields.values())


def _keys(population: Population, kind: str) -> Operations:
    base = f"/v1/{{env}}/permissions/{population.name}/api-keys"
    one = f"{base}/{{key}}"
    shape: Any = ManagementKey if population is MANAGEMENT else FluxKey
    return {
        ("GET", base): _by(f"Lists {kind} keys", given(Page[shape]), (*MEMBER, InvalidDataError), query=PAGING),
        ("POST", base): _by(f"Makes a {kind} key", created(shape), (*MEMBER, *SHAPE), role_schemas.KeyBody),
        ("GET", one): _by(f"One {kind} key", given(shape), _KEY),
        ("PUT", one): _by(f"Changes a {kind} key", given(shape), (*_KEY, *SHAPE), role_schemas.KeyBody),
        ("DELETE", one): _by(f"Takes a {kind} key away", GONE, _KEY),
    }


def _roles(population: Population, kind: str) -> Operations:
    full = population is MANAGEMENT
    base = f"/v1/{{env}}/permissions/{population.name}/roles"
    one = f"{base}/{{role}}"
    shape: Any = ManagementRole if full else Role
    new = role_schemas.NewManagementRole if full else role_schemas.NewRole
    changed = role_schemas.ManagementRoleBody if full else role_schemas.RoleBody
    making = (*MEMBER, *SHAPE, errors.TooManyRolesError)
    return {
        ("GET", base): _by(
            f"Lists roles of {kind} keys", given(Page[shape]), (*MEMBER, InvalidDataError), query=PAGING
        ),
        ("POST", base): _by(f"Makes a role of {kind} keys", created(shape), making, new),
        ("GET", one): _by(f"One role of {kind} keys", given(shape), _ROLE),
        ("PUT", one): _by(f"Changes a role of {kind} keys", given(shape), _PERMISSION, changed),
        ("DELETE", one): _by(f"Deletes a role of {kind} keys", GONE, (*_ROLE, errors.RoleInUseError)),
    }


def _permissions(population: Population, kind: str) -> Operations:
    full = population is MANAGEMENT
    base = f"/v1/{{env}}/permissions/{population.name}/roles/{{role}}/permissions"
    one = role_schemas.PermissionBody if full else role_schemas.FluxPermissionBody
    batch = role_schemas.Permissions if full else role_schemas.FluxPermissions
    put = (*given(Permission, "What was permitted before"), *created(Permission))
    missing = (*_PERMISSION, errors.PermissionNotFoundError)
    typed = (Parameter("content_type", str, "Which permission", required=True),)
    gone = (*_ROLE, errors.PermissionNotFoundError, InvalidDataError)
    return {
        ("GET", base): _by(f"What a role of {kind} keys permits", given(list[Permission]), _ROLE),
        ("POST", base): _by(f"Permits a role of {kind} keys something", put, _PERMISSION, one),
        ("DELETE", base): _by(f"Permits a role of {kind} keys nothing of a type", GONE, gone, query=typed),
        ("POST", f"{base}/batch"): _by(
            f"All that a role of {kind} keys permits", given(list[Permission]), _PERMISSION, batch
        ),
        ("GET", f"{base}/objects"): _by(
            f"Objects that a role of {kind} keys is for", given(list[Object]), _ROLE, query=(_TYPE,)
        ),
        ("POST", f"{base}/objects"): _by(
            f"Lets a role of {kind} keys be for an object", created(Object), missing, role_schemas.ObjectBody
        ),
        ("DELETE", f"{base}/objects"): _by(
            f"Lets a role of {kind} keys not be for an object", GONE, missing, role_schemas.ObjectBody
        ),
    }


OPERATIONS: Final[Operations] = {
    key: operation
    for population in POPULATIONS
    for make in (_keys, _roles, _permissions)
    for key, operation in make(population, "management" if population is MANAGEMENT else "Flux").items()
}
