"""`config`: keeps the settings in a file that nobody else may read."""

from dataclasses import asdict
from typing import Annotated

import typer

from . import asking, settings
from .commands import Json, screen


def config(
    context: typer.Context,
    *,
    url: Annotated[str | None, typer.Option(help="Where the drive is, such as https://drive.example.org.")] = None,
    zelid: Annotated[str | None, typer.Option(help="The account.")] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Only say what is kept, and where; the key is not shown.")
    ] = False,
    json: Json = False,
) -> None:
    """Keep address, account and key in a file (mode 0600).

    What is not given is asked for; the key is read from the terminal without echo, or as a line of stdin.
    FLUXVAULT_URL, FLUXVAULT_ZELID and FLUXVAULT_API_KEY in the environment come before what the file says.
    """
    with screen(context, json=json) as made:
        path = settings.config_file()
        if not show:
            given = settings.Settings(
                url or asking.line("Address"),
                zelid or asking.line("ZELID"),
                asking.line("API key", hidden=True).strip(),
            )
            settings.write(asdict(settings.checked(given)), path)
        kept = settings.read(path)
        document = {"file": str(path), "url": kept.get("url"), "zelid": kept.get("zelid"), "api_key": "api_key" in kept}
        key = "(kept)" if document["api_key"] else "-"
        lines = (
            f"file     {path}",
            f"url      {kept.get('url', '-')}",
            f"zelid    {kept.get('zelid', '-')}",
            f"api_key  {key}",
        )
        made.answer(document, lines)
