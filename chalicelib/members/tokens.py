"""JWTs of users: an access token for a day, a refresh token for a week that is used once (spec flux-apis, A.3)."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ACCESS_SECONDS = 86_400
REFRESH_SECONDS = 7 * 86_400

Kind = Literal["access", "refresh"]
Secret = Callable[[int | None], tuple[int, bytes]]
"""Gives the secret of a key generation by its number, the current one for None; LookupError if there is none."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose it is (e-mail address and account), and its own id."""

    email: str
    account: str
    id: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens: HS256, under a secret of the key generation that `kid` names."""

    secret: Secret
    clock: Callable[[], float] = time.time

    def make(self, kind: Kind, email: str, account: str) -> tuple[str, Claims]:
        """A new token and what it says."""
        import jwt  # noqa: PLC0415 - it takes long to load, and most processes meet no token

        number, secret = self.secret(None)
        now = int(self.clock())
        claims = Claims(email, account, secrets.token_urlsafe(16))
        life = ACCESS_SECONDS if kind == "access" else REFRESH_SECONDS
        payload = {"sub": email, "acc": account, "jti": claims.id, "iat": now, "exp": now + life, "token_type": kind}
        return jwt.encode(payload, secret, algorithm="HS256", headers={"kid": str(number)}), claims

    def read(self, kind: Kind, token: str) -> Claims | None:
        """What a token says; None if it is not a token of ours of this kind, or is over."""
        import jwt  # noqa: PLC0415 - see `make`

        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            if not (isinstance(kid, str) and kid.isascii() and kid.isdigit() and len(kid) < 9):  # noqa: PLR2004 - digits
                return None
            _, secret = self.secret(int(kid))
            required = ["sub", "acc", "jti", "iat", "exp", "token_type"]
            # Time is judged here, by our clock.
            options = {"require": required, "verify_exp": False, "verify_iat": False}
            said = jwt.decode(token, secret, algorithms=["HS256"], options=options)  # type: ignore[arg-type]
        except (jwt.InvalidTokenError, LookupError, ValueError):
            return None
        if said["token_type"] != kind or not said["iat"] <= self.clock() + 60 or said["exp"] <= self.clock():
            return None
        return Claims(said["sub"], said["acc"], said["jti"])
