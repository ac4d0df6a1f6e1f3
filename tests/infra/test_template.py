"""The template: valid CloudFormation, nothing public, nothing lost; and the local stack is made from it."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws import Table
from chalicelib.settings import Settings
from infra.packaging import package
from infra.provision import provision
from infra.stateful.stack import deployed
from infra.template import TABLES, template
from tests.support.system import System

# Beside the tables, one per model.
KINDS = {
    "AWS::S3::Bucket": 2,
    "AWS::S3::BucketPolicy": 2,
    "AWS::KMS::Key": 1,
    "AWS::KMS::Alias": 1,
    "AWS::SQS::Queue": 2,
    "AWS::SQS::QueuePolicy": 1,
    "AWS::SNS::Topic": 1,
}


@pytest.fixture(params=["local", "deployed"])
def made(request: pytest.FixtureRequest, settings: Settings) -> dict[str, Any]:
    return template(settings) if request.param == "local" else deployed(TABLES)


@pytest.fixture
def packages(made: dict[str, Any]) -> int:
    """Buckets for packages, which only AWS needs."""
    return int("PackageBucket" in made["Resources"])


def of_kind(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource for resource in made["Resources"].values() if resource["Type"] == kind]


def test_cfn_lint_accepts_it(made: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    package.write(path, made)
    # What `aws cloudformation deploy` takes without a bucket, which this stack makes.
    assert path.stat().st_size < 51_200
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_all_of_it_is_there(made: dict[str, Any], packages: int) -> None:
    kinds = Counter(resource["Type"] for resource in made["Resources"].values())
    assert kinds.pop("AWS::DynamoDB::Table") == len(TABLES)
    more = {"AWS::S3::Bucket": packages, "AWS::S3::BucketPolicy": packages}
    assert kinds == {kind: count + more.get(kind, 0) for kind, count in KINDS.items()}


def test_the_local_stack_and_a_deployment_differ_in_names_alone(settings: Settings) -> None:
    local, away = template(settings)["Resources"], deployed(TABLES)["Resources"]
    assert set(away) - set(local) == {"PackageBucket", "PackageBucketPolicy"}
    names = {"TableName", "BucketName", "AliasName", "QueueName", "TopicName"}
    for name, resource in local.items():
        mine = resource["Properties"]
        assert {**away[name]["Properties"], **{key: mine[key] for key in names & set(mine)}} == mine


def test_every_model_has_its_table_and_no_table_goes_with_the_stack(made: dict[str, Any]) -> None:
    # A model without a name is what others have in common.
    named = {model for model in _models(Table) if hasattr(model, "Meta")}
    models = {model for model in named if model.__module__.startswith("chalicelib.")}
    assert set(TABLES) == models
    tables = of_kind(made, "AWS::DynamoDB::Table")
    assert len(tables) == len(models)
    for table in tables:
        assert table["DeletionPolicy"] == "Retain"
        assert table["Properties"]["DeletionProtectionEnabled"]
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def _models(base: type[Table]) -> set[type[Table]]:
    return {model for child in base.__subclasses__() for model in ({child} | _models(child))}


def test_buckets_are_private_encrypted_and_tls_only(made: dict[str, Any], packages: int) -> None:
    buckets, policies = of_kind(made, "AWS::S3::Bucket"), of_kind(made, "AWS::S3::BucketPolicy")
    assert (len(buckets), len(policies)) == (2 + packages, 2 + packages)
    for bucket in buckets:
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["Properties"]["BucketEncryption"]
    named = {name for name, resource in made["Resources"].items() if resource["Type"] == "AWS::S3::Bucket"}
    assert {policy["Properties"]["Bucket"]["Ref"] for policy in policies} == named
    for policy in policies:
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_blobs_stay_and_what_is_staged_goes_after_a_day(made: dict[str, Any]) -> None:
    blobs, staging = made["Resources"]["BlobBucket"], made["Resources"]["StagingBucket"]
    quarantined, deleted = blobs["Properties"]["LifecycleConfiguration"]["Rules"]
    (staged,) = staging["Properties"]["LifecycleConfiguration"]["Rules"]

    assert blobs["DeletionPolicy"] == "Retain"
    assert "DeletionPolicy" not in staging
    assert (quarantined["Prefix"], quarantined["Status"]) == ("quarantine/", "Enabled")
    assert blobs["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert (deleted["NoncurrentVersionExpiration"], deleted["Status"]) == ({"NoncurrentDays": 7}, "Enabled")
    assert "ExpirationInDays" not in deleted
    assert (staged["Prefix"], staged["ExpirationInDays"], staged["Status"]) == ("", 1, "Enabled")
    (rule,) = staging["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_the_master_key_rotates_and_stays(made: dict[str, Any]) -> None:
    (key,) = of_kind(made, "AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"]
    assert key["DeletionPolicy"] == "Retain"


def test_what_a_worker_cannot_do_is_set_aside(made: dict[str, Any]) -> None:
    queue, dead = made["Resources"]["Jobs"]["Properties"], made["Resources"]["JobsDeadLetters"]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["JobsDeadLetters", "Arn"]}
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert "RedrivePolicy" not in dead
    assert {one["SqsManagedSseEnabled"] for one in (queue, dead)} == {True}
    assert {one["MessageRetentionPeriod"] for one in (queue, dead)} == {14 * 86_400}
    (statement,) = made["Resources"]["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_provisioning_again_changes_nothing(system: System) -> None:
    kms = system.aws.kms
    before = kms.describe_key(KeyId=system.aws.settings.kms_key_id)["KeyMetadata"]["KeyId"]
    provision(system.aws)
    assert kms.describe_key(KeyId=system.aws.settings.kms_key_id)["KeyMetadata"]["KeyId"] == before
    tables = system.aws.dynamodb.list_tables()["TableNames"]
    assert sorted(tables) == sorted(model.physical_name() for model in TABLES)
    assert system.aws.kms.get_key_rotation_status(KeyId=before)["KeyRotationEnabled"]


def test_rows_that_expire_do_so_on_the_local_stack_too(system: System) -> None:
    expiring = {model.physical_name(): model.ttl_attribute() for model in TABLES if model.ttl_attribute()}
    assert expiring
    for table, attribute in expiring.items():
        described = system.aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}
