"""Who may manage what an account publishes: users with passwords, environments, and their keys (flux-apis, A)."""

from chalicelib.members.service import Member, Members
from chalicelib.members.tables import EnvironmentRow

__all__ = ["EnvironmentRow", "Member", "Members"]
