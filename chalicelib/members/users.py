"""Users: made by operators, signed in by password, kept signed in by refresh tokens that are used once."""

import time
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import aws
from chalicelib.identity.tables import AccountRow
from chalicelib.members.errors import AuthenticationFailedError, UserExistsError
from chalicelib.members.tables import RefreshRow, UserRow
from chalicelib.members.tokens import REFRESH_SECONDS, Tokens

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_PASSWORD, MOST_PASSWORD = 8, 256
MOST_EMAIL = 254


class Users:
    """Users and their tokens. `may_enter` tells whether an account may be used at all."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher  # noqa: PLC0415 - loaded at first use: it costs a cold start

        return PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        # What an unknown user's password is compared with, so that it takes as long.
        return self._hasher.hash("nobody")

    def add(self, email: str, password: str, account: str) -> UserRow:
        """Make a user of an account.

        Raises:
            UserExistsError: There is one with this address.
            ValueError: Not an e-mail address, or a password of fewer than 8 or more than 256 characters.
            LookupError: There is no such account.
        """
        email = email.strip().lower()
        name, at, host = email.partition("@")
        if not (name and at and "." in host and len(email) <= MOST_EMAIL):
            raise ValueError("not an e-mail address")
        row = UserRow(email=email, account=account, password=self._hashed(password), created=int(time.time()))
        with aws.transaction() as tx:
            tx.create(row, lambda _old: UserExistsError())
            tx.check(AccountRow(zelid=account), AccountRow.zelid.exists(), lambda _old: LookupError("no such account"))
        return row

    def set_password(self, email: str, password: str) -> None:
        """Give a user another password; who is signed in stays so.

        Raises:
            LookupError: There is no such user.
            ValueError: A password of fewer than 8 or more than 256 characters.
        """
        row, hashed = UserRow(email=email.strip().lower()), self._hashed(password)
        with aws.transaction() as tx:
            tx.update(row, [UserRow.password.set(hashed)], refusal=lambda _old: LookupError("no such user"))

    def _hashed(self, password: str) -> str:
        if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
            raise ValueError(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters")
        return self._hasher.hash(password)

    def sign_in(self, email: str, password: str) -> tuple[UserRow, AccountRow | None]:
        """The user with this password, and their account. Two calls.

        Raises:
            AuthenticationFailedError: There is none: which of the two is wrong is not told.
        """
        row = aws.get(UserRow, email.strip().lower()[:MOST_EMAIL] or "-")
        if not self._matches(row.password if row is not None else self._nobody, password) or row is None:
            raise AuthenticationFailedError
        return row, aws.get(AccountRow, row.account)

    def _matches(self, kept: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - see `_hasher`

        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def issue(self, user: UserRow, used: str | None = None) -> tuple[str, str]:
        """A new pair of tokens, access and refresh; `used` is the id of the refresh token that is used up for it.

        Raises:
            AuthenticationFailedError: That token was used before.
        """
        access, _ = self._tokens.make("access", user.email, user.account)
        refresh, claims = self._tokens.make("refresh", user.email, user.account)
        expires = datetime.now(UTC) + timedelta(seconds=REFRESH_SECONDS)
        with aws.transaction() as tx:
            tx.create(RefreshRow(id=claims.id, email=user.email, expires=expires))
            if used is not None:
                tx.delete(RefreshRow(id=used), refusal=lambda _old: AuthenticationFailedError())
        return access, refresh

    def refresh(self, token: str) -> tuple[UserRow, AccountRow | None, str]:
        """Whose a refresh token is, their account, and the token's id. One call.

        Raises:
            AuthenticationFailedError: It is none, is over, or its user is gone.
        """
        claims = self._tokens.read("refresh", token)
        if claims is None:
            raise AuthenticationFailedError
        user, account = aws.batch_get(aws.Ref(UserRow, claims.email), aws.Ref(AccountRow, claims.account))
        if user is None or user.account != claims.account:
            raise AuthenticationFailedError
        return user, account, claims.id
