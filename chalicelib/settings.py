"""The settings of one process: read once from the environment, typed, and never changed afterwards."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

GIB = 2**30
MAX_FILE_BYTES = 5 * GIB

Surface = Literal["all", "public", "internal"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

# What people leave in a template: a stage that would encrypt under such a key must not start.
_PLACEHOLDERS = frozenset({"changeme", "change-me", "placeholder", "example", "todo", "xxx", "none", "null"})


def _is_placeholder(value: str) -> bool:
    bare = value.removeprefix("alias/")
    return bare in _PLACEHOLDERS or bare.startswith("<") or "127.0.0.1" in bare or "localhost" in bare


class SettingsError(Exception):
    """The environment does not describe a process that may start; the message names every variable at fault."""


class Settings(BaseModel):
    """What one process needs to know. Every field is the environment variable of the same name, in upper case.

    Attributes:
        stage: Name of the deployment; `local` is the only one that accepts placeholders.
        surface: Which routes exist: `public` (drive), `internal` (metadata and keys) or `all`.
        region: AWS region (`AWS_REGION`, which Lambda sets itself).
        table_prefix: Put before the name of every DynamoDB table.
        blob_bucket: S3 bucket of encrypted blobs.
        staging_bucket: S3 bucket of uploads under way and copies to download, emptied after a day; by default the name
            of the blob bucket with `-staging` after it.
        kms_key_id: Id, ARN or alias of the KMS key that wraps key generations.
        public_url: Base of absolute URLs in answers; never taken from a header.
        key_cache_seconds: How long an unwrapped key generation is kept; also how soon a disabled KMS key takes effect.
        cache_url: Where records are cached: a Valkey or Redis server, `embedded` in the only process, or nowhere.
        cache_sync_bytes: Most serialised metadata that one sync may cache (public page: 450 MB).
        cache_most_read: How many of a user's records count as most often read.
        jobs_queue_url: SQS queue of work beside requests; without one, a thread of this process does it.
        presign_seconds: How long a link to the staging bucket is good.
        upload_seconds: How long an upload may take from its beginning to `complete`.
        max_inline_bytes: Most bytes of content in one answer; 0 for no limit but memory.
        max_file_bytes: Largest file the drive takes (seed 001: 5 GB).
        grace_days: How long reads go on after a subscription has lapsed.
        gc_grace_seconds: How long a content that nobody pins is kept.
        puts_per_second: Most calls that write, per account and address (seed 001: 150).
        reads_per_second: Most calls that read, per account and address (seed 001: 1500).
        log_level: Level of the structured logs.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: Name = "local"
    surface: Surface = "all"
    region: Name = Field(default="us-east-1", validation_alias="aws_region")
    table_prefix: Name
    blob_bucket: Name
    staging_bucket: Name = Field(default_factory=lambda known: f"{known.get('blob_bucket')}-staging")
    kms_key_id: Name
    public_url: Name = "http://127.0.0.1:8000"
    key_cache_seconds: float = Field(default=300, ge=0, le=3600)
    cache_url: Annotated[str, StringConstraints(pattern=r"^(embedded|(valkey|redis)s?://.+)$")] | None = None
    jobs_queue_url: Name | None = None
    cache_sync_bytes: int = Field(default=450_000_000, ge=1)
    cache_most_read: int = Field(default=100, ge=1, le=1000)
    presign_seconds: int = Field(default=900, ge=1, le=43_200)
    upload_seconds: int = Field(default=86_400, ge=1, le=86_400)
    max_inline_bytes: int = Field(default=4_400_000, ge=0)
    max_file_bytes: int = Field(default=MAX_FILE_BYTES, ge=1, le=MAX_FILE_BYTES)
    grace_days: int = Field(default=30, ge=0, le=365)
    gc_grace_seconds: float = Field(default=86_400, ge=0)
    puts_per_second: int = Field(default=150, ge=1)
    reads_per_second: int = Field(default=1500, ge=1)
    route_cache_seconds: float = Field(default=5, ge=0, le=300)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _refuse_placeholders(self) -> Self:
        if self.stage == "local":
            return self
        names = ("table_prefix", "blob_bucket", "staging_bucket", "kms_key_id", "public_url")
        faults = [name.upper() for name in names if _is_placeholder(str(getattr(self, name)).lower())]
        if faults:
            raise ValueError("; ".join(f"{name} is a placeholder, which only STAGE=local accepts" for name in faults))
        if self.cache_url == "embedded":
            # Lambda is many processes, and another one's memory would show a deleted record.
            raise ValueError("CACHE_URL=embedded is for STAGE=local, where there is one process")
        return self

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Build the settings from environment variables.

        Args:
            environ: Usually `os.environ`; names are compared without regard to case.

        Raises:
            SettingsError: A variable is missing, malformed or a placeholder outside the local stage.
        """
        try:
            return cls.model_validate({name.lower(): value for name, value in environ.items() if value})
        except ValidationError as error:
            faults = (f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors())
            raise SettingsError("; ".join(faults)) from None
