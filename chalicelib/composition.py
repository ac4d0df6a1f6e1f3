"""Wires one process together: settings, then domains, then one Chalice app for the routes of this surface."""

from collections.abc import Mapping
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib import aws
from chalicelib.apis import Apis, Connections
from chalicelib.blobs import Blobs
from chalicelib.content import Folders
from chalicelib.delivery import Delivery
from chalicelib.delivery.service import Stores
from chalicelib.delivery.tables import Tables
from chalicelib.domains import Publishing, Services
from chalicelib.drive import Drive
from chalicelib.drive.batches import Batches
from chalicelib.drive.copies import JOB as COPY
from chalicelib.drive.copies import Copies
from chalicelib.drive.limiting import Limited
from chalicelib.drive.pins import Pins
from chalicelib.drive.service import Beside
from chalicelib.drive.thumbs import JOB as THUMBS
from chalicelib.drive.thumbs import Thumbs
from chalicelib.faces import faces
from chalicelib.identity import Accounts, Identity
from chalicelib.jobs import Handler, Jobs, LocalJobs, SqsJobs
from chalicelib.keys import Keys
from chalicelib.limits import Limiter
from chalicelib.members import Members
from chalicelib.members.flux import FluxCallers
from chalicelib.members.tokens import Tokens
from chalicelib.members.users import Users
from chalicelib.metadata import Metadata
from chalicelib.metadata.audit import JOB as AUDIT
from chalicelib.metadata.audit import Audits
from chalicelib.metadata.cache import Cache, NoCache
from chalicelib.metadata.embedded import EmbeddedCache
from chalicelib.metadata.warming import Limits, Warming
from chalicelib.models import Versions
from chalicelib.models.reindexing import JOB as REINDEX
from chalicelib.resources import Publishing as ResourcePublishing
from chalicelib.resources import Resources, Revisions
from chalicelib.resources.files import Uses
from chalicelib.resources.reindexing import Reindex
from chalicelib.resources.revision_routes import Domain
from chalicelib.settings import Settings
from chalicelib.uploads import Uploads
from chalicelib.uploads.ending import Ending
from chalicelib.uploads.processing import Processing
from chalicelib.uploads.service import JOB as PART
from chalicelib.uploads.service import Limits as UploadLimits
from chalicelib.web import health, observe
from chalicelib.web.routing import mount
from chalicelib.workers.copying import Copying
from chalicelib.workers.thumbnails import Thumbnails

__all__ = ["Publishing", "Services", "build", "services"]

LOCAL_THREADS = 2
"""Threads that do the work beside requests where there is no queue: each part of an upload takes some 50 MB."""


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
    publishing = _publishing(keys, identity, blobs, jobs)
    handlers = {
        AUDIT: audits.work,
        THUMBS: Thumbnails(blobs, thumbs, metadata).work,
        COPY: Copying(blobs).work,
        PART: Processing(blobs, pins, identity, thumbs, ending).work,
        REINDEX: Reindex(publishing.versions, publishing.content.publishing.clearing).work,
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
        publishing=publishing,
        delivery=_delivery(settings, identity, publishing, Stores(blobs, thumbs, copies)),
    )


def _delivery(settings: Settings, identity: Identity, publishing: Publishing, stores: Stores) -> Delivery:
    tables = Tables(publishing.versions, identity, settings.route_cache_seconds)
    return Delivery(tables, publishing.callers, stores, settings.public_url)


def _publishing(keys: Keys, identity: Identity, blobs: Blobs, jobs: Jobs) -> Publishing:
    tokens, folders = Tokens(lambda number: keys.secret("jwt", number)), Folders()
    connections, versions = Connections(folders), Versions(folders, jobs)
    publishing = ResourcePublishing(folders, versions, identity, Uses(blobs, identity))
    clearing = publishing.clearing
    content = Domain(Resources(folders, versions, clearing), Revisions(folders, clearing), publishing)
    return Publishing(
        users=Users(tokens),
        members=Members(identity, tokens),
        callers=FluxCallers(),
        folders=folders,
        versions=versions,
        content=content,
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
    limited = Limited(Limiter(), settings.puts_per_second, settings.reads_per_second)
    mount(chalice_app, faces(made, limited, settings.surface), fallback=health.SERVICE)
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

    def jobs(event: SQSEvent) -> dict[str, Any]:
        from chalicelib.jobs.receiving import receive  # noqa: PLC0415 - no request needs it

        return receive(event.to_dict(), queue_url, handlers)

    chalice_app.on_sqs_message(queue=queue_url.rsplit("/", 1)[-1], batch_size=1, name="jobs")(jobs)
