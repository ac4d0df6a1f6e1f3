"""`make destroy`: what runs goes; what holds state goes only if it is named, and its key has 30 days to come back."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from infra.packaging.deploy import Order, Run
from infra.stateful.names import APP
from infra.template import TABLES

PENDING_DAYS = 30
DELETE = "delete"
"""What DATA must be, for data to go."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """What will be removed.

    Attributes:
        stacks: In the order in which they go.
        tables: With every row in them.
        buckets: With every object and every version in them.
        key: Alias of the master key, without which nothing that was ever stored can be read.
    """

    stacks: Sequence[str]
    tables: Sequence[str] = ()
    buckets: Sequence[str] = ()
    key: str | None = None
    kept: Sequence[str] = field(default=())

    def lines(self) -> Iterator[str]:
        """For a person to read before saying yes."""
        for stack in self.stacks:
            yield f"removed: stack {stack}, all that runs in it"
        for table in self.tables:
            yield f"removed: table {table}, every row"
        for bucket in self.buckets:
            yield f"removed: bucket {bucket}, every object and every earlier version"
        if self.key:
            yield f"removed: master key {self.key}, in {PENDING_DAYS} days; without it no backup can be read"
        for what in self.kept:
            yield f"kept:    {what}"


def doomed(order: Order, data: str, account: str) -> Doomed:
    """What `make destroy` would remove: what runs of one stage, or, with `DATA=delete`, the whole deployment."""
    tables = [f"{APP}-{order.deployment}-{model.Meta.table_name}" for model in TABLES]
    buckets = [f"{APP}-{order.deployment}-{use}-{account}" for use in ("blobs", "staging")]
    key = f"alias/{APP}-{order.deployment}"
    if data == DELETE:
        stacks = [order.stack(what) for what in ("public", "internal", "network", "data")]
        return Doomed(stacks, tables, [*buckets, "of packages, as stack data names it"], key)
    kept = [f"{len(tables)} tables {APP}-{order.deployment}-*", *(f"bucket {one}" for one in buckets), f"key {key}"]
    return Doomed([order.stack(order.stage.side)], kept=kept)


def remove_stacks(stacks: Sequence[str], run: Run) -> None:
    """Let stacks go, one after another; one that is not there is gone already."""
    for stack in stacks:
        name = ["--stack-name", stack]
        if stack.endswith("-data"):
            run(["aws", "cloudformation", "update-termination-protection", *name, "--no-enable-termination-protection"])
        run(["aws", "cloudformation", "delete-stack", *name])
        run(["aws", "cloudformation", "wait", "stack-delete-complete", *name])


def remove_data(session: Any, tables: Sequence[str], buckets: Sequence[str], key: str) -> None:
    """Let state go that its stack left behind; what is gone already does not matter.

    Args:
        session: Of boto3, for the account and region that are meant.
        tables: Their names.
        buckets: Their names.
        key: Alias of the master key.
    """
    dynamodb, kms = session.client("dynamodb"), session.client("kms")
    for table in tables:
        with _gone_already():
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            dynamodb.delete_table(TableName=table)
    for bucket in buckets:
        empty(session, bucket)
        with _gone_already():
            session.client("s3").delete_bucket(Bucket=bucket)
    with _gone_already():
        found = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"]
        kms.delete_alias(AliasName=key)
        kms.schedule_key_deletion(KeyId=found, PendingWindowInDays=PENDING_DAYS)


def empty(session: Any, bucket: str) -> None:
    """Delete every object and every version in a bucket."""
    with _gone_already():
        session.resource("s3").Bucket(bucket).object_versions.delete()


@contextlib.contextmanager
def _gone_already() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ResourceNotFoundException", "NoSuchBucket", "NotFoundException"}:
            raise
