"""Accounts with their plans and quota, and the drive keys that act for them."""

from chalicelib.identity.accounts import Accounts
from chalicelib.identity.drivekeys import Credential
from chalicelib.identity.service import Account, Identity, Scope

__all__ = ["Account", "Accounts", "Credential", "Identity", "Scope"]
