"""Routes of an account as an organisation: its projects and environments, for users alone (spec flux-apis, B.9)."""

from http import HTTPStatus
from typing import Any

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from chalicelib.members import keys, space_schemas, spaces
from chalicelib.members.errors import OrganizationNotFoundError
from chalicelib.members.routes import NO_CONTENT
from chalicelib.members.service import Members
from chalicelib.members.tables import EnvironmentRow, ProjectRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body, envelope, part
from chalicelib.web.routing import Route, Service

ORGANIZATIONS = Service("organizations", "/organizations", envelope)


class _Views:
    """One method a call. What changed meanwhile is looked up anew."""

    def __init__(self, members: Members, lists: Lists, region: str) -> None:
        self._members = members
        self._lists = lists
        self._region = region

    def _own(self, call: Call, *refs: tuple[type[aws.Table], str | None]) -> tuple[AccountRow, list[Any]]:
        """The caller's account, which must be the organisation that is named, and rows of it; a row by its model."""
        named = call.params["organization"]

        def wanted(account: str) -> list[aws.Ref]:
            found = []
            for model, name in refs:
                key = keys.plausible(call.params[str(name)])
                found.append(aws.Ref(model, account, key) if model is ProjectRow else aws.Ref(model, key))
            return found

        claims, account, rows = self._members.signed_in(call, wanted)
        if claims.account != named:
            raise OrganizationNotFoundError
        return account, list(rows)

    def _project(self, call: Call) -> tuple[AccountRow, ProjectRow]:
        account, (row,) = self._own(call, (ProjectRow, "project"))
        return account, spaces.require_project(row)

    def _environment(self, call: Call) -> tuple[ProjectRow, EnvironmentRow]:
        _, (project, row) = self._own(call, (ProjectRow, "project"), (EnvironmentRow, "environment"))
        found = spaces.require_project(project)
        return found, spaces.require_environment(found, row)

    def organizations(self, call: Call) -> Reply:
        claims, account = self._members.claims(call)
        return as_json([space_schemas.organization(account, claims.email)])

    def organization(self, call: Call) -> Reply:
        claims, account = self._members.claims(call)
        if claims.account != call.params["organization"]:
            raise OrganizationNotFoundError
        return as_json(space_schemas.organization(account, claims.email))

    def projects(self, call: Call) -> Reply:
        account, _ = self._own(call)
        binding = f"projects {account.zelid}"
        window = self._lists.window(call, binding)
        found = part(spaces.projects(account.zelid), window)
        inside = dict(zip((row.key for row in found.rows), spaces.environments(found.rows), strict=True))
        return as_json(self._lists.page(call, binding, window, found, lambda row: self._shown(row, inside[row.key])))

    def _shown(self, row: ProjectRow, environments: list[EnvironmentRow]) -> dict[str, Any]:
        return space_schemas.project(row, environments, self._lists.base_url, self._region)

    def create_project(self, call: Call) -> Reply:
        account, _ = self._own(call)
        row = spaces.create_project(account.zelid, body(call, space_schemas.NewProject).name)
        return as_json(self._shown(row, []), HTTPStatus.CREATED)

    def project(self, call: Call) -> Reply:
        _, row = self._project(call)
        return as_json(self._shown(row, *spaces.environments([row])))

    def update_project(self, call: Call) -> Reply:
        _, row = self._project(call)
        name = body(call, space_schemas.ProjectBody).name
        changed = spaces.rename_project(row, name) if name is not None else row
        return as_json(self._shown(changed, *spaces.environments([row])))

    @aws.retry_stale
    def delete_project(self, call: Call) -> Reply:
        spaces.delete_project(*self._project(call))
        return NO_CONTENT

    def environments(self, call: Call) -> Reply:
        _, row = self._project(call)
        (rows,) = spaces.environments([row])
        return as_json([self._environment_shown(each) for each in rows])

    def _environment_shown(self, row: EnvironmentRow) -> dict[str, Any]:
        return space_schemas.environment(row, self._lists.base_url)

    def create_environment(self, call: Call) -> Reply:
        account, project = self._project(call)
        shape = body(call, space_schemas.NewEnvironment)
        row = spaces.create_environment(account, project, **shape.facts())
        return as_json(self._environment_shown(row), HTTPStatus.CREATED)

    def environment(self, call: Call) -> Reply:
        return as_json(self._environment_shown(self._environment(call)[1]))

    def update_environment(self, call: Call) -> Reply:
        _, row = self._environment(call)
        facts = body(call, space_schemas.EnvironmentBody).facts()
        return as_json(self._environment_shown(spaces.change_environment(row, facts)))

    @aws.retry_stale
    def delete_environment(self, call: Call) -> Reply:
        spaces.delete_environment(*self._environment(call))
        return NO_CONTENT

    def toggle(self, call: Call) -> Reply:
        _, row = self._environment(call)
        enabled = body(call, space_schemas.Toggle).is_enabled
        return as_json(self._environment_shown(spaces.change_environment(row, {"enabled": enabled})))


def routes(members: Members, lists: Lists, region: str) -> list[Route]:
    """The routes; `lists` knows the public URL, and `region` is where all of it stands."""
    views = _Views(members, lists, region)
    organization = "/organizations/{organization}"
    project = f"{organization}/projects/{{project}}"
    environment = f"{project}/environments/{{environment}}"
    return [
        Route("GET", "/organizations", views.organizations),
        Route("GET", organization, views.organization),
        Route("GET", f"{organization}/projects", views.projects),
        Route("POST", f"{organization}/projects", views.create_project),
        Route("GET", project, views.project),
        Route("PUT", project, views.update_project),
        Route("DELETE", project, views.delete_project),
        Route("GET", f"{project}/environments", views.environments),
        Route("POST", f"{project}/environments", views.create_environment),
        Route("GET", environment, views.environment),
        Route("PUT", environment, views.update_environment),
        Route("DELETE", environment, views.delete_environment),
        Route("POST", f"{environment}/toggle", views.toggle),
    ]
