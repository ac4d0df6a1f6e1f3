"""Who a caller is, what they may do, and what their account uses."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib import aws
from chalicelib.identity import drivekeys, tables
from chalicelib.identity.drivekeys import Credential
from chalicelib.identity.errors import (
    AccountSuspendedError,
    CapacityExceededError,
    InvalidCredentialsError,
    KeyLacksScopeError,
    SubscriptionNotActiveError,
)
from chalicelib.identity.lastused import LastUsed
from chalicelib.identity.tables import AccountRow, DriveKeyRow

DAY = 86_400

Scope = Literal["read", "write", "list", "delete"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stood when the call was let in.

    Attributes:
        zelid: The tenant, part of every key of its rows.
        row: Its row, for the steps that write it.
        active: Whether the subscription runs; false in the grace time.
    """

    zelid: str
    row: AccountRow
    active: bool

    @property
    def used(self) -> int:
        """Bytes in use."""
        return int(self.row.used)

    @property
    def capacity(self) -> int:
        """Bytes the plan holds."""
        return int(self.row.capacity)


class Identity:
    """Lets callers in and keeps their quota. `clock` gives seconds since the epoch."""

    def __init__(self, grace_days: int) -> None:
        self._grace = grace_days * DAY
        self.clock = time.time
        self._last_used = LastUsed()

    def reads(self, credential: Credential) -> list[aws.Ref]:
        """The rows that `admit` needs, so that a caller can read them together with its own."""
        key = aws.Ref(DriveKeyRow, credential.zelid, credential.key_id)
        return [key, self.account_ref(credential.zelid)]

    @staticmethod
    def account_ref(zelid: str) -> aws.Ref:
        """The row of an account, for `readmit`."""
        return aws.Ref(AccountRow, zelid)

    def admit(self, credential: Credential, rows: Sequence[Any], scope: Scope | None) -> Account:
        """Let a caller in, or not. One call an hour and key, beside the reads: it keeps when the key was last used.

        Args:
            credential: What was presented.
            rows: What the reads gave, in their order.
            scope: What the key must allow; None where any key will do.

        Raises:
            InvalidCredentialsError: No such key.
            AccountSuspendedError: Suspended by an operator.
            SubscriptionNotActiveError: Lapsed, and this is a put, or the grace time is over.
            KeyLacksScopeError: The key was issued for less.
        """
        key, row = rows
        known = drivekeys.matches(credential.key, key.digest if key else None)
        if not known or row is None or (key.expires is not None and key.expires <= self.clock()):
            raise InvalidCredentialsError(headers={"WWW-Authenticate": 'Basic realm="fluxvault"'})
        account = self._judge(row, writes=scope == "write")
        if scope is not None and scope not in key.scopes:
            raise KeyLacksScopeError(f"Key lacks scope {scope}")
        self._last_used.note(key, self.clock())
        return account

    def readmit(self, row: AccountRow | None) -> Account:
        """Judge again, before a write, an account that was let in: its row was read anew.

        Raises:
            InvalidCredentialsError: The account is gone.
            AccountSuspendedError: Suspended since.
            SubscriptionNotActiveError: Lapsed since.
        """
        if row is None:
            raise InvalidCredentialsError
        return self._judge(row, writes=True)

    def _judge(self, row: AccountRow, *, writes: bool) -> Account:
        if row.suspended:
            raise AccountSuspendedError
        late = self.late(row)
        if late > self._grace or (late > 0 and writes):
            raise SubscriptionNotActiveError
        return Account(row.zelid, row, active=late <= 0)

    def is_over(self, row: AccountRow) -> bool:
        """Whether the subscription lapsed longer ago than the grace time."""
        return self.late(row) > self._grace

    def late(self, row: AccountRow) -> float:
        """Seconds since the subscription lapsed; negative or zero while it runs."""
        return -1.0 if row.paid_until is None else self.clock() - row.paid_until

    @staticmethod
    def require_room(account: Account, size: int) -> None:
        """Refuse early what the plan cannot hold, before any byte is stored.

        Raises:
            CapacityExceededError: `size` bytes more would pass the capacity.
        """
        if size > 0 and account.used + size > account.capacity:
            raise CapacityExceededError

    @staticmethod
    def spend(tx: aws.Transaction, account: Account, size: int) -> None:
        """Step: count `size` bytes more for the account, never past its capacity.

        The commit raises CapacityExceededError if the plan does not hold them, and StaleError if the plan or the state
        of the account changed since it was read.
        """

        def refusal(old: dict[str, Any] | None) -> Exception:
            same = old is not None and int(old["capacity"]["N"]) == account.capacity and not old["suspended"]["BOOL"]
            return CapacityExceededError() if same else aws.StaleError()

        if size:
            tables.spend(tx, account.row, size, refusal)

    @staticmethod
    def give_back(tx: aws.Transaction, zelid: str, size: int) -> None:
        """Step: count `size` bytes less for the account."""
        if size:
            tables.give_back(tx, zelid, size)
