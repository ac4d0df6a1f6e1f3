"""Whether this process answers at all; and the envelope of paths that belong to no service."""

from collections.abc import Mapping
from typing import Any

from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.routing import Route, Service


def envelope(refusal: Refusal) -> Mapping[str, Any]:
    """Errors outside every service."""
    return {"error": refusal.code, "message": refusal.text}


SERVICE = Service("fluxvault", "/health", envelope)


def routes() -> list[Route]:
    """`/health`: shallow, it asks nothing of any store."""

    def health(_call: Call) -> Reply:
        return as_json({"status": "ok"})

    return [Route(verb, "/health", health) for verb in ("GET", "HEAD")]
