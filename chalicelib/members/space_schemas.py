"""Shapes of organisations, projects and environments (spec flux-apis, B.9 and D.3)."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import StringConstraints

from chalicelib.identity.tables import AccountRow
from chalicelib.members.tables import EnvironmentRow, ProjectRow
from chalicelib.web.management import Shape, moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class ProjectBody(Shape):
    """What changes of a project; what else clients know of is ignored."""

    name: Name | None = None
    region: Any = None
    gdpr: bool | None = None


class NewProject(ProjectBody):
    """A new project."""

    name: Name


class EnvironmentBody(Shape):
    """What changes of an environment; what else clients know of is ignored."""

    name: Name | None = None
    is_enabled: bool | None = None
    is_production: bool | None = None
    has_custom_cname: bool | None = None
    protection_level: str | None = None
    protection_reason: str | None = None

    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        said = {"name": self.name, "enabled": self.is_enabled}
        return {name: value for name, value in said.items() if value is not None}


class NewEnvironment(EnvironmentBody):
    """A new environment."""

    name: Name


class Toggle(Shape):
    """Whether an environment delivers."""

    is_enabled: bool


def organization(account: AccountRow, email: str) -> dict[str, Any]:
    """An account, as the organisation of the user who asks."""
    empty = dict.fromkeys(("tax_num", "city", "province", "address", "zip_code", "legal_name"), "")
    return {
        "key": account.zelid,
        "name": account.zelid,
        "owner": {"key": email, "email": email, "first_name": "", "last_name": "", "full_name": email},
        **empty,
        "country_iso": None,
        "created_at": moment(account.created),
        "block_dt": None,
        "block_reason": None,
        # A blocked one is not let in.
        "is_blocked": False,
    }


def project(row: ProjectRow, environments: Sequence[EnvironmentRow], base_url: str, region: str) -> dict[str, Any]:
    """A project as answers show it, with its environments."""
    return {
        "key": row.key,
        "name": row.name,
        "organization": row.account,
        "region": region,
        "environments": [environment(each, base_url) for each in environments],
        "gdpr": None,
        "created_at": moment(row.created),
    }


def environment(row: EnvironmentRow, base_url: str) -> dict[str, Any]:
    """An environment as answers show it; its host is that of `base_url`."""
    return {
        "key": row.key,
        "name": row.name,
        "project": row.project,
        "host": urlsplit(base_url).netloc,
        "is_enabled": row.enabled,
        "created_at": moment(row.created),
        "has_custom_cname": False,
        "is_production": False,
    }
