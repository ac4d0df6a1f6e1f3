"""The two populations of keys: those that manage, and those that read what is published; neither does the other's work.

Both have the same rows and the same life, so what is done with them takes the population as its argument.
"""

from dataclasses import dataclass
from typing import Final

from pynamodb.attributes import NumberAttribute

from chalicelib.members.permissions import ContentType
from chalicelib.members.tables import (
    EnvironmentFluxKeyRow,
    EnvironmentKeyRow,
    EnvironmentRow,
    FluxKeyRow,
    FluxRoleRow,
    ListedKeyRow,
    ManagementKeyRow,
    ManagementRoleRow,
    PresentedKeyRow,
    RoleRow,
)


@dataclass(frozen=True, slots=True)
class Population:
    """Where the keys and roles of one API stand, and what it takes to manage them.

    Attributes:
        name: As paths have it.
        presented: Keys by their public key.
        listed: Keys by their environment.
        roles: Roles by their environment.
        keys_type: Content type of its keys.
        roles_type: Content type of its roles.
        key_count: Which attribute of the environment counts its keys.
        role_count: Which attribute of the environment counts its roles.
    """

    name: str
    presented: type[PresentedKeyRow]
    listed: type[ListedKeyRow]
    roles: type[RoleRow]
    keys_type: ContentType
    roles_type: ContentType
    key_count: NumberAttribute
    role_count: NumberAttribute


MANAGEMENT: Final = Population(
    "management-api",
    ManagementKeyRow,
    EnvironmentKeyRow,
    ManagementRoleRow,
    "management-keys",
    "management-roles",
    EnvironmentRow.keys,
    EnvironmentRow.roles,
)
FLUX: Final = Population(
    "flux-api",
    FluxKeyRow,
    EnvironmentFluxKeyRow,
    FluxRoleRow,
    "flux-keys",
    "flux-roles",
    EnvironmentRow.flux_keys,
    EnvironmentRow.flux_roles,
)
POPULATIONS: Final = (MANAGEMENT, FLUX)
