"""What can go wrong, in one line that says what to do, and the exit code each kind ends with."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """Exit codes; they are part of the interface."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    NO_ROOM = 5
    DAMAGED = 6
    UNREACHABLE = 7
    INTERRUPTED = 130


class ClientError(Exception):
    """Something that a person should read; ends the command.

    Attributes:
        exit: How the command ends.
        code: A stable name for scripts; the server's own where it has one.
        document: What was done all the same.
    """

    exit = Exit.FAILED
    code = "failed"
    document: Mapping[str, Any] = {}


class UsageError(ClientError):
    """The command cannot work as it was given: a wrong argument, missing credentials, a file that is not there."""

    exit = Exit.USAGE
    code = "usage"


class DamagedError(ClientError):
    """Bytes are not what their address says."""

    exit = Exit.DAMAGED
    code = "damaged"


class ChangedError(ClientError):
    """A file changed while it was sent or read."""

    exit = Exit.DAMAGED
    code = "changed"


class UnreachableError(ClientError):
    """No answer: refused, cut off, timed out.

    Attributes:
        heard: Whether what was asked may have been heard, and done, all the same.
    """

    exit = Exit.UNREACHABLE
    code = "unreachable"
    heard = False


class ProtocolError(ClientError):
    """The answer is not one of Fluxvault's."""

    code = "protocol"


class LostAnswerError(ClientError):
    """The answer was lost, to something that is not asked twice: it may have been done, and may be done again."""

    code = "answer_lost"


class SignInError(ClientError):
    """Nobody is signed in, or the server takes the session no more."""

    exit = Exit.NOT_ALLOWED
    code = "not_signed_in"


_EXITS = {
    401: Exit.NOT_ALLOWED,
    403: Exit.NOT_ALLOWED,
    404: Exit.NOT_FOUND,
    402: Exit.NO_ROOM,
    413: Exit.NO_ROOM,
    429: Exit.UNREACHABLE,
    502: Exit.UNREACHABLE,
    503: Exit.UNREACHABLE,
    504: Exit.UNREACHABLE,
}
_ADVICE = {
    "invalid_credentials": "check FLUXVAULT_ZELID and FLUXVAULT_API_KEY, or run the command `config`",
    "subscription_not_active": "renew the subscription",
    "account_suspended": "ask the operator",
    "key_lacks_scope": "use a key with that scope",
    "file_not_found": "`ls` shows what this account has",
    "storage_capacity_exceeded": "remove something, or choose a larger plan",
    "too_many_requests": "try again later",
    "busy": "try again later",
    "key_not_found": "`keys list` shows what there is",
    "too_many_keys": "`keys revoke` one that is not needed",
}


class RefusedError(ClientError):
    """The server said no.

    Attributes:
        status: Its status code.
        message: What it said, without our advice.
        detail: What it named, if anything.
        repeated: Whether an earlier try may have been heard already.
    """

    repeated = False

    def __init__(self, status: int, code: str, message: str, detail: Any = None) -> None:
        advice = _ADVICE.get(code)
        super().__init__(f"{message}: {advice}" if advice else message)
        self.status = status
        self.message = message
        self.detail = detail
        self.code = code
        self.exit = _EXITS.get(status, Exit.FAILED)
