"""Shapes of folders, as requests and answers (spec flux-apis, B.4)."""

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from chalicelib.content.service import NewFolder
from chalicelib.content.tables import ChildRow, FolderRow
from chalicelib.web.management import Shape, moment

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
# At least one letter, and no `_` first: those are words of ours.
Alias = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^([0-9-][0-9_-]*)?[A-Za-z][A-Za-z0-9_-]*$")
]


class UpdateFolder(Shape):
    """Attributes of a folder that may change; what else clients know of is ignored."""

    name: Name | None = None
    alias: Alias | None = None
    auto_remove_revisions: int | None = None
    auto_remove_schema_versions: int | None = None
    embedding_model: str | None = None
    embedding_dimension: int | None = None


class CreateFolder(UpdateFolder):
    """Attributes of a new folder."""

    name: Name
    alias: Alias
    parent: str | None = None
    strict_reference: bool = False
    folder_type: Literal["collection"] = "collection"
    content_type: Literal["document"] = "document"
    mode: str | None = None

    def new(self) -> NewFolder:
        """What the service takes."""
        return NewFolder(self.name, self.alias, self.parent, self.strict_reference)


def folder(row: FolderRow | ChildRow) -> dict[str, Any]:
    """A folder as answers show it."""
    return {
        "key": row.key,
        "name": row.name,
        "alias": row.alias,
        "folder_type": "collection",
        "content_type": "document",
        "strict_reference": row.strict,
        "parent": row.parent,
        "path": ".".join(row.aliases),
        "mode": None,
        "created_at": moment(row.created),
    }
