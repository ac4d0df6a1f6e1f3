"""`account` and `key`: who may use the drive, and with what."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from chalicelib.identity.tables import AccountRow, DriveKeyRow
from infra.admin.output import connected, say, say_all

account = typer.Typer(no_args_is_help=True, help="Open accounts, change their plan, suspend them.")
key = typer.Typer(no_args_is_help=True, help="Issue, list and revoke the drive keys of an account.")


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    LIST = "list"
    DELETE = "delete"


Zelid = Annotated[str, typer.Argument(help="The account.", show_default=False)]
PlanName = Annotated[str, typer.Option(help="STARTER 10 GB, STANDARD 50, ELITE 100, PRO any.", show_default=False)]
Gigabytes = Annotated[int | None, typer.Option("--gb", help="Size of a PRO plan in GB (2^30 bytes).")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day, UTC.")]
EVERYTHING = list(Scope)


def _seconds(day: datetime | None) -> int | None:
    return int(day.replace(tzinfo=UTC).timestamp()) if day else None


def _day(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d") if seconds is not None else None


def _minute(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%MZ") if seconds is not None else None


def _account(row: AccountRow) -> dict[str, Any]:
    return {
        "zelid": row.zelid,
        "plan": row.plan,
        "capacity_bytes": int(row.capacity),
        "used_bytes": int(row.used),
        "suspended": bool(row.suspended),
        "paid_until": _day(row.paid_until),
        "keys": int(row.keys),
    }


def _key(row: DriveKeyRow) -> dict[str, Any]:
    return {
        "id": row.key_id,
        "name": row.name,
        "prefix": row.shown,
        "scopes": sorted(row.scopes),
        "created": _day(row.created),
        "last_used": _minute(row.last_used),
        "expires": _day(row.expires),
    }


def _line(key: Mapping[str, Any]) -> str:
    used = f"used {key['last_used'] or 'never'}"
    return f"{key['id']}  {key['prefix']}...  {','.join(key['scopes'])}  {used}  {key['name']}"


@account.command("create")
def create(zelid: Zelid, plan: PlanName, gb: Gigabytes = None, paid_until: Until = None) -> None:
    """Open an account."""
    with connected() as system:
        say(_account(system.accounts.create(zelid, plan, gb, _seconds(paid_until))))


@account.command("show")
def show(zelid: Zelid) -> None:
    """Show an account."""
    with connected() as system:
        say(_account(system.accounts.account(zelid)))


@account.command("plan")
def change_plan(zelid: Zelid, plan: PlanName, gb: Gigabytes = None) -> None:
    """Move an account to another plan; refused if it uses more than that holds."""
    with connected() as system:
        system.accounts.change_plan(zelid, plan, gb)
        say(_account(system.accounts.account(zelid)))


@account.command("paid-until")
def paid_until(zelid: Zelid, day: Until = None) -> None:
    """Set the day on which the subscription lapses; without --day, never."""
    with connected() as system:
        system.accounts.set_paid_until(zelid, _seconds(day))
        say(_account(system.accounts.account(zelid)))


@account.command("suspend")
def suspend(zelid: Zelid) -> None:
    """Let an account do nothing any more, from now on."""
    with connected() as system:
        system.accounts.set_suspended(zelid, suspended=True)
        say(_account(system.accounts.account(zelid)))


@account.command("resume")
def resume(zelid: Zelid) -> None:
    """Let a suspended account in again."""
    with connected() as system:
        system.accounts.set_suspended(zelid, suspended=False)
        say(_account(system.accounts.account(zelid)))


@key.command("issue")
def issue(
    zelid: Zelid,
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    scope: Annotated[list[Scope], typer.Option(help="May be given several times.")] = EVERYTHING,
    expires: Until = None,
) -> None:
    """Issue a key. It is shown this once."""
    with connected() as system:
        row, secret = system.accounts.issue_key(zelid, name, [one.value for one in scope], _seconds(expires))
        say({**_key(row), "secret": secret})


@key.command("list")
def list_keys(zelid: Zelid) -> None:
    """List the keys of an account."""
    with connected() as system:
        rows = [_key(row) for row in system.accounts.keys(zelid)]
        say_all(rows, _line, "no keys")


@key.command("revoke")
def revoke(zelid: Zelid, key_id: Annotated[str, typer.Argument(help="From `key list`.", show_default=False)]) -> None:
    """Take a key away; it stops working at once."""
    with connected() as system:
        system.accounts.revoke_key(zelid, key_id)
        say({"revoked": key_id})
