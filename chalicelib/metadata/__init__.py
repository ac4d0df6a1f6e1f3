"""File records, and exact totals over all of them (seed 000)."""

from chalicelib.metadata.service import Metadata

__all__ = ["Metadata"]
