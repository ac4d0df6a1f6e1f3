"""What a client is told who asks too often (seed 001, Authentication & Errors)."""

from chalicelib.web.errors import Refusal


class TooManyRequestsError(Refusal):
    """The client has used up this second; `Retry-After` and `RateLimit` say when the next one begins."""

    status = 429
    code = "too_many_requests"
    text = "Too many requests"
