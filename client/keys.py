"""`keys`: the drive keys of the account, listed, made and revoked by who is signed in."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from . import arguments, keylines
from .commands import Json, signed_in
from .drivekeys import DriveKeys
from .errors import ClientError
from .ownkey import OwnKey
from .screen import Screen

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List, make and revoke keys; needs `login`.")


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    LIST = "list"
    DELETE = "delete"


@app.command("list", short_help="List the keys.")
def list_keys(context: typer.Context, *, json: Json = False) -> None:
    """List the account's keys; secrets are not shown, since nobody has them."""
    with signed_in(context, json=json) as (account, screen):
        found = DriveKeys(account).every()
        screen.answer({"keys": found}, keylines.lines(found, screen.columns))


@app.command(short_help="Make a key, and show it once.")
def create(  # noqa: PLR0913 - a command's options are its arguments
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.", show_default=False)],
    *,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; may be repeated. If none, all.")] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="WHEN", help="A day (UTC), or 90d, or 12h; if none, it lasts until revoked.")
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep it as this client's own, and do not show it.")] = False,
    json: Json = False,
) -> None:
    """Make a key. Its secret is shown this once, or kept with --save."""
    with signed_in(context, json=json) as (account, screen):
        name, zelid, keys = arguments.key_name(name), account.tokens().zelid, DriveKeys(account)
        own = OwnKey(account.url, zelid, screen.note) if save else None
        end = arguments.key_end(expires, keys.clock()) if expires else None
        made = keys.create(name, scope or [], end)
        document = {"zelid": zelid, "key": made}
        if own:
            _keep(own, document, screen)
        else:
            screen.note("The secret is not shown again: keep it now")
        screen.answer(document, keylines.facts(document))


def _keep(own: OwnKey, document: dict[str, Any], screen: Screen) -> None:
    """Keep the key, and let the document say where instead of what; if that fails, the secret must be shown."""
    try:
        own.keep(document["key"]["secret"])
    except ClientError as error:
        error.document = document
        if not screen.as_json:
            screen.answer(document, keylines.facts(document))
        raise
    del document["key"]["secret"]
    document["saved"] = str(own.path)


@app.command(short_help="Take a key away.")
def revoke(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="ID", help="From `keys list`.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Take a key away; it stops working at once."""
    with signed_in(context, json=json) as (account, screen):
        DriveKeys(account).revoke(arguments.key_id(key))
        screen.answer({"revoked": key}, [f"{key}  revoked"])
