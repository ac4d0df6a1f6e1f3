"""What is limited, whose calls are counted together, and how a client is told where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

WINDOW_SECONDS = 1
"""A window is a calendar second: what is left of one is gone with it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit, the same for every client.

    Attributes:
        name: Short and lower case; part of the rows' keys and of the headers.
        quota: Calls a second.
        leased: Whether a process may take several tokens at once and keep them for the calls to come. Such calls are
            also let in when the store fails; those of other policies then fail.
    """

    name: str
    quota: int
    leased: bool


class Client(NamedTuple):
    """Whose calls are counted together: an account, seen from one address (spec drive, Access)."""

    zelid: str
    ip: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a client stands after a call was counted, or refused.

    Attributes:
        policy: The limit.
        left: Tokens of this window that are not given away, as far as this process knows, and those it holds.
        window: The second, since the epoch, in whose window the call was counted; None if the store failed.
    """

    policy: Policy
    left: int
    window: int | None

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the answer (draft-ietf-httpapi-ratelimit-headers)."""
        name, quota = self.policy.name, self.policy.quota
        return {
            "RateLimit-Policy": f'"{name}";q={quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{name}";r={self.left};t={WINDOW_SECONDS}',
        }
