"""A drive whose owner can sign in: users, tokens that end, and keys, as far as the client can see them."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from tests.client.faking import ZELID, Drive, refused, said
from tests.client.serving import Reply, Request

EMAIL, PASSWORD = "alice@example.com", " pass word "
AUTH, REFRESH, KEYS = "/account/auth", "/account/auth/refresh", "/api/v0/keys"
CREATED = "2030-01-01T00:00:00Z"
REFUSED = "Authentication credentials were not provided or are invalid"


class Managed(Drive):
    """A drive with one user; every access token is good for `uses` calls."""

    def __init__(self) -> None:
        super().__init__()
        self.users = {EMAIL: (PASSWORD, ZELID)}
        self.keys: dict[str, dict[str, Any]] = {}
        self.access: dict[str, int] = {}
        self.refresh: dict[str, str] = {}
        self.uses = 1_000
        self.suspended = False
        self._one = threading.Lock()

    def _call(self, request: Request) -> Reply:
        routes: dict[str, Callable[[Request], Reply]] = {
            f"POST {AUTH}": self._sign_in,
            f"POST {REFRESH}": self._renew,
            f"GET {KEYS}": self._listed,
            f"POST {KEYS}": self._make,
        }
        what = f"{request.method} {request.path}"
        answer = self._revoke if what.startswith(f"DELETE {KEYS}/") else routes.get(what)
        if answer is None:
            return super()._call(request)
        with self._one:
            signs = request.path.startswith(AUTH)
            reply = answer(request) if signs else self._admitted(request, answer)
        reply.headers["Date"] = formatdate(time.time() + self.clock_error, usegmt=True)
        return reply

    def _sign_in(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        if self.suspended or self.users.get(asked["email"], ("", ""))[0] != asked["password"]:
            return failed(401, "authentication_failed", REFUSED)
        return self._pair(asked["email"])

    def _renew(self, request: Request) -> Reply:
        token = json.loads(request.body)["refresh"]
        email = None if self.suspended else self.refresh.pop(token, None)
        return self._pair(email) if email else failed(401, "authentication_failed", REFUSED)

    def _pair(self, email: str) -> Reply:
        access, refresh = jwt(self.users[email][1]), secrets.token_urlsafe()
        self.access[access], self.refresh[refresh] = self.uses, email
        return said({"access": access, "refresh": refresh})

    def _admitted(self, request: Request, answer: Callable[[Request], Reply]) -> Reply:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.access.get(token):
            return refused(401, "invalid_credentials", "Invalid credentials")
        if self.suspended:
            return refused(403, "account_suspended", "Account suspended")
        self.access[token] -= 1
        return answer(request)

    def _listed(self, _request: Request) -> Reply:
        return said({"status": "success", "keys": list(self.keys.values())})

    def _make(self, request: Request) -> Reply:
        asked = json.loads(request.body)
        if len(self.keys) == 10:
            return refused(400, "too_many_keys", "Too many keys")
        ends = asked.get("expires")
        key = {
            "id": f"key{len(self.keys)}",
            "name": asked["name"],
            "prefix": "fvk_abcd",
            "scopes": asked.get("scopes", ["delete", "list", "read", "write"]),
            "created": CREATED,
            "last_used": None,
            "expires": None if ends is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends)),
        }
        self.keys[key["id"]] = key
        return said({"status": "success", **key, "secret": f"fvk_{key['id']}_secret"})

    def _revoke(self, request: Request) -> Reply:
        key = request.path.rsplit("/", 1)[1]
        if self.keys.pop(key, None) is None:
            return refused(404, "key_not_found", "No such key")
        return said({"status": "success", "id": key})


def jwt(zelid: str) -> str:
    """An access token: unlike any other, and naming the account."""
    parts = {"alg": "HS256"}, {"acc": zelid, "jti": secrets.token_hex(8)}
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "x"]
    )


def failed(status: int, code: str, text: str) -> Reply:
    """An error as management says it."""
    return said({"message": text, "error_code": code, "detail": None}, status)
