"""What the resources of a folder look like: versions of its schema, and their fields (spec flux-apis, B.5 and B.6)."""

from chalicelib.models.schema import Schema
from chalicelib.models.service import Versions
from chalicelib.models.tables import VersionRow

__all__ = ["Schema", "VersionRow", "Versions"]
