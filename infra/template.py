"""What AWS needs that holds state, as a CloudFormation template made from the models themselves.

The local stack is created from this same template (`infra.provision`), so that what tests run on is what is deployed.
"""

from typing import Any

from chalicelib.aws import Marker, Table
from chalicelib.blobs import objects
from chalicelib.blobs.tables import BlobRow, TombstoneRow
from chalicelib.drive.tables import BatchRow, EntryRow, ManifestRow, PinRow, ThumbJobRow
from chalicelib.identity.tables import AccountRow, DriveKeyRow
from chalicelib.jobs.tables import ProgressRow
from chalicelib.keys.tables import Generation
from chalicelib.limits.tables import WindowRow
from chalicelib.metadata.tables import Record, Total
from chalicelib.settings import Settings

QUARANTINE_DAYS = 30
"""How long an object that no row knows is kept, once it was moved out of the way."""

TABLES: tuple[type[Table], ...] = (
    Generation,
    Record,
    Total,
    AccountRow,
    DriveKeyRow,
    BlobRow,
    TombstoneRow,
    PinRow,
    EntryRow,
    ManifestRow,
    BatchRow,
    ThumbJobRow,
    Marker,
    ProgressRow,
    WindowRow,
)


def template(settings: Settings) -> dict[str, Any]:
    """The stateful stack of one stage: tables, the blob bucket, the KMS key under its alias."""
    resources = {f"{model.__name__}Table": _table(model, settings) for model in TABLES}
    resources |= {"BlobBucket": _bucket(settings), "BlobBucketPolicy": _bucket_policy()}
    resources |= {"MasterKey": _key(), "MasterKeyAlias": _alias(settings)}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Fluxvault, stage {settings.stage}: everything that holds state",
        "Resources": resources,
    }


def _retained(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": properties}


def _table(model: type[Table], settings: Settings) -> dict[str, Any]:
    properties = {
        "TableName": f"{settings.table_prefix}{model.Meta.table_name}",
        "BillingMode": "PAY_PER_REQUEST",
        **model.key_schema(),
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    if (expires := model.ttl_attribute()) is not None:
        properties["TimeToLiveSpecification"] = {"AttributeName": expires, "Enabled": True}
    return _retained("AWS::DynamoDB::Table", properties)


def _bucket(settings: Settings) -> dict[str, Any]:
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    properties = {
        "BucketName": settings.blob_bucket,
        "PublicAccessBlockConfiguration": dict.fromkeys(blocked, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        # What `fsck` moved out of the way, and nobody has missed since.
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "quarantine",
                    "Status": "Enabled",
                    "Prefix": objects.QUARANTINE,
                    "ExpirationInDays": QUARANTINE_DAYS,
                }
            ]
        },
    }
    return _retained("AWS::S3::Bucket", properties)


def _bucket_policy() -> dict[str, Any]:
    arn = {"Fn::GetAtt": ["BlobBucket", "Arn"]}
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, {"Fn::Join": ["/", [arn, "*"]]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "BlobBucket"}, "PolicyDocument": policy}}


def _key() -> dict[str, Any]:
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    statement = {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"Description": "Wraps Fluxvault's key generations", "EnableKeyRotation": True, "KeyPolicy": policy}
    return _retained("AWS::KMS::Key", properties)


def _alias(settings: Settings) -> dict[str, Any]:
    properties = {"AliasName": settings.kms_key_id, "TargetKeyId": {"Ref": "MasterKey"}}
    return {"Type": "AWS::KMS::Alias", "Properties": properties}
