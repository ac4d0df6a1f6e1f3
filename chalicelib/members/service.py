"""Lets callers into an environment: users by JWT, programs by the environment's own keys (spec flux-apis, A)."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws
from chalicelib.identity import Identity
from chalicelib.identity.tables import AccountRow
from chalicelib.members import credentials, keyring, keys, roles, spaces
from chalicelib.members.errors import AuthenticationFailedError, EnvironmentNotFoundError, PermissionDeniedError
from chalicelib.members.memory import Memory, completed
from chalicelib.members.permissions import EVERYTHING, Grants, Need, Permission
from chalicelib.members.populations import MANAGEMENT
from chalicelib.members.tables import EnvironmentRow, ListedKeyRow, ManagementKeyRow, ManagementRoleRow, UserRow
from chalicelib.members.tokens import Claims, Tokens
from chalicelib.web.http import Call
from chalicelib.web.management import Rows, Window


@dataclass(frozen=True, slots=True)
class Member:
    """A caller who was let into an environment, and what they may do there."""

    environment: EnvironmentRow
    account: AccountRow
    grants: Grants

    def require(self, need: Need) -> None:
        """Ask again, of an object that was not known when the caller was let in.

        Raises:
            PermissionDeniedError: The caller's role does not permit this.
        """
        if not self.grants.allow(need):
            raise PermissionDeniedError

    def require_cover(self, given: Iterable[Permission]) -> None:
        """Nobody gives what they do not have.

        Raises:
            PermissionDeniedError: One of these permissions is more than the caller's own.
        """
        if not all(self.grants.cover(each) for each in given):
            raise PermissionDeniedError("You may not permit what you may not do yourself")


@dataclass(frozen=True, slots=True)
class _Credential:
    """What was presented: the row that must be there, and how it is judged; of a key, its public one."""

    ref: aws.Ref
    judge: Callable[[Any], bool]
    public: str | None = None


class Members:
    """Admission to environments, and what operators and owners do with them. `clock` gives seconds since the epoch."""

    def __init__(self, identity: Identity, tokens: Tokens) -> None:
        self._identity = identity
        self._tokens = tokens
        # Who owns an environment, and which role a key had: read along at once, where they are known.
        self._owners = Memory()
        self._roles = Memory()
        self.clock = time.time

    def admit(self, call: Call, environment: str, need: Need, *wanted: aws.Ref) -> tuple[Member, list[Any]]:
        """Let a caller in, and read the operation's own rows along.

        One call, or two where this process does not know yet who owns the environment, or which role a key has now.

        Args:
            call: The request, whose credential is judged.
            environment: Key of the environment.
            need: What the operation must be permitted.
            wanted: Rows the operation needs; they are only given to those who are let in.

        Raises:
            AuthenticationFailedError: No valid credential.
            EnvironmentNotFoundError: Unknown, or not the caller's.
            PermissionDeniedError: The account is suspended, or has lapsed past its grace; or the caller's role does not
                permit this.
        """
        credential, environment = self._credential(call), keys.plausible(environment)
        guessed = self._guesses(environment, credential)
        asked = [aws.Ref(ref.model, *(keys.plausible(key) for key in ref[1:] if key is not None)) for ref in wanted]
        row, space, *rest = aws.batch_get(credential.ref, aws.Ref(EnvironmentRow, environment), *asked, *guessed)
        if row is None or not credential.judge(row):
            raise AuthenticationFailedError
        is_key = credential.public is not None
        if space is None or (row.environment != environment if is_key else row.account != space.account):
            raise EnvironmentNotFoundError
        role = row.role if is_key else None
        needed = [aws.Ref(AccountRow, space.account)]
        needed += [aws.Ref(ManagementRoleRow, environment, role)] if role is not None else []
        account, *held = completed(needed, guessed, rest[len(asked) :])
        self._owners.set(environment, space.account)
        if credential.public is not None:
            self._roles.set(credential.public, role)
        member = Member(space, self.require_active(account), roles.grants(*held) if held else EVERYTHING)
        member.require(need)
        return member, rest[: len(asked)]

    def _guesses(self, environment: str, credential: _Credential) -> list[aws.Ref]:
        owner = self._owners.get(environment)
        role = self._roles.get(credential.public) if credential.public is not None else None
        found = [aws.Ref(AccountRow, owner)] if owner is not None else []
        return [*found, aws.Ref(ManagementRoleRow, environment, role)] if role is not None else found

    def claims(self, call: Call) -> tuple[Claims, AccountRow]:
        """Who signed in, for what is an account's and no environment's. One call.

        Raises:
            AuthenticationFailedError: No valid access token.
            PermissionDeniedError: The account is suspended, or has lapsed past its grace.
        """
        claims, account, _ = self.signed_in(call, lambda _account: ())
        return claims, account

    def signed_in(
        self, call: Call, wanted: Callable[[str], Sequence[aws.Ref]]
    ) -> tuple[Claims, AccountRow, Sequence[Any]]:
        """As `claims`, with rows of the account read along. One call.

        Args:
            call: The request.
            wanted: Gives the rows, for the key of the account.

        Raises:
            AuthenticationFailedError: No valid access token.
            PermissionDeniedError: The account is suspended, or has lapsed past its grace.
        """
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        found = self._tokens.read("access", token.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise AuthenticationFailedError
        refs = aws.Ref(UserRow, found.email), aws.Ref(AccountRow, found.account)
        user, account, *rest = aws.batch_get(*refs, *wanted(found.account))
        if user is None or user.account != found.account:
            raise AuthenticationFailedError
        return found, self.require_active(account), rest

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
        try:
            public = credentials.presented(call, self.clock())
        except credentials.CredentialError:
            raise AuthenticationFailedError from None
        return _Credential(aws.Ref(ManagementKeyRow, public), lambda _row: True, public)

    @staticmethod
    def open(account: str, name: str) -> EnvironmentRow:
        """Make an environment of an account, for operators: in its standard project, made along with the first.

        Raises:
            LookupError: There is no such account.
        """
        return spaces.open_environment(account, name)

    @staticmethod
    def issue_key(environment: str, description: str | None) -> tuple[ListedKeyRow, str]:
        """Make a management key without a role, for operators; the secret is never shown again. One transaction."""
        return keyring.issue_key(MANAGEMENT, environment, description, keyring.Given(None))


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
