"""How many calls a client may make in a second, over all processes together (decision 11)."""

from chalicelib.limits.errors import TooManyRequestsError
from chalicelib.limits.policy import Client, Policy, Standing
from chalicelib.limits.service import Limiter

__all__ = ["Client", "Limiter", "Policy", "Standing", "TooManyRequestsError"]
