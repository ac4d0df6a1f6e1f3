"""Creates what the template describes, call by call, on an AWS that has no CloudFormation: the local one.

Only what a stand-in can keep is asked of it; doing it again changes nothing.
"""

from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from infra.template import template

_TABLE_PROPERTIES = ("TableName", "BillingMode", "KeySchema", "AttributeDefinitions")


def provision(aws: Aws) -> None:
    """Make every table, bucket and key of the template that is not there yet."""
    resources = template(aws.settings)["Resources"].values()
    by_kind = {
        kind: [r["Properties"] for r in resources if r["Type"] == kind] for kind in {r["Type"] for r in resources}
    }
    for properties in by_kind["AWS::DynamoDB::Table"]:
        _table(aws, properties)
    for properties in by_kind["AWS::S3::Bucket"]:
        _ignoring({"BucketAlreadyOwnedByYou"}, aws.s3.create_bucket, Bucket=properties["BucketName"])
    (key,), (alias,) = by_kind["AWS::KMS::Key"], by_kind["AWS::KMS::Alias"]
    _key(aws, key, alias["AliasName"])


def _table(aws: Aws, properties: dict[str, Any]) -> None:
    wanted = {name: properties[name] for name in _TABLE_PROPERTIES}
    made = _ignoring({"ResourceInUseException"}, aws.dynamodb.create_table, **wanted)
    expiry = properties.get("TimeToLiveSpecification")
    if made and expiry:
        aws.dynamodb.update_time_to_live(TableName=properties["TableName"], TimeToLiveSpecification=expiry)


def _key(aws: Aws, properties: dict[str, Any], alias: str) -> None:
    if _ignoring({"NotFoundException"}, aws.kms.describe_key, KeyId=alias):
        return
    key_id = aws.kms.create_key(Description=properties["Description"])["KeyMetadata"]["KeyId"]
    aws.kms.enable_key_rotation(KeyId=key_id)
    aws.kms.create_alias(AliasName=alias, TargetKeyId=key_id)


def _ignoring(codes: set[str], call: Any, **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
        return False
    return True
