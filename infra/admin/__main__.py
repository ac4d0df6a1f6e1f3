"""`python -m infra.admin`: what an operator does, on the local stack or on AWS."""

from pathlib import Path
from typing import Annotated

import typer

from chalicelib.workers.reconcile import GRACE_SECONDS
from infra.admin import accounts, members, output, rotation
from infra.admin.describing import documents
from infra.admin.embedded import forget_cached

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Fluxvault's operator's commands. Without TABLE_PREFIX in the environment they act on the local stack.",
)
app.add_typer(accounts.account, name="account")
app.add_typer(accounts.key, name="key")
app.add_typer(members.user, name="user")
app.add_typer(members.environment, name="environment")
app.add_typer(rotation.keys, name="keys")


@app.callback()
def options(*, json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """Fluxvault's operator's commands."""
    output.choose_json(chosen=json)


@app.command()
def fsck(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be put right.")] = False,
    grace: Annotated[float, typer.Option(help="Seconds before an object counts as left behind.")] = GRACE_SECONDS,
) -> None:
    """Check the books both ways: tables against one another, and against S3. Changes nothing without --repair."""
    with output.connected() as system:
        found = system.reconciler(grace).check(repair=repair)
        if repair:
            forget_cached()
        rows = [
            {"kind": f.kind, "subject": f.subject, "says": f.says, "repaired": repair and f.repair is not None}
            for f in found
        ]
        output.say_all(rows, _line, "the books balance")
        if any(not row["repaired"] for row in rows):
            raise typer.Exit(1)


@app.command()
def gc(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken away.")] = False,
    grace: Annotated[
        float | None, typer.Option(help="Seconds to keep unused content; GC_GRACE_SECONDS if none.")
    ] = None,
) -> None:
    """Take away content that nobody pins, puts that were cut off, and send lost jobs again; on AWS done every hour."""
    with output.connected() as system:
        report = system.janitor(grace).run(dry=dry_run)
        rows = [
            {"hash": one.cid, "bytes": one.size, "unused_since": output.moment(one.since)} for one in report.collected
        ]
        facts = {"collected": len(rows), "bytes": report.size, "puts_undone": report.undone, "jobs_sent": report.resent}
        if not output.as_json:
            output.say_all(rows, lambda r: f"{r['hash']}  {r['bytes']} bytes, unused since {r['unused_since']}", "")
        output.say({**facts, "dry_run": dry_run, **({"contents": rows} if output.as_json else {})})


@app.command()
def openapi(
    directory: Annotated[Path, typer.Argument(help="Where public.json and internal.json are written.")],
) -> None:
    """Write what the services say of themselves, as OpenAPI: the copy in docs/openapi is made so. Asks no store."""
    directory.mkdir(parents=True, exist_ok=True)
    for surface, text in documents().items():
        (directory / f"{surface}.json").write_text(text)


def _line(row: output.Row) -> str:
    return f"{row['kind']}: {row['subject']}: {row['says']}{' (repaired)' if row['repaired'] else ''}"


if __name__ == "__main__":
    app(prog_name="python -m infra.admin")
