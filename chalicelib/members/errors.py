"""What management refuses before it looks at anything (spec flux-apis, A.4 and E)."""

from chalicelib.web.errors import Refusal


class AuthenticationFailedError(Refusal):
    """No credential, or one that is malformed, unknown or over: which is not told."""

    status = 401
    code = "authentication_failed"
    text = "Authentication credentials were not provided or are invalid"


class PermissionDeniedError(Refusal):
    """The caller is known, and may not do this."""

    status = 403
    code = "permission_denied"
    text = "You may not do this"


class EnvironmentNotFoundError(Refusal):
    """There is no such environment, or it is not the caller's: which is not told."""

    status = 404
    code = "environment_not_found"
    text = "Environment not found"


class UserExistsError(Refusal):
    """A user with this e-mail address exists."""

    status = 409
    code = "user_exists"
    text = "A user with this e-mail address exists"


class KeyMissingError(Refusal):
    """The environment has no such key."""

    status = 404
    code = "key_not_found"
    text = "Key not found"
