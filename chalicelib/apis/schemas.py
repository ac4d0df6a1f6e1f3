"""Shapes of APIs and connections, as requests and answers (seed 002; spec flux-apis, B.1 and B.2)."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from chalicelib.apis.connections import METHODS
from chalicelib.apis.service import Facts
from chalicelib.apis.tables import ApiRow, ConnectionRow
from chalicelib.web.management import Shape, moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Prefix = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9-][A-Za-z0-9_-]*$")]
Description = Annotated[str, StringConstraints(max_length=500)]
Origin = Annotated[str, StringConstraints(max_length=255, pattern=r"^(\*|https?://[^/\s?#]+)$")]
Method = Literal["get_many", "get_one"]
_TEXTS = ("description_get_one", "description_get_many", "description_search", "description_schema")


class UpdateApi(Shape):
    """Attributes of an API that may change."""

    name: Name | None = None
    prefix: Prefix | None = None
    description: Description | None = None
    is_auth_required: bool | None = None
    mcp_enabled: bool | None = None
    router_introspection_enabled: bool | None = None
    cors_origins: Annotated[list[Origin], Field(max_length=100)] | None = None
    cache_max_age: Annotated[int, Field(ge=0, le=31_536_000)] | None = None

    def facts(self) -> Facts:
        """What the service takes."""
        origins = list(dict.fromkeys(self.cors_origins)) if self.cors_origins is not None else None
        return Facts(
            name=self.name,
            prefix=self.prefix,
            description=self.description,
            auth_required=self.is_auth_required,
            mcp=self.mcp_enabled,
            introspection=self.router_introspection_enabled,
            cache_seconds=self.cache_max_age,
            origins=["*"] if origins is not None and "*" in origins else origins,
        )


class CreateApi(UpdateApi):
    """Attributes of a new API; `version` is "1", the only one there is."""

    name: Name
    prefix: Prefix
    version: Literal["1"] = "1"


class Texts(Shape):
    """Descriptions of a connection's methods."""

    description_get_one: Description | None = None
    description_get_many: Description | None = None
    description_search: Description | None = None
    description_schema: Description | None = None
    # Known to clients, and not built.
    unscoped_levels: list[Any] | None = None
    unscoped_ancestors: list[Any] | None = None
    expose_owner: bool | None = None
    flat_route: str | None = None
    flat_routes: list[Any] | None = None

    def descriptions(self) -> list[str | None]:
        """In the order of a row."""
        return [getattr(self, name) for name in _TEXTS]


class UpdateConnection(Texts):
    """Attributes of a connection that may change. An empty body takes all methods away [seed]."""

    allowed_methods: list[Method] | None = None

    @field_validator("allowed_methods")
    @classmethod
    def _once_each(cls, given: list[Method] | None) -> list[Method] | None:
        return list(dict.fromkeys(given)) if given is not None else None

    def methods(self) -> list[str] | None:
        """The methods to set; None leaves them."""
        if self.allowed_methods is None and not self.model_fields_set:
            return []
        return [*self.allowed_methods] if self.allowed_methods is not None else None


class CreateConnection(UpdateConnection):
    """Attributes of a new connection."""

    folder: Annotated[str, StringConstraints(min_length=1, max_length=100)]


def api(row: ApiRow) -> dict[str, Any]:
    """An API as answers show it."""
    return {
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "environment": row.environment,
        "prefix": row.prefix,
        "version": "1",
        "cache_max_age": int(row.cache_seconds) if row.cache_seconds is not None else 0,
        "created_at": moment(row.created),
        "is_auth_required": row.auth_required,
        "mcp_enabled": row.mcp,
        "router_introspection_enabled": row.introspection,
        "cors_origins": list(row.origins),
        "path": None,
    }


def connection(row: ConnectionRow) -> dict[str, Any]:
    """A connection as answers show it."""
    return {
        "folder": row.folder,
        "api": row.api,
        "allowed_methods": [method for method in METHODS[::-1] if method in row.methods],
        "created_at": moment(row.created),
        **dict(zip(_TEXTS, row.descriptions, strict=True)),
    }
