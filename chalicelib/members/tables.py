"""The rows of users, their refresh tokens, projects, environments, and the keys and roles of those."""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
)

from chalicelib import aws


class UserRow(aws.Table):
    """Someone who may sign in for an account, by e-mail address in lower case; of the password, an argon2 hash."""

    class Meta:
        table_name = "users"

    email = UnicodeAttribute(hash_key=True)
    account = UnicodeAttribute()
    password = UnicodeAttribute()
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class RefreshRow(aws.Table):
    """A refresh token that was not used yet."""

    class Meta:
        table_name = "refresh-tokens"

    id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute()
    expires = TTLAttribute()
    tx = UnicodeAttribute(null=True)


class ProjectRow(aws.Table):
    """A project of an account, with the keys of its environments in the order they were made."""

    class Meta:
        table_name = "projects"

    account = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    environments: ListAttribute[str] = ListAttribute(default=list)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class EnvironmentRow(aws.Table):
    """An environment: a space of folders and APIs, owned by an account. Counts what stands directly in it.

    While it is not `enabled` it is managed as ever, and delivers nothing.
    """

    class Meta:
        table_name = "environments"

    key = UnicodeAttribute(hash_key=True)
    account = UnicodeAttribute()
    project = UnicodeAttribute()
    name = UnicodeAttribute()
    enabled = BooleanAttribute(default=True)
    apis = NumberAttribute(default=0)
    roots = NumberAttribute(default=0)
    folders = NumberAttribute(default=0)
    keys = NumberAttribute(default=0)
    flux_keys = NumberAttribute(default=0)
    roles = NumberAttribute(default=0)
    flux_roles = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class EndedEnvironmentRow(aws.Table):
    """An environment that was deleted, and whose keys and roles are still to go."""

    class Meta:
        table_name = "ended-environments"

    environment = UnicodeAttribute(hash_key=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class PresentedKeyRow(aws.Table):
    """A key of one environment, found by its public key; without a role it may do everything there."""

    public = UnicodeAttribute(hash_key=True)
    environment = UnicodeAttribute()
    role = UnicodeAttribute(null=True)
    tx = UnicodeAttribute(null=True)


class ManagementKeyRow(PresentedKeyRow):
    """Of the keys of management."""

    class Meta:
        table_name = "management-keys"


class FluxKeyRow(PresentedKeyRow):
    """Of the keys of delivery."""

    class Meta:
        table_name = "flux-keys"


class ListedKeyRow(aws.Table):
    """The keys of an environment, in the order they were made: what lists, changes and removal go by."""

    environment = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    public = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    role = UnicodeAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class EnvironmentKeyRow(ListedKeyRow):
    """Of the keys of management."""

    class Meta:
        table_name = "environment-keys"


class EnvironmentFluxKeyRow(ListedKeyRow):
    """Of the keys of delivery."""

    class Meta:
        table_name = "environment-flux-keys"


class RoleRow(aws.Table):
    """A role of an environment, with all that it permits, so that one read tells: at most 1,000 objects, some 70 KB.

    `permissions` is a list of what `Permission.kept` gives. `version` counts the changes of what it permits, and `keys`
    the keys that have it.
    """

    environment = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    full_access = BooleanAttribute(default=False)
    permissions: JSONAttribute = JSONAttribute(default=list)
    version = NumberAttribute(default=0)
    keys = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)

    def kept(self) -> list[dict[str, Any]]:
        """What it permits, as it is kept."""
        found: list[dict[str, Any]] = self.permissions
        return found


class ManagementRoleRow(RoleRow):
    """Of the roles of management keys."""

    class Meta:
        table_name = "management-roles"


class FluxRoleRow(RoleRow):
    """Of the roles of Flux keys; none has full access."""

    class Meta:
        table_name = "flux-roles"
