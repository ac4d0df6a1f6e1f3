"""Routes of roles and what they permit, of either population (spec flux-apis, B.8)."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from chalicelib import aws
from chalicelib.members import role_schemas, roles
from chalicelib.members.errors import PermissionDeniedError
from chalicelib.members.permissions import Action, Need, Permission
from chalicelib.members.populations import MANAGEMENT, POPULATIONS, Population
from chalicelib.members.routes import NO_CONTENT
from chalicelib.members.service import Member, Members, listed
from chalicelib.members.tables import RoleRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body, issue
from chalicelib.web.routing import Route


class _Base:
    """Who may do something with roles, and with which one. What changed meanwhile is looked up anew."""

    def __init__(self, population: Population, members: Members, lists: Lists) -> None:
        self._population = population
        self._members = members
        self._lists = lists
        self._full = population is MANAGEMENT

    def _admit(self, call: Call, action: Action) -> Member:
        return self._members.admit(call, call.params["env"], Need(self._population.roles_type, action))[0]

    def _role(self, call: Call, action: Action) -> tuple[Member, RoleRow]:
        environment = call.params["env"]
        wanted = aws.Ref(self._population.roles, environment, call.params["role"])
        need = Need(self._population.roles_type, action)
        member, (row,) = self._members.admit(call, environment, need, wanted)
        return member, roles.require(row)


class _Roles(_Base):
    """One method a call to a role itself."""

    def every(self, call: Call) -> Reply:
        population = self._population
        member = self._admit(call, "read")
        binding = f"roles {population.name} {member.environment.key}"
        window = self._lists.window(call, binding)
        count = int(getattr(member.environment, population.role_count.attr_name))
        found = replace(listed(population.roles, member.environment.key, window), count=count)
        return as_json(self._lists.page(call, binding, window, found, lambda row: role_schemas.role(population, row)))

    def create(self, call: Call) -> Reply:
        member = self._admit(call, "create")
        facts = body(call, role_schemas.NewManagementRole if self._full else role_schemas.NewRole).facts()
        _require_full(member, facts)
        row = roles.create(self._population, member.environment.key, facts)
        return as_json(role_schemas.role(self._population, row), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        return as_json(role_schemas.role(self._population, self._role(call, "read")[1]))

    def update(self, call: Call) -> Reply:
        member, row = self._role(call, "update")
        facts = body(call, role_schemas.ManagementRoleBody if self._full else role_schemas.RoleBody).facts()
        _require_full(member, facts)
        return as_json(role_schemas.role(self._population, roles.change(row, facts)))

    def delete(self, call: Call) -> Reply:
        roles.delete(self._population, self._role(call, "delete")[1])
        return NO_CONTENT


class _Permissions(_Base):
    """One method a call to what a role permits."""

    def every(self, call: Call) -> Reply:
        _, row = self._role(call, "read")
        return as_json([each.kept() for each in roles.permissions(row)])

    @aws.retry_stale
    def put(self, call: Call) -> Reply:
        member, row = self._role(call, "update")
        shape = body(call, role_schemas.PermissionBody if self._full else role_schemas.FluxPermissionBody)
        standing = roles.permissions(row)
        limits, objects = shape.all_objects is not None, shape.objects is not None
        wanted, new = roles.put(standing, shape.permission(), limits=limits, objects=objects)
        member.require_cover([new])
        roles.permit(row, wanted)
        return as_json(new.kept(), HTTPStatus.CREATED if len(wanted) > len(standing) else HTTPStatus.OK)

    @aws.retry_stale
    def delete(self, call: Call) -> Reply:
        _, row = self._role(call, "update")
        content_type = call.first("content_type")
        if not content_type:
            raise issue(["content_type"], "which permission is to go", "missing")
        roles.permit(row, roles.without(roles.permissions(row), content_type))
        return NO_CONTENT

    @aws.retry_stale
    def replace(self, call: Call) -> Reply:
        member, row = self._role(call, "update")
        shape = body(call, role_schemas.Permissions if self._full else role_schemas.FluxPermissions)
        wanted: Sequence[Permission] = [each.permission() for each in shape.root]
        member.require_cover(wanted)
        roles.permit(row, wanted)
        return as_json([each.kept() for each in wanted])

    def objects(self, call: Call) -> Reply:
        _, row = self._role(call, "read")
        content_type = call.first("content_type")
        wanted = [each for each in roles.permissions(row) if content_type in (None, each.content_type)]
        return as_json([shown for each in wanted for shown in role_schemas.objects(each)])

    @aws.retry_stale
    def add(self, call: Call) -> Reply:
        member, row = self._role(call, "update")
        shape = body(call, role_schemas.ObjectBody)
        wanted, added = roles.put_object(roles.permissions(row), shape.content_type, shape.key)
        member.require_cover([added])
        roles.permit(row, wanted)
        return as_json({"content_type": shape.content_type, "object_key": shape.key}, HTTPStatus.CREATED)

    @aws.retry_stale
    def remove(self, call: Call) -> Reply:
        _, row = self._role(call, "update")
        shape = body(call, role_schemas.ObjectBody)
        roles.permit(row, roles.without_object(roles.permissions(row), shape.content_type, shape.key))
        return NO_CONTENT


def _require_full(member: Member, facts: dict[str, Any]) -> None:
    """Only who may do everything makes a role that may."""
    if facts.get("full_access") and not member.grants.unrestricted:
        raise PermissionDeniedError("You may not permit what you may not do yourself")


def routes(members: Members, lists: Lists) -> list[Route]:
    """The routes; `lists` reads and writes pages."""
    found = []
    for population in POPULATIONS:
        one, many = _Roles(population, members, lists), _Permissions(population, members, lists)
        base = f"/v1/{{env}}/permissions/{population.name}/roles"
        under = f"{base}/{{role}}/permissions"
        found += [
            Route("GET", base, one.every),
            Route("POST", base, one.create),
            Route("GET", f"{base}/{{role}}", one.one),
            Route("PUT", f"{base}/{{role}}", one.update),
            Route("DELETE", f"{base}/{{role}}", one.delete),
            Route("GET", under, many.every),
            Route("POST", under, many.put),
            Route("DELETE", under, many.delete),
            Route("POST", f"{under}/batch", many.replace),
            Route("GET", f"{under}/objects", many.objects),
            Route("POST", f"{under}/objects", many.add),
            Route("DELETE", f"{under}/objects", many.remove),
        ]
    return found
