"""What AWS needs that holds state, as a CloudFormation template made from the models themselves.

The local stack is created from this same template (`infra.provision`), so that what tests run on is what is deployed.
"""

from typing import Any

from chalicelib.apis.tables import ApiRow, ConnectionRow, EndedApiRow, PrefixRow
from chalicelib.aws import Marker, Table
from chalicelib.blobs.tables import BlobRow, TombstoneRow
from chalicelib.content.tables import AliasRow, ChildRow, EndedFolderRow, FolderRow
from chalicelib.drive.tables import BatchRow, CopyRow, EntryRow, ManifestRow, PinRow, ThumbJobRow
from chalicelib.identity.tables import AccountRow, DriveKeyRow
from chalicelib.jobs.tables import ProgressRow
from chalicelib.keys.tables import Generation
from chalicelib.limits.tables import WindowRow
from chalicelib.members.tables import (
    EndedEnvironmentRow,
    EnvironmentFluxKeyRow,
    EnvironmentKeyRow,
    EnvironmentRow,
    FluxKeyRow,
    FluxRoleRow,
    ManagementKeyRow,
    ManagementRoleRow,
    ProjectRow,
    RefreshRow,
    UserRow,
)
from chalicelib.metadata.tables import Record, Total
from chalicelib.models.tables import ReindexRow, VersionRow
from chalicelib.resources.tables import (
    DocumentRow,
    ExternalIdRow,
    IndexRow,
    OwnedRow,
    PublishedRow,
    RemainsRow,
    ResourceRow,
    RevisionRow,
    UseRow,
)
from chalicelib.settings import Settings
from chalicelib.uploads.tables import FilesRow, PartRow, UploadRow
from infra.stateful.names import Names
from infra.stateful.stack import stack

TABLES: tuple[type[Table], ...] = (
    Generation,
    Record,
    Total,
    AccountRow,
    DriveKeyRow,
    BlobRow,
    TombstoneRow,
    PinRow,
    EntryRow,
    ManifestRow,
    BatchRow,
    ThumbJobRow,
    CopyRow,
    UploadRow,
    FilesRow,
    PartRow,
    UserRow,
    RefreshRow,
    ProjectRow,
    EnvironmentRow,
    EndedEnvironmentRow,
    ManagementKeyRow,
    EnvironmentKeyRow,
    ManagementRoleRow,
    FluxKeyRow,
    EnvironmentFluxKeyRow,
    FluxRoleRow,
    FolderRow,
    ChildRow,
    AliasRow,
    EndedFolderRow,
    VersionRow,
    ReindexRow,
    ResourceRow,
    ExternalIdRow,
    OwnedRow,
    RevisionRow,
    DocumentRow,
    PublishedRow,
    IndexRow,
    UseRow,
    RemainsRow,
    ApiRow,
    PrefixRow,
    ConnectionRow,
    EndedApiRow,
    Marker,
    ProgressRow,
    WindowRow,
)


def template(settings: Settings) -> dict[str, Any]:
    """The stateful stack of one stage, under the names that its settings give."""
    return stack(TABLES, Names.of(settings), f"stage {settings.stage}")
