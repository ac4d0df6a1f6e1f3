"""What the services say of themselves, as it is kept in docs/openapi."""

import json

from chalicelib.composition import services
from chalicelib.drive.limiting import Limited
from chalicelib.faces import faces
from chalicelib.limits import Limiter
from chalicelib.openapi.chapters import CHAPTERS
from chalicelib.openapi.generator import document
from chalicelib.settings import Settings, Surface

SURFACES: tuple[Surface, ...] = ("public", "internal")


def documents() -> dict[str, str]:
    """The description of each surface, wherever it is served."""
    settings = Settings(table_prefix="none-", blob_bucket="none", kms_key_id="alias/none")
    made = services(settings)
    found: dict[str, str] = {}
    for surface in SURFACES:
        mounted = [
            (service.name, route.method, route.path)
            for service, routes in faces(made, Limited(Limiter(), 1, 1), surface)
            for route in routes
        ]
        found[surface] = json.dumps(document(mounted, CHAPTERS, ""), indent=1) + "\n"
    return found
