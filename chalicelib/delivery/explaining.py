"""Why a caller may read something, or may not: the steps that delivery takes, each with what it came to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.apis.tables import ApiRow
from chalicelib.delivery import paths, visits
from chalicelib.delivery.errors import AccessDeniedError, AuthenticationRequiredError, RouteNotFoundError
from chalicelib.delivery.tables import Table, Tables
from chalicelib.delivery.visits import Target
from chalicelib.members import EnvironmentRow, flux, keys
from chalicelib.members.errors import EnvironmentNotFoundError
from chalicelib.models.tables import scope
from chalicelib.resources import PublishedRow, ResourceRow
from chalicelib.resources.errors import ResourceNotFoundError
from chalicelib.resources.tables import place
from chalicelib.web.errors import MethodNotAllowedError, Refusal


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that delivery looks at, what was found, and what that is answered with, if it ends there."""

    name: str
    why: str
    refusal: type[Refusal] | None = None


def explain(tables: Tables, environment: EnvironmentRow, api: ApiRow, path: str, key: str | None) -> dict[str, Any]:
    """What a GET of a path below an API's prefix comes to, for nobody in particular or for the Flux key `key`.

    Four calls and more for many folders: it looks at what is, and not at what is remembered.

    Raises:
        KeyMissingError: The environment has no such Flux key.
    """
    found = list(_steps(tables, environment, api, path.strip("/"), key))
    refusal = found[-1].refusal
    return {
        "path": f"/flux/{environment.key}/{api.prefix}/{path.strip('/')}",
        "caller": {"flux_key": key} if key is not None else "anonymous",
        "allowed": refusal is None,
        "status": refusal.status if refusal is not None else 200,
        "error_code": refusal.code if refusal is not None else None,
        "steps": [{"step": one.name, "passed": one.refusal is None, "why": one.why} for one in found],
    }


def _steps(tables: Tables, environment: EnvironmentRow, api: ApiRow, path: str, key: str | None) -> Iterator[Step]:
    reader = flux.explain(environment.key, key) if key is not None else None
    if environment.enabled is False:
        yield Step("environment", "the environment is disabled", EnvironmentNotFoundError)
        return
    yield Step("environment", "the environment is enabled, and its account in good standing")
    yield (step := _caller(api, reader))
    if step.refusal is not None:
        return
    table = tables.read(environment.key, api.prefix)
    target = visits.target(table, path.split("/") if path else [])
    if target.kind == visits.NOTHING:
        known = ", ".join(sorted(paths.text(one.template) for one in table.folders.values())) or "none"
        yield Step("route", f"no folder of the API has this path; there are: {known}", RouteNotFoundError)
        return
    yield Step("route", _leads(target))
    for step in _below(table, target):
        yield step
        if step.refusal is not None:
            return


def _leads(target: Target) -> str:
    if target.folder is None:
        return f"it is the API's own {target.kind}"
    folder = target.folder.row
    return f"it is the {target.kind} of the folder {folder.key} ({'.'.join(folder.aliases)})"


def _caller(api: ApiRow, reader: flux.Reader | None) -> Step:
    if not api.auth_required:
        return Step("caller", "the API asks nobody who they are")
    if reader is None:
        return Step("caller", "the API wants a Flux key, and none was presented", AuthenticationRequiredError)
    if not reader.may_read(api.key):
        return Step("caller", "the role of the Flux key does not let it read this API", AccessDeniedError)
    return Step("caller", "the Flux key may read this API")


def _below(table: Table, target: Target) -> Iterator[Step]:
    """What the connection lets be done, and what is published."""
    if target.folder is None:
        shown = table.api.introspection
        yield Step("introspection", "is on" if shown else "is off", None if shown else RouteNotFoundError)
        return
    methods = ", ".join(target.folder.connection.methods) or "nothing"
    if not target.allowed:
        yield Step("connection", f"the connection allows {methods}", MethodNotAllowedError)
        return
    yield Step("connection", f"the connection allows {methods}")
    last: str | None = None
    for folder, key in target.owners:
        yield _published("owner", scope(table.environment.key, folder), last, key)
        last = keys.plausible(key)
    if target.key:
        owner = last if target.folder.row.strict else None
        yield _published("resource", target.folder.scope, owner, target.key)
    if target.kind in {visits.LIST, visits.SEARCH}:
        content = "with their content" if target.folder.one else "without content, since get_one is not allowed"
        yield Step("content", f"resources are shown {content}")


def _published(name: str, where: str, owner: str | None, key: str) -> Step:
    shown, row = aws.batch_get(
        aws.Ref(PublishedRow, place(where, owner), keys.plausible(key)),
        aws.Ref(ResourceRow, where, keys.plausible(key)),
    )
    if shown is not None:
        return Step(name, f"{key} is published")
    if row is None:
        return Step(name, f"the folder has no resource {key}", ResourceNotFoundError)
    if row.current is None:
        return Step(name, f"no revision of {key} is published", ResourceNotFoundError)
    return Step(name, f"{key} belongs to another resource than the one above", ResourceNotFoundError)
