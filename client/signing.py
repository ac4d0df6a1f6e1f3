"""`login` and `logout`: the session that commands for the account itself need."""

import os
from typing import Annotated

import typer

from . import asking, settings
from .commands import Json, account_at, screen
from .errors import UsageError


def login(
    context: typer.Context,
    *,
    email: Annotated[str | None, typer.Option(help="Who signs in.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Stdin has the password alone; needs --email.")
    ] = False,
    json: Json = False,
) -> None:
    """Sign in with e-mail and password, for `keys`.

    What is not given is asked for; the password is read from the terminal without echo, or as a line of stdin.
    The session is kept in a file (mode 0600) for each server, and renews itself for as long as it is used every week.
    """
    with screen(context, json=json) as made:
        if password_stdin and not email:
            raise UsageError("--password-stdin needs --email")
        said = settings.given(os.environ, "url").get("url")
        url = settings.checked_url(said or asking.line("Address"))
        email = (email or asking.line("E-mail")).strip()
        with account_at(url, context, made) as account:
            account.sign_in(email, asking.line("Password", hidden=True))
        if not said:
            # Only now is it known to be a drive's.
            path = settings.config_file()
            settings.write({**settings.read(path), "url": url}, path)
        made.answer({"url": url, "email": email}, [f"{email} is signed in at {url}"])


def logout(context: typer.Context, *, json: Json = False) -> None:
    """Forget the session with the server; keys go on working."""
    with screen(context, json=json) as made:
        url = settings.server(os.environ)
        with account_at(url, context, made) as account:
            was = account.sign_out()
        made.answer({"url": url, "signed_out": was}, [f"{'signed out of' if was else 'nobody was signed in at'} {url}"])
