"""MiniStack for the tests that need threads, processes, or what moto does not enforce: one process per test run.

Under xdist each worker has its own, on a free port, without state; it ends with the worker.
"""

import os
import uuid
from collections.abc import Iterator
from unittest import mock

import pytest

from chalicelib.settings import Settings
from infra.local.emulator import CREDENTIALS
from infra.local.process import LocalAws
from tests.support.system import System


class Ministack:
    """A running MiniStack, and the systems made over it: each with tables, a bucket and a KMS key of its own."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    @property
    def access(self) -> dict[str, str]:
        """Environment variables by which an AWS client finds it."""
        return {"AWS_ENDPOINT_URL": self.endpoint_url, **CREDENTIALS}

    def system(self, **settings: object) -> System:
        """A provisioned, empty system, to which this process is connected from now on.

        Args:
            settings: Fields of `Settings` that differ from what tests usually have.
        """
        name = f"t{uuid.uuid4().hex[:12]}"
        fresh = {"table_prefix": f"{name}-", "blob_bucket": name, "kms_key_id": f"alias/{name}", "max_inline_bytes": 0}
        # Clients keep what they find here when they are made, so nothing of it outlives this block.
        with mock.patch.dict(os.environ, self.access):
            system = System.make(Settings.model_validate({**fresh, **settings}))
            assert system.aws.presigner
            return system

    def environment(self, system: System) -> dict[str, str]:
        """The environment in which another process, by `Settings.from_env`, works on the same system."""
        fields = system.aws.settings.model_dump(exclude={"region"}, exclude_none=True)
        named = {name.upper(): str(value) for name, value in fields.items()}
        return {**os.environ, **self.access, **named, "AWS_REGION": system.aws.settings.region}


@pytest.fixture(scope="session")
def ministack() -> Iterator[Ministack]:
    """A MiniStack process, shared by the tests of this worker; each makes its own `ministack.system()`."""
    with LocalAws() as local:
        yield Ministack(local.endpoint_url)
