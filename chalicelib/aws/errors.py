"""What can go wrong between us and the stores, and whether it passes.

StoreError
├── StoreBusyError       too many writers on the same rows, or throttled: nothing was written, come back later
└── OutcomeUnknownError  the answer was lost and asking again did not tell: the reconciler will
"""

from http import HTTPStatus

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

BUSY_CODES = frozenset(
    {
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "TransactionInProgressException",
        "TransactionConflictException",
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
"""What AWS says when there is too much at once; nothing was done."""
UNKNOWN_CODES = frozenset(
    {"InternalServerError", "InternalFailure", "InternalError", "ServiceUnavailable", "RequestTimeout"}
)
"""What AWS says when it failed; something may have been done."""


def failing(error: ClientError) -> bool:
    """Whether AWS failed; an answer from 500 on may also come from something before it, and without a code of its."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"].get("Code") in UNKNOWN_CODES or status >= HTTPStatus.INTERNAL_SERVER_ERROR


NOT_SENT = (ParamValidationError, NoCredentialsError, PartialCredentialsError)
"""What botocore raises before it sends anything: a mistake of ours."""
NO_ANSWER = (BotoCoreError, ResponseParserError)
"""What else botocore raises: no answer, or one that came damaged; something may have been done."""


class StoreError(Exception):
    """A store did not do what it was asked; says nothing of the caller's data."""


class StoreBusyError(StoreError):
    """Conflicts or throttling went on past the deadline; nothing was written."""


class OutcomeUnknownError(StoreError):
    """The store's answer was lost each time: the write may or may not have happened, and is not cleaned up by guess."""


def passes(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, is a store's passing trouble: throttled, failing, or out of reach."""
    while error is not None:
        if isinstance(error, NOT_SENT):
            return False
        if isinstance(error, (StoreError, *NO_ANSWER)):
            return True
        if isinstance(error, ClientError) and (error.response["Error"].get("Code") in BUSY_CODES or failing(error)):
            return True
        # pynamodb hands on what stopped it in an attribute of its own.
        error = error.__cause__ or getattr(error, "cause", None)
    return False
