"""Two REST APIs behind one address: the internal one at its own paths, and the public one everywhere else.

On AWS each has an address of its own. What both have, such as `/health`, is answered by the public one here.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

INTERNAL = "/api/v1"
_UNKNOWN = "/{unknown+}"
_UNKNOWN_INTERNAL = INTERNAL + _UNKNOWN


class Stages:
    """What `infra.local.server` serves: routes, and a call for each event."""

    def __init__(self, public: "Stage", internal: "Stage") -> None:
        """Divide the paths between two stages."""
        own = [route for route in internal.routes if route.startswith(f"{INTERNAL}/")]
        self._stages = {**dict.fromkeys(public.routes, public), **dict.fromkeys(own, internal)}
        # What is unknown below the internal paths is for the internal stage to say.
        self._stages |= dict.fromkeys((INTERNAL, _UNKNOWN_INTERNAL), internal)

    @property
    def routes(self) -> Mapping[str, Any]:
        """All paths."""
        return self._stages

    def __call__(self, event: Any, context: Any) -> Any:
        """What the function of the path's stage answers.

        Raises:
            FunctionError: It failed; API Gateway says 502 then.
        """
        # Lambda makes its own.
        del context
        stage = self._stages[event["resource"]]
        if event["resource"] in {INTERNAL, _UNKNOWN_INTERNAL}:
            event = _moved(event)
        return stage.invoke(encoded(event))


class Stage:
    """The paths of one REST API, and the function behind all of them."""

    def __init__(self, routes: Iterable[str], invoke: Callable[[Any], Any]) -> None:
        self.routes = list(routes)
        self.invoke = invoke


def encoded(event: dict[str, Any]) -> dict[str, Any]:
    """An event as it crosses the border to a function: every body is base64 text, as with binary type `*/*`."""
    body: bytes | None = event["body"]
    if body is None:
        return event
    return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _moved(event: dict[str, Any]) -> dict[str, Any]:
    below = (event["pathParameters"] or {}).get("unknown")
    rest = INTERNAL[1:] if below is None else f"{INTERNAL[1:]}/{below}"
    context = {**event["requestContext"], "resourcePath": _UNKNOWN}
    return {**event, "resource": _UNKNOWN, "pathParameters": {"unknown": rest}, "requestContext": context}
