"""What a command must ask for: on the terminal, or as lines of stdin where there is none."""

import sys
from getpass import getpass

from .errors import UsageError

_MOST = 4_096
"""Characters of an answer: more than any name, password or key has, and less than an endless stdin."""


def line(what: str, *, hidden: bool = False) -> str:
    """Ask for something that must not be empty; a terminal does not show what is `hidden` while it is typed.

    Raises:
        UsageError: There is no answer.
    """
    try:
        answer = _typed(what, hidden=hidden) if sys.stdin.isatty() else sys.stdin.readline(_MOST)
    except UnicodeDecodeError:
        raise UsageError(f"{what} is not UTF-8") from None
    # Blanks may be a password's own, and stand around anything else by mistake.
    answer = answer.rstrip("\r\n") if hidden else answer.strip()
    if not answer:
        raise UsageError(f"{what} is missing: it is read from the terminal, or as a line of stdin")
    return answer


def _typed(what: str, *, hidden: bool) -> str:
    if not hidden:
        sys.stderr.write(f"{what}: ")
        sys.stderr.flush()
        return sys.stdin.readline(_MOST)
    try:
        return getpass(f"{what}: ", sys.stderr)
    except EOFError:
        return ""
