"""What delivery refuses (spec flux-apis, A.4, C and E)."""

from chalicelib.web.errors import Refusal


class RouteNotFoundError(Refusal):
    """The environment publishes nothing there."""

    status = 404
    code = "route_not_found"
    text = "Route not found"


class AuthenticationRequiredError(Refusal):
    """The API wants a Flux key, and there is none, or none that is valid."""

    status = 401
    code = "authentication_required"
    text = "Authentication is required"


class AccessDeniedError(Refusal):
    """The key is known, and may not read this API."""

    status = 403
    code = "access_denied"
    text = "The key may not read this API"


class CollectionNotWritableError(Refusal):
    """Nothing is written through delivery."""

    status = 403
    code = "collection_not_writable"
    text = "The collection cannot be written through this API"


class InvalidQueryError(Refusal):
    """A query says what cannot be done; the text says what."""

    status = 422
    code = "invalid_request"
    text = "Invalid request"


class TooManyJoinsError(Refusal):
    """More than three joins are asked for, and not even one is built."""

    status = 422
    code = "too_many_join_folders"
    text = "Too many join folders"
