"""Routes of the keys of an environment, of either population (spec flux-apis, B.8)."""

from dataclasses import replace
from http import HTTPStatus

from chalicelib import aws
from chalicelib.members import keyring, role_schemas
from chalicelib.members.permissions import Action, Need
from chalicelib.members.populations import POPULATIONS, Population
from chalicelib.members.routes import NO_CONTENT
from chalicelib.members.service import Member, Members, listed
from chalicelib.members.tables import ListedKeyRow
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import Lists, body
from chalicelib.web.routing import Route


class _Views:
    """One method a call. What changed meanwhile is looked up anew."""

    def __init__(self, population: Population, members: Members, lists: Lists) -> None:
        self._population = population
        self._members = members
        self._lists = lists

    def every(self, call: Call) -> Reply:
        population = self._population
        member = self._admit(call, "read")
        binding = f"keys {population.name} {member.environment.key}"
        window = self._lists.window(call, binding)
        count = int(getattr(member.environment, population.key_count.attr_name))
        found = replace(listed(population.listed, member.environment.key, window), count=count)
        return as_json(self._lists.page(call, binding, window, found, lambda row: role_schemas.key(population, row)))

    @aws.retry_stale
    def create(self, call: Call) -> Reply:
        member = self._admit(call, "create")
        shape = body(call, role_schemas.KeyBody)
        environment = member.environment.key
        given = keyring.judged(self._population, environment, shape.role, member.grants)
        row, secret = keyring.issue_key(self._population, environment, shape.description, given)
        return as_json(role_schemas.key(self._population, row, secret), HTTPStatus.CREATED)

    def one(self, call: Call) -> Reply:
        return as_json(role_schemas.key(self._population, self._key(call, "read")[1]))

    @aws.retry_stale
    def update(self, call: Call) -> Reply:
        member, row = self._key(call, "update")
        shape = body(call, role_schemas.KeyBody)
        facts = {"description": shape.description} if "description" in shape.model_fields_set else {}
        given = None
        if "role" in shape.model_fields_set:
            given = keyring.judged(self._population, row.environment, shape.role, member.grants)
        return as_json(role_schemas.key(self._population, keyring.change(self._population, row, facts, given)))

    @aws.retry_stale
    def delete(self, call: Call) -> Reply:
        keyring.revoke(self._population, self._key(call, "delete")[1])
        return NO_CONTENT

    def _admit(self, call: Call, action: Action) -> Member:
        return self._members.admit(call, call.params["env"], Need(self._population.keys_type, action))[0]

    def _key(self, call: Call, action: Action) -> tuple[Member, ListedKeyRow]:
        environment = call.params["env"]
        wanted = aws.Ref(self._population.listed, environment, call.params["key"])
        need = Need(self._population.keys_type, action)
        member, (row,) = self._members.admit(call, environment, need, wanted)
        return member, keyring.require(row)


def routes(members: Members, lists: Lists) -> list[Route]:
    """The routes; `lists` reads and writes pages."""
    found = []
    for population in POPULATIONS:
        views = _Views(population, members, lists)
        base = f"/v1/{{env}}/permissions/{population.name}/api-keys"
        found += [
            Route("GET", base, views.every),
            Route("POST", base, views.create),
            Route("GET", f"{base}/{{key}}", views.one),
            Route("PUT", f"{base}/{{key}}", views.update),
            Route("DELETE", f"{base}/{{key}}", views.delete),
        ]
    return found
