"""What all commands share: who calls, how it is said, and how each ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from . import settings
from .account import Account
from .cid import is_cid
from .errors import ClientError, Exit, UsageError
from .http import ANSWER_SECONDS, Api, Server
from .screen import Screen
from .tokens import TokenFile

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document on stdout.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for a server that says nothing.")]
Address = Annotated[
    str, typer.Argument(metavar="HASH", help="A hash from `ls`, or HASH/PATH of something in a folder.")
]
_IPFS = "/ipfs/"
_PIPE_CLOSED = 141
"""What a shell says of a program whose reader went away: 128 + SIGPIPE."""


@dataclass(slots=True)
class Options:
    """What was said before the command's name."""

    json: bool = False
    timeout: float = ANSWER_SECONDS


@contextmanager
def screen(context: typer.Context, *, json: bool) -> Iterator[Screen]:
    """The terminal; an error in the block ends the command with one line and its exit code."""
    made = Screen(as_json=json or context.obj.json)
    try:
        yield made
    except ClientError as error:
        made.fail(error)
        raise typer.Exit(error.exit) from None
    except KeyboardInterrupt:
        made.note("Interrupted")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # The interpreter's own last flush would fail too, and say so.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(_PIPE_CLOSED) from None
    except OSError as error:
        made.fail(ClientError(f"{error.filename or 'This machine'}: {error.strerror or error}"))
        raise typer.Exit(Exit.FAILED) from None


@contextmanager
def drive(context: typer.Context, *, json: bool) -> Iterator[tuple[Api, Screen]]:
    """The drive, as the settings say."""
    with screen(context, json=json) as made:
        found = settings.load(os.environ)
        _warn(found.url, "your key and your files", made)
        with Api(found, made.note, answer_seconds=context.obj.timeout) as api:
            yield api, made


@contextmanager
def account_at(url: str, context: typer.Context, made: Screen) -> Iterator[Account]:
    """The account behind the drive at a URL, for who signs in to it."""
    _warn(url, "your password and your session", made)
    with Server(url, made.note, answer_seconds=context.obj.timeout) as server:
        yield Account(server, TokenFile(url))


@contextmanager
def signed_in(context: typer.Context, *, json: bool) -> Iterator[tuple[Account, Screen]]:
    """The account of who is signed in to the drive that the settings name."""
    with screen(context, json=json) as made, account_at(settings.server(os.environ), context, made) as account:
        yield account, made


def _warn(url: str, what: str, made: Screen) -> None:
    if settings.in_the_clear(url):
        made.note(f"{url} is not https: {what} cross the network for all to read")


def address_of(text: str) -> str:
    """An address as a person writes it.

    Raises:
        UsageError: It does not begin with a hash.
    """
    plain = text.removeprefix(_IPFS).rstrip("/")
    if not is_cid(plain.partition("/")[0]):
        raise UsageError(f"{text} is no hash: it must be 46 characters, Qm..., as `ls` shows them")
    return plain
