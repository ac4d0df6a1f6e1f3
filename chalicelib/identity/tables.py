"""The rows of accounts and their drive keys."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.update import Action

from chalicelib import aws


class AccountRow(aws.Table):
    """One account: its plan, its state, and the bytes it uses; `writes` counts the changes of those.

    `keys`, `folders`, `apis`, `projects` and `environments` count what its plan, or we, limit; `project` is the key of
    the project that an environment goes to which is put into none.
    """

    class Meta:
        table_name = "accounts"

    zelid = UnicodeAttribute(hash_key=True)
    plan = UnicodeAttribute()
    capacity = NumberAttribute()
    used = NumberAttribute(default=0)
    writes = NumberAttribute(default=0)
    keys = NumberAttribute(default=0)
    folders = NumberAttribute(null=True)
    apis = NumberAttribute(null=True)
    projects = NumberAttribute(null=True)
    environments = NumberAttribute(null=True)
    project = UnicodeAttribute(null=True)
    suspended = BooleanAttribute(default=False)
    paid_until = NumberAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class DriveKeyRow(aws.Table):
    """One drive key of an account; of its secret, only a digest. `last_used` is right to the hour (see `lastused`)."""

    class Meta:
        table_name = "drive-keys"

    zelid = UnicodeAttribute(hash_key=True)
    key_id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    digest = UnicodeAttribute()
    shown = UnicodeAttribute()
    scopes = UnicodeSetAttribute()
    created = NumberAttribute()
    expires = NumberAttribute(null=True)
    last_used = NumberAttribute(null=True)
    tx = UnicodeAttribute(null=True)


def account(zelid: str) -> AccountRow | None:
    """One account. One call."""
    return aws.get(AccountRow, zelid)


def keys(zelid: str) -> list[DriveKeyRow]:
    """All keys of an account: at most ten. One call."""
    return aws.page(DriveKeyRow, zelid).rows


def set_last_used(key: DriveKeyRow, now: int) -> None:
    """Keep when a key was last used, unless it was revoked meanwhile, or used later. One call."""
    earlier = DriveKeyRow.last_used.does_not_exist() | (DriveKeyRow.last_used < now)
    row = DriveKeyRow(zelid=key.zelid, key_id=key.key_id)
    # Without the first condition, a key that was just revoked would come back as a row that holds this alone.
    aws.nudge(row, [DriveKeyRow.last_used.set(now)], DriveKeyRow.zelid.exists() & earlier)


def spend(tx: aws.Transaction, row: AccountRow, size: int, refusal: aws.Refusal) -> None:
    """Step: add `size` bytes to what the account uses, never past the capacity it was read with."""
    room = (AccountRow.used <= int(row.capacity) - size) & (AccountRow.capacity == row.capacity)
    room &= AccountRow.suspended == False  # noqa: E712 - an expression for DynamoDB
    tx.update(AccountRow(zelid=row.zelid), _use(AccountRow.used + size), room, refusal)


def give_back(tx: aws.Transaction, zelid: str, size: int) -> None:
    """Step: take `size` bytes from what the account uses."""
    tx.update(AccountRow(zelid=zelid), _use(AccountRow.used - size), AccountRow.used >= size)


def set_use(tx: aws.Transaction, row: AccountRow, size: int) -> None:
    """Step: what the account uses, if nothing was added or taken since its row was read."""
    tx.update(AccountRow(zelid=row.zelid), _use(size), AccountRow.writes == row.writes)


def _use(size: Any) -> list[Action]:
    return [AccountRow.used.set(size), AccountRow.writes.set(AccountRow.writes + 1)]
