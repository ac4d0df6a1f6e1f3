"""The public read side, as far as it is the same for every API (spec flux-apis, C).

What stands below a prefix depends on the account that publishes: each prefix has a description of its own.
"""

from http import HTTPStatus
from typing import Any, Final, Literal

from chalicelib.apis.errors import ApiNotFoundError
from chalicelib.delivery import errors
from chalicelib.delivery.shapes import Item, Page
from chalicelib.drive.errors import CopyNotReadyError, NoThumbnailError
from chalicelib.keys.errors import KeyDisabledError
from chalicelib.members.errors import EnvironmentNotFoundError, KeyMissingError
from chalicelib.openapi.drive import Copy
from chalicelib.openapi.errors import FAULTS, MEMBER
from chalicelib.openapi.operations import NOTHING, Answer, Body, Operation, Operations, Parameter, given
from chalicelib.openapi.security import MEMBER as MEMBERS
from chalicelib.openapi.security import SECURE, SIMPLE
from chalicelib.resources.errors import ResourceNotFoundError
from chalicelib.web.describing import Given
from chalicelib.web.errors import MethodNotAllowedError, RangeNotSatisfiableError
from chalicelib.web.management import InvalidDataError, JsonParseError


class Step(Given):
    """One thing that delivery looks at."""

    step: str
    passed: bool
    why: str


class FluxKeyCaller(Given):
    """Whom the answer is for."""

    flux_key: str


class Explanation(Given):
    """What a GET comes to, and the steps to it."""

    path: str
    caller: FluxKeyCaller | Literal["anonymous"]
    allowed: bool
    status: int
    error_code: str | None
    steps: list[Step]


_PATH = "/flux/{env}/{proxy+}"
_BY = (NOTHING, SIMPLE, SECURE)
_NOWHERE = (EnvironmentNotFoundError, errors.RouteNotFoundError, MethodNotAllowedError, KeyDisabledError, *FAULTS)
_ASKED = (
    *_NOWHERE,
    errors.AuthenticationRequiredError,
    errors.AccessDeniedError,
    ResourceNotFoundError,
    errors.InvalidQueryError,
)
_READ = (*_ASKED, InvalidDataError, NoThumbnailError, RangeNotSatisfiableError, CopyNotReadyError)
_WRITE = (*_ASKED, errors.CollectionNotWritableError)
_READS = (
    Answer("A page, a resource, a schema, or the routes: see the prefix's own `_openapi.json`", Page | Item | Any),
    Answer("A file", media="*/*"),
    Answer("The part of a file that was asked for", media="*/*", status=HTTPStatus.PARTIAL_CONTENT),
    Answer("Where a copy of a large file is read", Copy, status=HTTPStatus.SEE_OTHER),
    Answer("Not changed since", media="", status=HTTPStatus.NOT_MODIFIED),
)
_PAGE = (Answer("A page", Page),)
_TOLD = (Answer("What a page of another origin may do", media="", status=HTTPStatus.NO_CONTENT),)
_SEARCH = (*_WRITE, InvalidDataError, JsonParseError, errors.TooManyJoinsError)

OPERATIONS: Final[Operations] = {
    ("GET", _PATH): Operation("Reads what is published", _READS, _READ, security=_BY),
    ("HEAD", _PATH): Operation("The same, without its body", _READS, _READ, security=_BY),
    ("POST", _PATH): Operation(
        "Searches, under `_search`", _PAGE, _SEARCH, Body(dict[str, Any], required=False), security=_BY
    ),
    ("PUT", _PATH): Operation("Would write", (), _WRITE, security=_BY),
    ("PATCH", _PATH): Operation("Is refused", (), _ASKED, security=_BY),
    ("DELETE", _PATH): Operation("Is refused", (), _ASKED, security=_BY),
    ("OPTIONS", _PATH): Operation("Tells browsers what they may do", _TOLD, _NOWHERE, security=()),
}

EXPLAINING: Final[Operations] = {
    ("GET", "/v1/{env}/api/{api}/explain"): Operation(
        "Why somebody may read something of an API, or may not",
        given(Explanation),
        (*MEMBER, ApiNotFoundError, KeyMissingError, InvalidDataError),
        query=(
            Parameter("path", str, "Path below the prefix"),
            Parameter("key", str, "Key of a Flux key; nobody's, if none"),
        ),
        security=MEMBERS,
    ),
}
