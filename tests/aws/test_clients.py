"""The contract with botocore, and with the parts of pynamodb that are private (decision 18)."""

from typing import Any

import pytest
from pynamodb.connection.base import Connection

from chalicelib.aws import Aws, connect, current
from chalicelib.settings import Settings
from infra.template import TABLES
from tests.support.calls import Calls
from tests.support.system import System

API_GATEWAY_SECONDS = 29


def test_every_model_reads_and_writes_by_the_shared_client(system: System, calls: Calls) -> None:
    assert [m for m in TABLES if m.connection().connection.client is not system.aws.dynamodb] == []

    assert [row for model in TABLES for row in model.scan()] == []
    assert calls.by_operation() == {"Scan": len(TABLES)}


def test_the_prefix_is_that_of_the_stage(system: System) -> None:
    names = {model.physical_name() for model in TABLES}

    assert len(names) == len(TABLES)
    assert all(name.startswith(system.aws.settings.table_prefix) for name in names)
    assert set(system.aws.dynamodb.list_tables()["TableNames"]) == names


def test_models_follow_a_new_connection(system: System, settings: Settings) -> None:
    before = TABLES[0].connection()

    after = connect(settings.model_copy(update={"table_prefix": "other-"}))

    assert current() is after
    assert after.dynamodb is not system.aws.dynamodb
    assert TABLES[0].connection() is not before
    assert TABLES[0].connection().connection.client is after.dynamodb
    assert TABLES[0].connection().table_name.startswith("other-")


def test_without_a_connection_nothing_is_guessed() -> None:
    with pytest.raises(RuntimeError, match="connect"):
        current()


def test_pynamodb_still_keeps_its_client_where_we_put_ours(system: System) -> None:
    """`aws/model.py` sets `_client`; the public `client` must be that, and must not make another."""
    connection = Connection(region="us-east-1")
    assert connection._client is None

    connection._client = system.aws.dynamodb

    assert connection.client is system.aws.dynamodb
    assert connection._client is system.aws.dynamodb


@pytest.mark.parametrize("name", ["dynamodb", "s3", "kms"])
def test_every_client_gives_up_in_time(system: System, name: str) -> None:
    client: Any = getattr(system.aws, name)
    config = client.meta.config
    tries = config.retries["total_max_attempts"]

    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert tries * (config.connect_timeout + config.read_timeout) < API_GATEWAY_SECONDS
    assert config.max_pool_connections >= 32
    assert getattr(system.aws, name) is client


def test_s3_and_kms_are_made_when_first_used(settings: Settings) -> None:
    fresh = Aws(settings)

    assert {"s3", "kms"}.isdisjoint(vars(fresh))
    assert fresh.kms is vars(fresh)["kms"]
    assert "s3" not in vars(fresh)
