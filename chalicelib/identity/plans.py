"""Plans and what they hold (spec drive, Access)."""

from chalicelib.identity.errors import InvalidPlanError
from chalicelib.settings import GIB

FIXED = {"STARTER": 10, "STANDARD": 50, "ELITE": 100}
"""Gigabytes of the plans that fix them; a GB is 2^30 bytes."""
CUSTOM = "PRO"
MOST_GB = 1_000_000


def capacity(plan: str, gigabytes: int | None = None) -> int:
    """Bytes that a plan holds.

    Args:
        plan: STARTER, STANDARD, ELITE or PRO.
        gigabytes: Needed with PRO, refused with the others.

    Raises:
        InvalidPlanError: No such plan, or `gigabytes` does not go with it.
    """
    if plan == CUSTOM:
        if gigabytes is None or not 1 <= gigabytes <= MOST_GB:
            raise InvalidPlanError(f"{CUSTOM} needs its size: 1 to {MOST_GB} GB")
        return gigabytes * GIB
    if plan not in FIXED:
        raise InvalidPlanError(f"No such plan: choose one of {', '.join(FIXED)}, {CUSTOM}")
    if gigabytes is not None:
        raise InvalidPlanError(f"{plan} has {FIXED[plan]} GB; only {CUSTOM} takes a size")
    return FIXED[plan] * GIB
