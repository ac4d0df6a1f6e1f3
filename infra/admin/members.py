"""`user` and `environment`: who may manage what an account publishes."""

import sys
from typing import Annotated

import typer

from infra.admin.output import connected, moment, say

user = typer.Typer(no_args_is_help=True, help="Users, who sign in to manage what an account publishes.")
environment = typer.Typer(no_args_is_help=True, help="Environments: spaces of folders and APIs that an account owns.")

Email = Annotated[str, typer.Argument(help="What the user signs in with.", show_default=False)]
Zelid = Annotated[str, typer.Argument(help="The account.", show_default=False)]


@user.callback()
def users() -> None:
    """Users, who sign in to manage what an account publishes."""


@environment.callback()
def environments() -> None:
    """Environments: spaces of folders and APIs that an account owns."""


@user.command("add")
def add(email: Email, zelid: Zelid) -> None:
    """Make a user. The password is asked for, or read from a pipe."""
    with connected() as system:
        row = system.publishing.users.add(email, _password(), zelid)
        say({"email": row.email, "account": row.account, "created": moment(row.created)})


@user.command("password")
def password(email: Email) -> None:
    """Give a user another password. It is asked for, or read from a pipe."""
    with connected() as system:
        system.publishing.users.set_password(email, _password())
        say({"email": email})


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True))
    return sys.stdin.readline().rstrip("\n")


@environment.command("create")
def create(zelid: Zelid, name: Annotated[str, typer.Argument(help="What it is called.", show_default=False)]) -> None:
    """Make an environment."""
    with connected() as system:
        row = system.publishing.members.open(zelid, name)
        say({"key": row.key, "name": row.name, "account": row.account, "created": moment(row.created)})
