"""Routes of signing in, and of an account's drive keys (flux-apis, A.3; drive, Access)."""

from http import HTTPStatus

from chalicelib.identity import Accounts
from chalicelib.identity.errors import AccountSuspendedError, InvalidCredentialsError
from chalicelib.members import schemas
from chalicelib.members.errors import AuthenticationFailedError, PermissionDeniedError
from chalicelib.members.service import Members
from chalicelib.members.tokens import Claims
from chalicelib.members.users import Users
from chalicelib.web.errors import InvalidRequestError
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.management import body, envelope
from chalicelib.web.parsing import json_body
from chalicelib.web.routing import Route, Service

MANAGEMENT = Service("management", "/v1", envelope)
ACCOUNT = Service("account", "/account", envelope)
NO_CONTENT = Reply(b"", HTTPStatus.NO_CONTENT)


def account_routes(users: Users, members: Members) -> list[Route]:
    """Signing in, and staying signed in."""

    def auth(call: Call) -> Reply:
        shape = body(call, schemas.SignIn)
        user, account = users.sign_in(shape.email, shape.password)
        _require_active(members, account)
        return as_json(schemas.tokens(*users.issue(user)))

    def refresh(call: Call) -> Reply:
        user, account, used = users.refresh(body(call, schemas.Refresh).refresh)
        _require_active(members, account)
        return as_json(schemas.tokens(*users.issue(user, used)))

    return [Route("POST", "/account/auth", auth), Route("POST", "/account/auth/refresh", refresh)]


def _require_active(members: Members, account: object) -> None:
    try:
        members.require_active(account)  # type: ignore[arg-type]
    except PermissionDeniedError:
        # To someone who is not signed in, an account in trouble looks like none.
        raise AuthenticationFailedError from None


def drive_key_routes(accounts: Accounts, members: Members) -> list[Route]:
    """The drive keys of the account that signed in: a key itself can never manage keys."""

    def owner(call: Call) -> Claims:
        try:
            return members.claims(call)[0]
        except AuthenticationFailedError:
            raise InvalidCredentialsError(headers={"WWW-Authenticate": "Bearer"}) from None
        except PermissionDeniedError:
            raise AccountSuspendedError from None

    def every(call: Call) -> Reply:
        rows = accounts.keys(owner(call).account)
        return as_json({"status": "success", "keys": [schemas.drive_key(row) for row in rows]})

    def create(call: Call) -> Reply:
        account = owner(call).account
        shape = json_body(call, schemas.CreateDriveKey)
        scopes = {"scopes": shape.scopes} if shape.scopes is not None else {}
        try:
            row, secret = accounts.issue_key(account, shape.name, expires=shape.expires, **scopes)
        except ValueError as error:
            raise InvalidRequestError(detail=[{"field": "scopes", "problem": str(error)}]) from None
        return as_json({"status": "success", **schemas.drive_key(row), "secret": secret})

    def delete(call: Call) -> Reply:
        accounts.revoke_key(owner(call).account, call.params["id"])
        return as_json({"status": "success", "id": call.params["id"]})

    return [
        Route("GET", "/api/v0/keys", every),
        Route("POST", "/api/v0/keys", create),
        Route("DELETE", "/api/v0/keys/{id}", delete),
    ]
