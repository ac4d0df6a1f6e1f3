"""Lets callers into an environment: users by JWT, programs by the environment's own keys (spec flux-apis, A)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.identity import Identity
from chalicelib.identity.tables import AccountRow
from chalicelib.members import keys, pairs
from chalicelib.members.errors import (
    AuthenticationFailedError,
    EnvironmentNotFoundError,
    KeyMissingError,
    PermissionDeniedError,
)
from chalicelib.members.tables import EnvironmentKeyRow, EnvironmentRow, ManagementKeyRow, UserRow
from chalicelib.members.tokens import Claims, Tokens
from chalicelib.web.http import Call
from chalicelib.web.management import Rows, Window

MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Member:
    """A caller who was let into an environment."""

    environment: EnvironmentRow
    account: AccountRow


@dataclass(frozen=True, slots=True)
class _Credential:
    """What was presented: the row that must be there, and how it is judged."""

    ref: aws.Ref
    judge: Callable[[Any], bool]
    account: str | None = None


class Members:
    """Admission to environments, and what operators and owners do with them. `clock` gives seconds since the epoch."""

    def __init__(self, identity: Identity, tokens: Tokens) -> None:
        self._identity = identity
        self._tokens = tokens
        # Who owns an environment never changes, so it saves a round trip to remember it.
        self._owners: dict[str, str] = {}
        self.clock = time.time

    def admit(self, call: Call, environment: str, *wanted: aws.Ref) -> tuple[Member, list[Any]]:
        """Let a caller in, and read the operation's own rows along. One call, or two the first time in a process.

        Args:
            call: The request, whose credential is judged.
            environment: Key of the environment.
            wanted: Rows the operation needs; they are only given to those who are let in.

        Raises:
            AuthenticationFailedError: No valid credential.
            EnvironmentNotFoundError: Unknown, or not the caller's.
            PermissionDeniedError: The account is suspended, or has lapsed past its grace.
        """
        credential = self._credential(call)
        owner = self._owners.get(environment)
        known = [aws.Ref(AccountRow, owner)] if owner is not None else []
        asked = [aws.Ref(ref.model, *(keys.plausible(key) for key in ref[1:] if key is not None)) for ref in wanted]
        space_ref = aws.Ref(EnvironmentRow, keys.plausible(environment))
        row, space, *rest = aws.batch_get(credential.ref, space_ref, *known, *asked)
        if row is None or not credential.judge(row):
            raise AuthenticationFailedError
        mine = space is not None and (
            row.environment == environment if isinstance(row, ManagementKeyRow) else row.account == space.account
        )
        if space is None or not mine:
            raise EnvironmentNotFoundError
        account = rest.pop(0) if known else aws.get(AccountRow, space.account)
        self._owners[environment] = space.account
        return Member(space, self.require_active(account)), rest

    def claims(self, call: Call) -> tuple[Claims, AccountRow]:
        """Who signed in, for what is an account's and no environment's. One call.

        Raises:
            AuthenticationFailedError: No valid access token.
            PermissionDeniedError: The account is suspended, or has lapsed past its grace.
        """
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        found = self._tokens.read("access", token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise AuthenticationFailedError
        user, account = aws.batch_get(aws.Ref(UserRow, found.email), aws.Ref(AccountRow, found.account))
        if user is None or user.account != found.account:
            raise AuthenticationFailedError
        return found, self.require_active(account)

    def require_active(self, account: AccountRow | None) -> AccountRow:
        """The account, unless it is suspended or has lapsed.

        Raises:
            PermissionDeniedError: It is one, or is gone.
        """
        if account is None or account.suspended or self._identity.is_over(account):
            raise PermissionDeniedError
        return account

    def _credential(self, call: Call) -> _Credential:
        scheme, _, rest = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            claims = self._tokens.read("access", rest.strip())
            if claims is None:
                raise AuthenticationFailedError
            return _Credential(aws.Ref(UserRow, claims.email), lambda row: row.account == claims.account)
        public, colon, proof = rest.strip().partition(":")
        if scheme.lower() not in {"simple", "secure"} or not colon or len(public) != pairs.PUBLIC_LENGTH:
            raise AuthenticationFailedError
        if scheme.lower() == "simple":
            valid = pairs.is_pair(public, proof)
        else:
            signed = pairs.Signed(call.path, call.body, call.headers.get("date", ""))
            valid = pairs.is_signed(public, proof, signed, self.clock())
        if not valid:
            raise AuthenticationFailedError
        return _Credential(aws.Ref(ManagementKeyRow, public), lambda _row: True)

    def open(self, account: str, name: str) -> EnvironmentRow:
        """Make an environment of an account.

        Raises:
            LookupError: There is no such account.
        """
        row = EnvironmentRow(key=keys.short(), account=account, name=name, created=int(time.time()))
        with aws.transaction() as tx:
            tx.create(row)
            tx.check(AccountRow(zelid=account), AccountRow.zelid.exists(), lambda _old: LookupError("no such account"))
        return row

    def issue_key(self, environment: str, description: str | None) -> tuple[EnvironmentKeyRow, str]:
        """Make a management key; the secret is never shown again. One transaction.

        Raises:
            PermissionDeniedError: The environment has 100.
        """
        public, secret = pairs.new()
        row = EnvironmentKeyRow(
            environment=environment, key=keys.new(), public=public, description=description, created=int(time.time())
        )
        with aws.transaction() as tx:
            tx.create(row)
            tx.create(ManagementKeyRow(public=public, environment=environment))
            tx.update(
                EnvironmentRow(key=environment),
                [EnvironmentRow.keys.set(EnvironmentRow.keys + 1)],
                EnvironmentRow.keys < MOST_KEYS,
                lambda _old: PermissionDeniedError("The environment has as many keys as it may"),
            )
        return row, secret

    @staticmethod
    def keys(environment: str, window: Window) -> Rows:
        """A part of the keys of an environment, in the order they were made. One call."""
        return listed(EnvironmentKeyRow, environment, window)

    @staticmethod
    def require_key(row: EnvironmentKeyRow | None) -> EnvironmentKeyRow:
        """A key's row, which must be there.

        Raises:
            KeyMissingError: It is not.
        """
        if row is None:
            raise KeyMissingError
        return row

    def revoke_key(self, environment: str, row: EnvironmentKeyRow | None) -> None:
        """Take a key away; it stops working at once. One transaction.

        Raises:
            KeyMissingError: There is no such key.
        """
        if row is None:
            raise KeyMissingError
        with aws.transaction() as tx:
            tx.delete(row, refusal=lambda _old: KeyMissingError())
            tx.delete(ManagementKeyRow(public=row.public))
            tx.update(EnvironmentRow(key=environment), [EnvironmentRow.keys.set(EnvironmentRow.keys - 1)])


def listed(model: type[aws.Table], partition: str, window: Window) -> Rows:
    """A part of a partition in the order of its range keys. One call, and one per MiB passed over by a jump."""
    position = window.position
    if position is None and window.offset:
        position, more = aws.position_after(model, partition, window.offset, newest_first=False)
        if not more:
            return Rows([], None, None, more=False)
    start = model.item_key(partition, position) if position is not None else None
    # One more than wanted tells whether any follows.
    rows, following = aws.page(model, partition, limit=window.limit + 1, start=start, newest_first=window.backwards)
    more = window.backwards or following is not None or len(rows) > window.limit
    rows = rows[: window.limit]
    found: Sequence[Any] = list(reversed(rows)) if window.backwards else rows
    name = model.range_name()
    if not found:
        return Rows([], None, None, more=False)
    # Whoever came back from a later page knows that there is one.
    return Rows(found, getattr(found[0], name), getattr(found[-1], name), more=more)
