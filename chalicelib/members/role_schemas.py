"""Shapes of keys, roles and permissions (spec flux-apis, B.8)."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, RootModel, StringConstraints, field_validator, model_validator

from chalicelib.members import pairs
from chalicelib.members.permissions import ACTIONS, OBJECT_TYPES, Action, ContentType, FluxContentType, Permission
from chalicelib.members.populations import MANAGEMENT, Population
from chalicelib.members.tables import ListedKeyRow, RoleRow
from chalicelib.web.management import Shape, moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Description = Annotated[str, StringConstraints(max_length=500)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100)]
ObjectKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class KeyBody(Shape):
    """A new key, or what changes of one: a role, or null for none."""

    description: Description | None = None
    role: Key | None = None


class RoleBody(Shape):
    """What changes of a role."""

    name: Name | None = None
    description: Description | None = None

    def facts(self) -> dict[str, Any]:
        """What is said; null says something of the description alone."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in said.items() if value is not None or name == "description"}


class ManagementRoleBody(RoleBody):
    """What changes of a role of management."""

    full_access: bool | None = None


class NewRole(RoleBody):
    """A new role."""

    name: Name


class NewManagementRole(ManagementRoleBody):
    """A new role of management."""

    name: Name


class PermissionBody(Shape):
    """A permission. `objects` and `all_objects` mean nothing where the content type has no objects.

    For the others, `all_objects` is false unless it is said: nobody is let into everything by an omission.
    """

    content_type: ContentType
    actions: Annotated[list[Action], Field(min_length=1)]
    all_objects: bool | None = None
    objects: list[ObjectKey] | None = None

    @model_validator(mode="after")
    def _objects_of_objects(self) -> Self:
        if self.objects and self.content_type not in OBJECT_TYPES:
            raise ValueError(f"{self.content_type} has no objects")
        return self

    def permission(self) -> Permission:
        """What the service takes."""
        limited = self.content_type in OBJECT_TYPES
        return Permission(
            self.content_type,
            tuple(action for action in ACTIONS if action in self.actions),
            bool(self.all_objects) if limited else None,
            tuple(dict.fromkeys(self.objects or ())),
        )


class FluxPermissionBody(PermissionBody):
    """A permission of a Flux role."""

    content_type: FluxContentType


class _Batch(RootModel[list[PermissionBody]]):
    """Permissions that replace all others: one a content type."""

    model_config = ConfigDict(defer_build=True)

    @field_validator("root")
    @classmethod
    def _once_each(cls, given: list[PermissionBody]) -> list[PermissionBody]:
        if len({each.content_type for each in given}) < len(given):
            raise ValueError("one permission a content type")
        return given


class Permissions(_Batch):
    """Of a role of management."""


class FluxPermissions(_Batch):
    """Of a Flux role."""

    root: list[FluxPermissionBody]  # type: ignore[assignment]  # narrower, and never written to


class ObjectBody(Shape):
    """An object of a permission; `object` is another name for `object_key`."""

    content_type: ContentType
    object_key: ObjectKey | None = None
    object: ObjectKey | None = None

    @model_validator(mode="after")
    def _one_object(self) -> Self:
        if self.content_type not in OBJECT_TYPES:
            raise ValueError(f"{self.content_type} has no objects")
        if (self.object_key is None) == (self.object is None):
            raise ValueError("give object_key")
        return self

    @property
    def key(self) -> str:
        """The object's key."""
        return str(self.object_key or self.object)


def key(population: Population, row: ListedKeyRow, secret: str = pairs.MASK) -> dict[str, Any]:
    """A key as answers show it: its secret once, and masked ever after. Bearer tokens are not built."""
    bearer = {} if population is MANAGEMENT else {"bearer_token_prefix": None, "bearer_token_issued_at": None}
    return {
        "key": row.key,
        "description": row.description,
        "public_key": row.public,
        "secret_key": secret,
        "role": row.role,
        "environment": row.environment,
        "created_at": moment(row.created),
        **bearer,
    }


def role(population: Population, row: RoleRow) -> dict[str, Any]:
    """A role as answers show it."""
    return {
        "key": row.key,
        "name": row.name,
        "description": row.description,
        **({"full_access": row.full_access} if population is MANAGEMENT else {}),
        "environment": row.environment,
        "created_at": moment(row.created),
    }


def objects(permission: Permission) -> list[dict[str, str]]:
    """The objects of a permission as answers show them."""
    return [{"content_type": permission.content_type, "object_key": each} for each in permission.objects]
