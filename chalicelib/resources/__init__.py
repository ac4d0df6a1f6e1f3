"""Resources of a folder: documents in revisions, one of which is published (spec flux-apis, B.7; decision 15)."""

from chalicelib.resources.publishing import Publishing
from chalicelib.resources.revisions import Revisions
from chalicelib.resources.service import Resources
from chalicelib.resources.tables import IndexRow, PublishedRow, ResourceRow, RevisionRow, UseRow

__all__ = ["IndexRow", "PublishedRow", "Publishing", "ResourceRow", "Resources", "RevisionRow", "Revisions", "UseRow"]
