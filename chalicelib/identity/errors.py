"""What an account or its key is refused (seed 001, Authentication & Errors; spec drive, Access)."""

from chalicelib.web.errors import Refusal


class InvalidCredentialsError(Refusal):
    """No such account or key, or no Basic credentials at all: which one is not told."""

    status = 401
    code = "invalid_credentials"
    text = "Invalid credentials"


class SubscriptionNotActiveError(Refusal):
    """The subscription has lapsed: puts stop at once, reads after the grace time."""

    status = 402
    code = "subscription_not_active"
    text = "Subscription not active"


class AccountSuspendedError(Refusal):
    """An operator suspended the account."""

    status = 403
    code = "account_suspended"
    text = "Account suspended"


class KeyLacksScopeError(Refusal):
    """The key was issued without the scope that this call needs."""

    status = 403
    code = "key_lacks_scope"


class CapacityExceededError(Refusal):
    """The plan's capacity would be passed."""

    status = 413
    code = "storage_capacity_exceeded"
    text = "Storage capacity exceeded"


class AccountExistsError(Refusal):
    """An account with this ZELID exists."""

    status = 409
    code = "account_exists"
    text = "Account exists"


class AccountNotFoundError(Refusal):
    """There is no such account."""

    status = 404
    code = "account_not_found"
    text = "No such account"


class KeyNotFoundError(Refusal):
    """The account has no such key."""

    status = 404
    code = "key_not_found"
    text = "No such key"


class TooManyKeysError(Refusal):
    """An account has at most ten keys."""

    status = 400
    code = "too_many_keys"
    text = "Too many keys"


class InvalidPlanError(Refusal):
    """No such plan, or a size where the plan fixes one, or a plan smaller than what is stored."""

    status = 400
    code = "invalid_plan"
