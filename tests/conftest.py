"""Fixtures shared by all tests: an AWS in this process, the services wired over it, and a count of their calls."""

from collections.abc import Iterator

import pytest

from chalicelib import aws, composition
from chalicelib.settings import Settings
from tests.support.calls import Calls
from tests.support.jobs import HeldJobs
from tests.support.system import System, moto_aws

pytest_plugins = ["tests.support.botocore_models", "tests.support.ministack", "tests.support.rights"]


@pytest.fixture
def settings() -> Settings:
    return Settings(table_prefix="test-", blob_bucket="test-blobs", kms_key_id="alias/fluxvault-test")


@pytest.fixture
def system(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """The whole system over moto in this process, provisioned and empty."""
    with moto_aws(monkeypatch):
        yield System.make(settings)


@pytest.fixture
def calls(system: System) -> Calls:
    """The AWS calls made from now on, by operation."""
    return Calls(system.aws)


@pytest.fixture(autouse=True, scope="session")
def _jobs_wait() -> Iterator[None]:
    """No job runs in a thread beside a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "LocalJobs", HeldJobs)
        yield


@pytest.fixture(autouse=True)
def _no_connection_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that forgets to ask for a system does not find another's."""
    monkeypatch.setattr(aws.clients, "_current", None)
    yield
    monkeypatch.setattr(aws.clients, "_current", None)
