"""`keys`: the generations that wrap every file's key."""

from collections.abc import Mapping
from typing import Annotated

import typer

from chalicelib.workers.rotation import Report
from infra.admin.embedded import forget_cached
from infra.admin.output import Row, connected, moment, say, say_all

keys = typer.Typer(no_args_is_help=True, help="Rotate the key generations, rewrap what is stored, retire old ones.")

ELSEWHERE = (
    "Stored keys are counted, but keys that others keep elsewhere, wrapped by /api/v1/dek/wrap, "
    "cannot be seen from here. What is wrapped under a retired generation is lost for good. Say --yes if you are sure."
)


def _report(report: Report, left: Mapping[int, int]) -> Row:
    by_generation = {f"generation {number}": count for number, count in sorted(left.items())}
    return {"rewrapped": report.rewrapped, "not_ours": report.foreign, **by_generation}


@keys.command("list")
def list_generations() -> None:
    """List the generations, newest first; the first is current."""
    with connected() as system:
        rows = [
            {"generation": one.number, "created": moment(one.created), "retired": moment(one.retired)}
            for one in system.keys.generations()
        ]
        say_all(
            rows, lambda r: f"{r['generation']}  {r['created']}  {r['retired'] or ''}".rstrip(), "no generation yet"
        )


@keys.command("rotate")
def rotate() -> None:
    """Make a new generation; new keys are wrapped under it at once here, elsewhere within KEY_CACHE_SECONDS."""
    with connected() as system:
        say({"generation": system.keys.add_generation()})


@keys.command("sweep")
def sweep(rate: Annotated[float, typer.Option(min=0.1, help="Most keys to rewrap in a second.")] = 100.0) -> None:
    """Rewrap every stored key under the current generation; goes on where one that was killed had come to."""
    with connected() as system:
        report = system.rotation().sweep(rate)
        forget_cached()
        say(_report(report, report.left))


@keys.command("count")
def count() -> None:
    """Count stored keys by generation."""
    with connected() as system:
        report = system.rotation().count()
        say({name: value for name, value in _report(report, report.left).items() if name != "rewrapped"})


@keys.command("retire")
def retire(
    generation: Annotated[int, typer.Argument(help="From `keys list`.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="No key that is kept elsewhere is under it.")] = False,
) -> None:
    """Forget a generation for good; refused while any stored key is under it."""
    if not yes:
        typer.echo(ELSEWHERE, err=True)
        raise typer.Exit(1)
    with connected() as system:
        system.rotation().retire(generation)
        say({"retired": generation})
