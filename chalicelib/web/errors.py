"""Errors that a caller is told about.

A domain's errors are subclasses of `Refusal` that fix code, status and text in one place each; services raise them and
know nothing of HTTP beyond the number. Anything else that is raised is our own fault: `InternalError`, logged with its
request id, which says nothing of ours to the caller.

    Refusal
    ├── InvalidRequestError 400      NotFoundError 404          MethodNotAllowedError 405
    ├── PayloadTooLargeError 413     BusyError 503              InternalError 500
    ├── RangeNotSatisfiableError 416
    └── each domain's own: metadata/errors.py, keys/errors.py, identity/errors.py, drive/errors.py
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class Refusal(Exception):  # noqa: N818 - it is not always an error of ours that ends a call
    """An answer with status 400 or above.

    Attributes:
        status: HTTP status.
        code: Stable snake_case name; part of the contract.
        text: What the caller reads, and what to do about it.
        detail: Further facts, such as the fields at fault; None if there are none.
        headers: Extra headers of the answer.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    text: str = "Internal error"

    def __init__(
        self,
        text: str | None = None,
        *,
        detail: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if text is not None:
            self.text = text
        self.detail = detail
        self.headers = dict(headers or {})
        super().__init__(self.code)


class InvalidRequestError(Refusal):
    """The request cannot be understood; `detail` names each field and its problem."""

    status = 400
    code = "invalid_request"
    text = "Invalid request"


class NotFoundError(Refusal):
    """There is nothing at this path or under this name."""

    status = 404
    code = "not_found"
    text = "Not found"


class MethodNotAllowedError(Refusal):
    """The path exists, this verb on it does not; `Allow` lists those that do."""

    status = 405
    code = "method_not_allowed"
    text = "Method not allowed"


class PayloadTooLargeError(Refusal):
    """A JSON body is longer than any shape of ours can be."""

    status = 413
    code = "payload_too_large"
    text = "The body is too large"


class RangeNotSatisfiableError(Refusal):
    """A range lies beyond the end of the content (RFC 9110, 15.5.17); `Content-Range` says how many bytes there are."""

    status = 416
    code = "range_not_satisfiable"
    text = "Range not satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(headers={"Content-Range": f"bytes */{size}"})


class BusyError(Refusal):
    """More at once than the stores take; nothing was written, and `Retry-After` says when to come back."""

    status = 503
    code = "busy"
    text = "Too much at once, try again"


class InternalError(Refusal):
    """Our own fault; the log has the rest under the request id."""
