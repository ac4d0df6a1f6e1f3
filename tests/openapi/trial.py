"""Tries an operation out with one case of schemathesis after the other, as somebody who is let in."""

from collections.abc import Mapping
from typing import Any

from schemathesis import Case, GenerationMode, Response
from schemathesis.core.parameters import ParameterLocation

from tests.openapi.world import World

# Whether a status is described, another check tells.
CONFIG = {
    "generation": {"deterministic": True, "max-examples": 3, "database": "none"},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "4xx"]},
        "negative_data_rejection": {"expected-statuses": ["4xx"]},
    },
    "phases": {"stateful": {"enabled": False}},
}
TURNED_AWAY = {
    "invalid_request",
    "validation_error",
    "json_parse_error",
    "payload_too_large",
    "invalid_credentials",
    "authentication_failed",
    "authentication_required",
    "internal_error",
    "busy",
}
"""Codes of calls that reach no domain."""


_ENDING = ("/abort", "/rm", "/refresh", "/complete")
"""Ends of paths of operations that use up what they name."""


class Trial:
    """One operation's. Three of four cases name what there is; the others what schemathesis makes up."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._path = ""
        self._count = 0
        self.positive = 0
        self.reached = 0

    def run(self, case: Case[Any]) -> None:
        """Send a case, and let schemathesis judge what comes."""
        if not self._path:
            self._path = case.path
            self._world.renew(case.path)
        self._count += 1
        if self._count % 4:
            self._supply(case)
        security = case.operation.definition.raw.get("security", [])
        headers = self._world.authorization(security)
        response = case.call(headers=headers)
        if case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE:
            self.positive += 1
            self.reached += _reached(response)
        if response.status_code < 300 and (case.method == "DELETE" or case.path.endswith(_ENDING)):
            self._world.renew(case.path)
        case.validate_response(response, headers=headers)

    def _supply(self, case: Case[Any]) -> None:
        """Let what is of the right shape name what there is."""
        parts = case.meta.components if case.meta is not None else {}
        good = {where for where, part in parts.items() if part.mode == GenerationMode.POSITIVE}
        if ParameterLocation.PATH in good:
            _replace(case.path_parameters, self._world.paths)
        if ParameterLocation.QUERY in good:
            _replace(case.query, self._world.said)
        if ParameterLocation.BODY in good and isinstance(case.body, dict):
            _replace(case.body, self._world.said)


def _replace(given: Any, known: Mapping[str, Any]) -> None:
    """What is known in place of what was made up; None takes it away."""
    for name in [name for name in given or () if name in known]:
        if known[name] is None:
            del given[name]
        else:
            given[name] = known[name]


def _reached(response: Response) -> bool:
    """Whether a call was answered, or refused by a domain."""
    if response.status_code < 400:
        return True
    if not response.content:
        return response.status_code not in {400, 401, 422}
    said = response.json()
    return not TURNED_AWAY & {said.get("code"), said.get("error"), said.get("error_code")}
