"""The domains of one process, as `composition` has wired them."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.apis import Apis, Connections
from chalicelib.blobs import Blobs
from chalicelib.content import Folders
from chalicelib.delivery import Delivery
from chalicelib.drive import Drive
from chalicelib.drive.batches import Batches
from chalicelib.drive.thumbs import Thumbs
from chalicelib.identity import Accounts
from chalicelib.jobs import Handler
from chalicelib.keys import Keys
from chalicelib.members import Members
from chalicelib.members.flux import FluxCallers
from chalicelib.members.users import Users
from chalicelib.metadata import Metadata
from chalicelib.metadata.audit import Audits
from chalicelib.metadata.warming import Warming
from chalicelib.models import Versions
from chalicelib.resources.revision_routes import Domain
from chalicelib.settings import Settings
from chalicelib.uploads import Uploads
from chalicelib.uploads.ending import Ending
from chalicelib.workers.janitor import Charge, Janitor
from chalicelib.workers.published import Published
from chalicelib.workers.reconcile import Reconciler
from chalicelib.workers.rotation import Rotation


@dataclass(frozen=True, slots=True)
class Publishing:
    """The domains through which an account publishes what it holds."""

    users: Users
    members: Members
    callers: FluxCallers
    folders: Folders
    versions: Versions
    content: Domain
    apis: Apis
    connections: Connections


@dataclass(frozen=True, slots=True)
class Services:
    """The domains of one process, wired over one AWS."""

    settings: Settings
    keys: Keys
    metadata: Metadata
    audits: Audits
    warming: Warming
    handlers: Mapping[str, Handler]
    accounts: Accounts
    blobs: Blobs
    thumbs: Thumbs
    drive: Drive
    batches: Batches
    uploads: Uploads
    ending: Ending
    publishing: Publishing
    delivery: Delivery

    def rotation(self) -> Rotation:
        """The operator's work on key generations."""
        return Rotation(self.keys, self.metadata)

    def reconciler(self, grace_seconds: float) -> Reconciler:
        """The check of the books; what is younger than the grace time is left alone."""
        return Reconciler(self.batches, self.metadata, self.blobs, grace_seconds)

    def janitor(self, grace_seconds: float | None = None) -> Janitor:
        """The one who takes away what nobody needs; the grace time is the setting's if None."""
        grace = self.settings.gc_grace_seconds if grace_seconds is None else grace_seconds
        publishing = self.publishing
        published = Published(publishing.apis, publishing.content.resources, publishing.versions)
        charge = Charge(self.batches, self.thumbs, self.uploads, self.ending, published)
        return Janitor(charge, grace)
