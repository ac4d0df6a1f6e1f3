"""The drive: files by their IPFS address, in an account's own list (seed 001)."""

from chalicelib.drive.service import Drive

__all__ = ["Drive"]
