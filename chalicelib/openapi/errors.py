"""The shapes of errors, one a service, and what every operation of a service may refuse."""

from typing import Any, Final

from chalicelib.identity.errors import AccountSuspendedError, InvalidCredentialsError, SubscriptionNotActiveError
from chalicelib.keys.errors import KeyDisabledError
from chalicelib.limits.errors import TooManyRequestsError
from chalicelib.members.errors import AuthenticationFailedError, EnvironmentNotFoundError, PermissionDeniedError
from chalicelib.web.describing import Given
from chalicelib.web.errors import BusyError, InternalError, InvalidRequestError, PayloadTooLargeError
from chalicelib.web.management import InvalidDataError, JsonParseError


class DriveError(Given):
    """An error of the drive: `error` and `message` are the same text, `code` is stable."""

    error: str
    message: str
    code: str
    detail: list[dict[str, Any]] | None = None


class MetadataError(Given):
    """An error of the metadata and key service: a stable code."""

    error: str
    detail: list[dict[str, Any]] | None = None


class OutsideError(Given):
    """An error outside every service."""

    error: str
    message: str


FAULTS: Final = (BusyError, InternalError)
BODY: Final = (InvalidRequestError, PayloadTooLargeError)
"""Of a JSON body of the drive, and of the metadata and key service."""
SHAPE: Final = (JsonParseError, InvalidDataError)
"""Of a JSON body of management."""
DRIVE: Final = (
    InvalidCredentialsError,
    SubscriptionNotActiveError,
    AccountSuspendedError,
    KeyDisabledError,
    TooManyRequestsError,
    *FAULTS,
)
SIGNED_IN: Final = (AuthenticationFailedError, PermissionDeniedError, KeyDisabledError, *FAULTS)
MEMBER: Final = (*SIGNED_IN, EnvironmentNotFoundError)
