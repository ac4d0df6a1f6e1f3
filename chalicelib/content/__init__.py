"""Folders of an environment, which APIs publish (spec flux-apis, B.3 and B.4)."""

from chalicelib.content.service import Folders
from chalicelib.content.tables import FolderRow

__all__ = ["FolderRow", "Folders"]
