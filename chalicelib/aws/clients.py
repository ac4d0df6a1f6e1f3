"""One botocore session, and the clients made from it."""

import threading
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config

from chalicelib.settings import Settings

_POOL = 64


def _config(read_timeout: int) -> Config:
    # Two tries of each call, connection and answer included, stay well inside API Gateway's 29 s.
    retries = {"mode": "standard", "total_max_attempts": 2}
    return Config(connect_timeout=1, read_timeout=read_timeout, retries=retries, max_pool_connections=_POOL)


class Aws:
    """The clients of one process. S3, KMS and SQS are made when first used, since many calls need neither.

    `connections` holds what `model` makes of the DynamoDB client, by model.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = botocore.session.Session()
        self._lock = threading.RLock()
        self.dynamodb: Any = self._client("dynamodb", read_timeout=4)
        self.connections: dict[type, Any] = {}

    def _client(self, service: str, read_timeout: int) -> Any:
        # botocore's own client factory is not thread-safe.
        with self._lock:
            region = self.settings.region
            return self.session.create_client(service, region_name=region, config=_config(read_timeout))

    @cached_property
    def s3(self) -> Any:
        """Client of the blob bucket."""
        return self._client("s3", read_timeout=10)

    @cached_property
    def presigner(self) -> Any:
        """Client that makes links: it signs nothing that the one who uses a link would have to compute."""
        with self._lock:
            config = Config(signature_version="s3v4", request_checksum_calculation="when_required")
            return self.session.create_client("s3", region_name=self.settings.region, config=config)

    @cached_property
    def sqs(self) -> Any:
        """Client of the queue of work."""
        return self._client("sqs", read_timeout=4)

    @cached_property
    def kms(self) -> Any:
        """Client of the key service."""
        return self._client("kms", read_timeout=4)


_current: Aws | None = None


def connect(settings: Settings) -> Aws:
    """Make the clients of this process; the models use them from now on."""
    global _current  # noqa: PLW0603 - pynamodb's models are classes, so what they share is global
    _current = Aws(settings)
    return _current


def current() -> Aws:
    """The clients of this process.

    Raises:
        RuntimeError: `connect` was not called.
    """
    if _current is None:
        raise RuntimeError("chalicelib.aws.connect() was not called")
    return _current
