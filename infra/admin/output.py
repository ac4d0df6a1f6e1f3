"""How commands answer: a line a fact for people, JSON for scripts, and one clear line when refused."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws
from chalicelib.composition import Services, services
from chalicelib.settings import SettingsError
from chalicelib.web.errors import Refusal
from infra import environment

Row = Mapping[str, Any]
START = "start the local stack with: make run"

as_json = False


def choose_json(*, chosen: bool) -> None:
    """Answer in JSON from now on, or not."""
    global as_json  # noqa: PLW0603 - one command, one answer
    as_json = chosen


def say(facts: Row) -> None:
    """One thing."""
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        width = max(len(name) for name in facts)
        for name, value in facts.items():
            typer.echo(f"{name:<{width}}  {value if value is not None else '-'}")


def moment(seconds: float | None) -> str | None:
    """A moment in UTC, from seconds since the epoch."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds is not None else None


def say_all(rows: Sequence[Row], line: Callable[[Row], str], none: str) -> None:
    """A list of things, a line each; `none` if there are none."""
    if as_json:
        typer.echo(json.dumps(list(rows)))
        return
    for row in rows:
        typer.echo(line(row))
    if not rows and none:
        typer.echo(none)


@contextmanager
def connected() -> Iterator[Services]:
    """The services of the deployment that is meant; a refusal ends the command with one line."""
    try:
        yield services(environment.load())
    except SettingsError as error:
        _end(f"These settings do not do: {error}\nSet them, or {START}")
    except Refusal as refusal:
        _end(f"{refusal.text} ({refusal.code})")
    except (ValueError, LookupError) as error:
        _end(str(error))
    except aws.StaleError:
        _end("Another process is at the same work and goes on with it; look again when it is done")
    except aws.OutcomeUnknownError:
        _end(f"AWS did not answer, so it may be done or not: look, then try again\nIf it is the local one, {START}")
    except aws.StoreError as error:
        _end(f"The store is busy: {type(error).__name__}; try again")
    except (BotoCoreError, ClientError, PynamoDBException, ResponseParserError) as error:
        _end(f"AWS cannot be used: {error}\nIf it is the local one, {START}")


def _end(text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(1)
