"""The public faces of one process: which routes there are, by surface (design, decision 1)."""

from collections.abc import Sequence

from chalicelib.apis import routes as api_routes
from chalicelib.content import routes as content_routes
from chalicelib.delivery import explain_routes
from chalicelib.delivery import routes as delivery_routes
from chalicelib.domains import Services
from chalicelib.drive import routes as drive_routes
from chalicelib.drive.limiting import Limited
from chalicelib.keys import routes as key_routes
from chalicelib.members import key_routes as environment_keys
from chalicelib.members import role_routes, space_routes
from chalicelib.members import routes as member_routes
from chalicelib.metadata import routes as metadata_routes
from chalicelib.models import routes as model_routes
from chalicelib.openapi import routes as openapi_routes
from chalicelib.resources import revision_routes
from chalicelib.resources import routes as resource_routes
from chalicelib.settings import Surface
from chalicelib.uploads import routes as upload_routes
from chalicelib.web import health
from chalicelib.web.management import Lists
from chalicelib.web.routing import Route, Service


def faces(made: Services, limited: Limited, surface: Surface) -> Sequence[tuple[Service, Sequence[Route]]]:
    """The services of a surface, each with its routes."""
    internal = [
        *metadata_routes.routes(made.metadata, made.audits, made.warming, made.keys),
        *key_routes.routes(made.keys),
    ]
    face = drive_routes.Face(made.settings.public_url, made.settings.max_inline_bytes)
    lists = Lists(made.keys, made.settings.public_url)
    publishing = made.publishing
    management = [
        *environment_keys.routes(publishing.members, lists),
        *role_routes.routes(publishing.members, lists),
        *content_routes.routes(publishing.folders, publishing.members, lists),
        *model_routes.routes(publishing.versions, publishing.members, lists),
        *resource_routes.routes(publishing.content.resources, publishing.content.revisions, publishing.members, lists),
        *revision_routes.routes(publishing.content, publishing.members, lists),
        *api_routes.routes(publishing.apis, publishing.connections, publishing.members, lists),
        *explain_routes.routes(made.delivery.tables, publishing.members),
    ]
    published: list[tuple[Service, Sequence[Route]]] = [
        (member_routes.ACCOUNT, member_routes.account_routes(publishing.users, publishing.members)),
        (member_routes.MANAGEMENT, management),
        (space_routes.ORGANIZATIONS, space_routes.routes(publishing.members, lists, made.settings.region)),
    ]
    flux = delivery_routes.routes(made.delivery, made.keys, made.settings.public_url, made.settings.max_inline_bytes)
    published.append((delivery_routes.SERVICE, flux))
    public = [
        *drive_routes.routes(made.drive, made.keys, limited, face),
        *upload_routes.routes(made.uploads, limited, made.settings.public_url),
        *member_routes.drive_key_routes(made.accounts, publishing.members),
    ]
    by_surface: dict[Surface, list[tuple[Service, Sequence[Route]]]] = {
        "internal": [(metadata_routes.SERVICE, internal)],
        "public": [(drive_routes.SERVICE, public), *published],
        "all": [(metadata_routes.SERVICE, internal), (drive_routes.SERVICE, public), *published],
    }
    mounted = [*by_surface[surface], (health.SERVICE, health.routes())]
    described = openapi_routes.routes(mounted, health.SERVICE, made.settings.public_url)
    return [*mounted, (health.SERVICE, described)]
