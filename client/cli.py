"""The commands."""

from pathlib import Path
from typing import Annotated

import typer

from . import __version__, configuring, getting, keys, listing, signing
from .commands import Address, Json, Options, Timeout, address_of, drive
from .downloading import Downloader
from .errors import ClientError, Exit, RefusedError, UsageError
from .getting import Wanted
from .http import ANSWER_SECONDS, Api
from .memory import Memory
from .putting import Putter
from .screen import shown, size
from .sessions import ENDED, Sessions
from .sources import Source, walk

_CODES = """\b
Exit codes:
  0  done
  1  failed
  2  wrong usage, or settings are missing
  3  not allowed: wrong key or scope, nobody signed in
  4  not found
  5  no room, or no subscription
  6  damaged or changed on the way
  7  out of reach or too busy: try again
130  interrupted
"""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Puts files on a Fluxvault drive and gets them back, each checked against its IPFS address.",
    epilog=_CODES,
)
app.command("config", short_help="Keep address, account and key.")(configuring.config)
app.command("login", short_help="Sign in, for `keys`.")(signing.login)
app.command("logout", short_help="Forget the session.")(signing.logout)
app.add_typer(keys.app, name="keys", short_help="List, make and revoke keys.")


def _version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    *,
    json: Json = False,
    timeout: Timeout = ANSWER_SECONDS,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    """Remember what was said before the command's name."""
    del version
    context.obj = Options(json, timeout)


@app.command(short_help="Put files.")
def put(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="What to put.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Put files.

    Files over 4 MiB go in parts, straight to the store. If that is cut off, the same command goes on where it was.
    """
    with drive(context, json=json) as (api, screen):
        stored = []
        try:
            sources = [Source.of(file) for file in files]
            for file in Putter(api, Memory(api.settings), screen).files(sources):
                stored.append(file)
                if not screen.as_json:
                    typer.echo(f"{file['hash']}  {shown(str(file.get('name')))}")
        except ClientError as error:
            error.document = {"files": stored}
            raise
        screen.answer({"files": stored}, ())


@app.command(short_help="Put a folder with all that is in it.")
def putfolder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What to put.", show_default=False)],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it; its own name if none.")] = None,
    json: Json = False,
) -> None:
    """Put a folder with all files below it, as one entry.

    Links and empty folders are left out. A large folder is resumed as a large file is.
    """
    with drive(context, json=json) as (api, screen):
        sources = walk(folder, screen.note)
        root = folder.resolve()
        called = name or root.name
        found = Putter(api, Memory(api.settings), screen).folder(root, called, sources)
        document = {"hash": found["hash"], "name": called, "dag_size": found.get("size"), "files": len(sources)}
        screen.answer({"folder": document}, [f"{found['hash']}  {shown(called)}/"])


@app.command(short_help="List all there is, or a folder.")
def ls(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="HASH", help="A folder, or HASH/PATH of one in it; if none, all there is.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List what there is, newest first, or what stands in a folder."""
    with drive(context, json=json) as (api, screen):
        found = listing.entries(api, address_of(address) if address else None)
        screen.answer({"files": found}, listing.lines(found, screen.columns))


@app.command(short_help="Get a file, or a folder as a tar.")
def get(  # noqa: PLR0913 - a command's options are its arguments
    context: typer.Context,
    address: Address,
    *,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    extract: Annotated[bool, typer.Option("--extract", help="Unpack a folder, which comes as a tar.")] = False,
    json: Json = False,
) -> None:
    """Get a file, or a folder as a tar.

    A file gets its name once it is whole and has its address. If it is cut off, the same command goes on where it was.
    """
    with drive(context, json=json) as (api, screen):
        wanted = Wanted(address_of(address), output, force, extract)
        found = getting.get(Downloader(api, screen), screen, wanted)
        if found is not None:
            screen.answer(found, [f"{found['hash']}  {size(found['size'])}  {shown(found['file'])}"])


@app.command(short_help="Remove a file or folder.")
def rm(
    context: typer.Context,
    cid: Annotated[str, typer.Argument(metavar="HASH", help="A hash from `ls`.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Remove a file or folder, with all its names."""
    with drive(context, json=json) as (api, screen):
        address = address_of(cid)
        if "/" in address:
            raise UsageError("Only a whole file or folder can be removed: give its hash alone")
        _remove(api, address)
        screen.answer({"removed": address}, [f"{address}  removed"])


def _remove(api: Api, cid: str) -> None:
    try:
        api.call("rm", {"arg": cid})
    except RefusedError as error:
        # A try that was cut off may have been heard all the same.
        if not (error.repeated and error.exit == Exit.NOT_FOUND):
            raise


@app.command(short_help="Show what the account uses.")
def status(context: typer.Context, *, json: Json = False) -> None:
    """Show what the account uses."""
    with drive(context, json=json) as (api, screen):
        document = api.call("status").document
        screen.answer(document, listing.status_lines(document))


@app.command(short_help="Give up an upload that was cut off.")
def abort(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="What was being put.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Give up an upload that was cut off, so that its room is free again."""
    with drive(context, json=json) as (api, screen):
        memory, sessions = Memory(api.settings), Sessions(api)
        found = {kept.upload: kept for place in (path.absolute(), path.resolve()) for kept in memory.of(place)}
        for upload in found:
            try:
                sessions.abort(upload)
            except RefusedError as error:
                if error.code not in ENDED:
                    raise
            memory.forget(upload)
        screen.answer({"aborted": list(found)}, [f"{len(found)} given up"])


def main(prog_name: str = "fluxvault") -> None:
    """Run the command that the arguments name."""
    app(prog_name=prog_name)
