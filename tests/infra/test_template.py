"""The template: valid CloudFormation, nothing public, nothing lost; and the local stack is made from it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.aws import Table
from chalicelib.settings import Settings
from infra.provision import provision
from infra.template import TABLES, template
from tests.support.system import System


@pytest.fixture
def made(settings: Settings) -> dict[str, Any]:
    return template(settings)


def of_kind(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource for resource in made["Resources"].values() if resource["Type"] == kind]


def test_cfn_lint_accepts_it(made: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(made))
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout


def test_every_model_has_its_table_and_no_table_goes_with_the_stack(made: dict[str, Any]) -> None:
    models = {model for model in _models(Table) if model.__module__.startswith("chalicelib.")}
    assert set(TABLES) == models
    tables = of_kind(made, "AWS::DynamoDB::Table")
    assert len(tables) == len(models)
    for table in tables:
        assert table["DeletionPolicy"] == "Retain"
        assert table["Properties"]["DeletionProtectionEnabled"]
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def _models(base: type[Table]) -> set[type[Table]]:
    return {model for child in base.__subclasses__() for model in ({child} | _models(child))}


def test_buckets_are_private_encrypted_and_tls_only(made: dict[str, Any]) -> None:
    buckets, policies = of_kind(made, "AWS::S3::Bucket"), of_kind(made, "AWS::S3::BucketPolicy")
    assert (len(buckets), len(policies)) == (2, 2)
    for bucket in buckets:
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["Properties"]["BucketEncryption"]
    assert {policy["Properties"]["Bucket"]["Ref"] for policy in policies} == {"BlobBucket", "StagingBucket"}
    for policy in policies:
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_blobs_stay_and_what_is_staged_goes_after_a_day(made: dict[str, Any]) -> None:
    blobs, staging = made["Resources"]["BlobBucket"], made["Resources"]["StagingBucket"]
    (quarantined,) = blobs["Properties"]["LifecycleConfiguration"]["Rules"]
    (staged,) = staging["Properties"]["LifecycleConfiguration"]["Rules"]

    assert blobs["DeletionPolicy"] == "Retain"
    assert "DeletionPolicy" not in staging
    assert (quarantined["Prefix"], quarantined["Status"]) == ("quarantine/", "Enabled")
    assert (staged["Prefix"], staged["ExpirationInDays"], staged["Status"]) == ("", 1, "Enabled")
    (rule,) = staging["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_the_master_key_rotates_and_stays(made: dict[str, Any]) -> None:
    (key,) = of_kind(made, "AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"]
    assert key["DeletionPolicy"] == "Retain"


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
