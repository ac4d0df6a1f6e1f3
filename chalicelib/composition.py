"""Wires one process together: settings, then domains, then one Chalice app for the routes of this surface."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib import aws
from chalicelib.apis import Apis, Connections
from chalicelib.apis import routes as api_routes
from chalicelib.blobs import Blobs
from chalicelib.content import Folders
from chalicelib.content import routes as content_routes
from chalicelib.drive import Drive
from chalicelib.drive import routes as drive_routes
from chalicelib.drive.batches import Batches
from chalicelib.drive.copies import JOB as COPY
from chalicelib.drive.copies import Copies
from chalicelib.drive.limiting import Limited
from chalicelib.drive.pins import Pins
from chalicelib.drive.service import Beside
from chalicelib.drive.thumbs import JOB as THUMBS
from chalicelib.drive.thumbs import Thumbs
from chalicelib.identity import Accounts, Identity
from chalicelib.jobs import Handler, LocalJobs, SqsJobs, dispatch
from chalicelib.keys import Keys
from chalicelib.keys import routes as key_routes
from chalicelib.limits import Limiter
from chalicelib.members import Members
from chalicelib.members import routes as member_routes
from chalicelib.members.tokens import Tokens
from chalicelib.members.users import Users
from chalicelib.metadata import Metadata
from chalicelib.metadata import routes as metadata_routes
from chalicelib.metadata.audit import JOB as AUDIT
from chalicelib.metadata.audit import Audits
from chalicelib.metadata.cache import Cache, NoCache
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.warming import Limits, Warming
from chalicelib.settings import Settings, Surface
from chalicelib.uploads import Uploads
from chalicelib.uploads import routes as upload_routes
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.service import JOB as PART
from chalicelib.uploads.service import Limits as UploadLimits
from chalicelib.web import health, observe
from chalicelib.web.management import Lists
from chalicelib.web.routing import Route, Service, mount
from chalicelib.workers.copying import Copying
from chalicelib.workers.janitor import Charge, Janitor
from chalicelib.workers.reconcile import Reconciler
from chalicelib.workers.rotation import Rotation
from chalicelib.workers.thumbnails import Thumbnails

LOCAL_THREADS = 2
"""Threads that do the work beside requests where there is no queue: each part of an upload takes some 50 MB."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """The domains through which an account publishes what it holds."""

    users: Users
    members: Members
    folders: Folders
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

    def rotation(self) -> Rotation:
        """The operator's work on key generations."""
        return Rotation(self.keys, self.metadata)

    def reconciler(self, grace_seconds: float) -> Reconciler:
        """The check of the books; what is younger than the grace time is left alone."""
        return Reconciler(self.batches, self.metadata, self.blobs, grace_seconds)

    def janitor(self, grace_seconds: float | None = None) -> Janitor:
        """The one who takes away what nobody needs; the grace time is the setting's if None."""
        grace = self.settings.gc_grace_seconds if grace_seconds is None else grace_seconds
        charge = Charge(self.batches, self.thumbs, self.uploads, self.ending, self.publishing.apis)
        return Janitor(charge, grace)


def services(settings: Settings) -> Services:
    """Connect to AWS and wire the domains; calls nothing yet."""
    aws.connect(settings)
    keys = Keys(settings.kms_key_id, settings.key_cache_seconds)
    cache = _cache(settings.cache_url)
    metadata, warming = Metadata(cache), Warming(cache, Limits(settings.cache_sync_bytes, settings.cache_most_read))
    identity = Identity(settings.grace_days)
    blobs = Blobs(keys)
    pins = Pins(blobs, metadata, identity)
    jobs = SqsJobs(settings.jobs_queue_url) if settings.jobs_queue_url else LocalJobs(LOCAL_THREADS)
    thumbs = Thumbs(blobs, jobs)
    copies = Copies(blobs, jobs, settings.presign_seconds)
    drive = Drive(blobs, pins, identity, Beside(thumbs, copies), settings.max_file_bytes)
    audits = Audits(jobs)
    ending = Ending(identity)
    bounds = UploadLimits(settings.upload_seconds, settings.presign_seconds, settings.max_file_bytes)
    uploads = Uploads(blobs, identity, jobs, ending, bounds)
    handlers = {
        AUDIT: audits.work,
        THUMBS: Thumbnails(blobs, thumbs, metadata).work,
        COPY: Copying(blobs).work,
        PART: Processing(blobs, pins, identity, thumbs, ending).work,
    }
    if isinstance(jobs, LocalJobs):
        jobs.handle(handlers)
    return Services(
        settings=settings,
        keys=keys,
        metadata=metadata,
        audits=audits,
        warming=warming,
        handlers=handlers,
        accounts=Accounts(),
        blobs=blobs,
        thumbs=thumbs,
        drive=drive,
        batches=Batches(pins, identity),
        uploads=uploads,
        ending=ending,
        publishing=_publishing(keys, identity),
    )


def _publishing(keys: Keys, identity: Identity) -> Publishing:
    tokens, folders = Tokens(lambda number: keys.secret("jwt", number)), Folders()
    connections = Connections(folders)
    return Publishing(
        users=Users(tokens),
        members=Members(identity, tokens),
        folders=folders,
        apis=Apis(connections),
        connections=connections,
    )


def _cache(url: str | None) -> Cache:
    if url is None:
        return NoCache()
    if url == "embedded":
        return EmbeddedCache()
    from chalicelib.metadata.valkey import ValkeyCache  # noqa: PLC0415 - its client is loaded where there is a server

    return ValkeyCache(url)


def build(settings: Settings) -> Chalice:
    """The app of one process. Tests call this too, so the wiring in production is the code under test."""
    observe.set_level(settings.log_level)
    chalice_app = Chalice("fluxvault", configure_logs=False)
    # API Gateway hands every body over as it is, and takes ours as they are.
    chalice_app.api.binary_types = ["*/*"]
    made = services(settings)
    mount(chalice_app, _faces(made, settings.surface), fallback=health.SERVICE)
    if settings.surface != "public":
        _sweep(chalice_app, made)
        if settings.jobs_queue_url:
            _work(chalice_app, settings.jobs_queue_url, made.handlers)
    return chalice_app


def _sweep(chalice_app: Chalice, made: Services) -> None:
    """Let the janitor come by every hour; locally, `make run` does."""

    def janitor(_event: CloudWatchEvent) -> None:
        made.janitor().run()

    chalice_app.schedule(Rate(1, unit=Rate.HOURS), name="janitor")(janitor)


def _work(chalice_app: Chalice, queue_url: str, handlers: Mapping[str, Handler]) -> None:
    """Let SQS hand messages to the handlers, one at a time: one that fails comes again, and alone."""

    def jobs(event: SQSEvent) -> None:
        for record in event:
            dispatch(handlers, json.loads(record.body))

    chalice_app.on_sqs_message(queue=queue_url.rsplit("/", 1)[-1], batch_size=1, name="jobs")(jobs)


def _faces(made: Services, surface: Surface) -> Sequence[tuple[Service, Sequence[Route]]]:
    internal = [
        *metadata_routes.routes(made.metadata, made.audits, made.warming, made.keys),
        *key_routes.routes(made.keys),
    ]
    limited = Limited(Limiter(), made.settings.puts_per_second, made.settings.reads_per_second)
    face = drive_routes.Face(made.settings.public_url, made.settings.max_inline_bytes)
    lists = Lists(made.keys, made.settings.public_url)
    publishing = made.publishing
    management = [
        *member_routes.key_routes(publishing.members, lists),
        *content_routes.routes(publishing.folders, publishing.members, lists),
        *api_routes.routes(publishing.apis, publishing.connections, publishing.members, lists),
    ]
    published: list[tuple[Service, Sequence[Route]]] = [
        (member_routes.ACCOUNT, member_routes.account_routes(publishing.users, publishing.members)),
        (member_routes.MANAGEMENT, management),
    ]
    public = [
        *drive_routes.routes(made.drive, made.keys, limited, face),
        *upload_routes.routes(made.uploads, limited, made.settings.public_url),
        *member_routes.drive_key_routes(made.accounts, publishing.members),
    ]
    faces: dict[Surface, list[tuple[Service, Sequence[Route]]]] = {
        "internal": [(metadata_routes.SERVICE, internal)],
        "public": [(drive_routes.SERVICE, public), *published],
        "all": [(metadata_routes.SERVICE, internal), (drive_routes.SERVICE, public), *published],
    }
    return [*faces[surface], (health.SERVICE, health.routes())]
