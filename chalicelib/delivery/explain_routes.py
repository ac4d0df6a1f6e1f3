"""The route that tells an owner what a caller of an API may read, and why; one of management's."""

from chalicelib.apis import Apis
from chalicelib.delivery.explaining import explain
from chalicelib.delivery.tables import Tables
from chalicelib.members import Members
from chalicelib.members.permissions import Need
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import Route


def routes(tables: Tables, members: Members) -> list[Route]:
    """The route."""

    def view(call: Call) -> Reply:
        environment, api = call.params["env"], call.params["api"]
        need = Need("flux-apis", "read", api)
        member, (row,) = members.admit(call, environment, need, Apis.ref(environment, api))
        path, key = call.first("path") or "", call.first("key")
        return as_json(explain(tables, member.environment, Apis.require(row), path, key))

    return [Route("GET", "/v1/{env}/api/{api}/explain", view)]
