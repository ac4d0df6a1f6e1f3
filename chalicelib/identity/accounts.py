"""What operators do with accounts: open, plan, suspend, and issue or revoke keys."""

import time
from collections.abc import Sequence
from typing import Any

from chalicelib import aws
from chalicelib.identity import drivekeys, plans, tables
from chalicelib.identity.errors import (
    AccountExistsError,
    AccountNotFoundError,
    InvalidPlanError,
    KeyNotFoundError,
    TooManyKeysError,
)
from chalicelib.identity.tables import AccountRow, DriveKeyRow

MOST_KEYS = 10
MOST_NAME = 64


class Accounts:
    """Accounts and their drive keys. A key can never manage keys (spec drive, Access)."""

    def create(self, zelid: str, plan: str, gigabytes: int | None = None, paid_until: int | None = None) -> AccountRow:
        """Open an account.

        Raises:
            AccountExistsError: There is one already.
            InvalidPlanError: No such plan, or its size does not go with it.
            ValueError: Not a ZELID.
        """
        if not drivekeys.valid_zelid(zelid):
            raise ValueError("a ZELID is 3 to 64 letters, digits, '-' and '_'")
        row = AccountRow(
            zelid=zelid,
            plan=plan,
            capacity=plans.capacity(plan, gigabytes),
            paid_until=paid_until,
            created=int(time.time()),
        )
        with aws.transaction() as tx:
            tx.create(row, lambda _old: AccountExistsError())
        return row

    def account(self, zelid: str) -> AccountRow:
        """An account by its ZELID.

        Raises:
            AccountNotFoundError: There is none.
        """
        row = tables.account(zelid)
        if row is None:
            raise AccountNotFoundError
        return row

    @aws.retry_stale
    def issue_key(
        self, zelid: str, name: str, scopes: Sequence[str] = drivekeys.SCOPES, expires: int | None = None
    ) -> tuple[DriveKeyRow, str]:
        """Make a drive key. Returns its row, and the key itself, which is never shown again.

        Raises:
            AccountNotFoundError: No such account.
            TooManyKeysError: The account has ten.
            ValueError: A name of more than 64 characters, or an unknown scope.
        """
        if not 1 <= len(name) <= MOST_NAME or not scopes or not set(scopes) <= set(drivekeys.SCOPES):
            raise ValueError(f"a key has a name of 1 to 64 characters and scopes out of {', '.join(drivekeys.SCOPES)}")
        account = self.account(zelid)
        key_id, key = drivekeys.new()
        row = DriveKeyRow(
            zelid=zelid,
            key_id=key_id,
            name=name,
            digest=drivekeys.digest(key),
            shown=key[: drivekeys.SHOWN],
            scopes=set(scopes),
            created=int(time.time()),
            expires=expires,
        )
        with aws.transaction() as tx:
            tx.create(row)
            tx.update(
                AccountRow(zelid=account.zelid),
                [AccountRow.keys.set(AccountRow.keys + 1)],
                AccountRow.keys < MOST_KEYS,
                lambda _old: TooManyKeysError(),
            )
        return row, key

    def keys(self, zelid: str) -> list[DriveKeyRow]:
        """The keys of an account."""
        return tables.keys(self.account(zelid).zelid)

    def revoke_key(self, zelid: str, key_id: str) -> None:
        """Take a key away; it stops working at once.

        Raises:
            KeyNotFoundError: The account has no such key.
        """
        with aws.transaction() as tx:
            tx.delete(DriveKeyRow(zelid=zelid, key_id=key_id), refusal=lambda _old: KeyNotFoundError())
            tx.update(AccountRow(zelid=zelid), [AccountRow.keys.set(AccountRow.keys - 1)])

    def change_plan(self, zelid: str, plan: str, gigabytes: int | None = None) -> None:
        """Move an account to another plan.

        Raises:
            AccountNotFoundError: No such account.
            InvalidPlanError: No such plan, or it holds less than what is stored.
        """
        capacity = plans.capacity(plan, gigabytes)
        self._set(
            zelid,
            [AccountRow.plan.set(plan), AccountRow.capacity.set(capacity)],
            AccountRow.used <= capacity,
            InvalidPlanError("The account uses more than this plan holds"),
        )

    def set_suspended(self, zelid: str, *, suspended: bool) -> None:
        """Suspend an account, or let it in again.

        Raises:
            AccountNotFoundError: No such account.
        """
        self._set(zelid, [AccountRow.suspended.set(suspended)])

    def set_paid_until(self, zelid: str, paid_until: int | None) -> None:
        """Set when the subscription lapses, in seconds since the epoch; None for never.

        Raises:
            AccountNotFoundError: No such account.
        """
        until = AccountRow.paid_until
        self._set(zelid, [until.remove() if paid_until is None else until.set(paid_until)])

    def _set(self, zelid: str, actions: Sequence[Any], condition: Any = None, unmet: Exception | None = None) -> None:
        with aws.transaction() as tx:
            tx.update(
                AccountRow(zelid=zelid),
                actions,
                condition,
                lambda old: AccountNotFoundError() if old is None else unmet or aws.StaleError(),
            )
