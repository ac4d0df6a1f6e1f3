"""What AWS needs that holds state, as a CloudFormation template made from the models themselves.

The local stack is created from this same template (`infra.provision`), so that what tests run on is what is deployed.
"""

from typing import Any

from chalicelib.apis.tables import ApiRow, ConnectionRow, EndedApiRow, PrefixRow
from chalicelib.aws import Marker, Table
from chalicelib.blobs import objects
from chalicelib.blobs.tables import BlobRow, TombstoneRow
from chalicelib.content.tables import AliasRow, ChildRow, FolderRow
from chalicelib.drive.tables import BatchRow, CopyRow, EntryRow, ManifestRow, PinRow, ThumbJobRow
from chalicelib.identity.tables import AccountRow, DriveKeyRow
from chalicelib.jobs.tables import ProgressRow
from chalicelib.keys.tables import Generation
from chalicelib.limits.tables import WindowRow
from chalicelib.members.tables import EnvironmentKeyRow, EnvironmentRow, ManagementKeyRow, RefreshRow, UserRow
from chalicelib.metadata.tables import Record, Total
from chalicelib.settings import Settings
from chalicelib.uploads.tables import FilesRow, PartRow, UploadRow

QUARANTINED = {"Id": "quarantine", "Prefix": objects.QUARANTINE, "ExpirationInDays": 30}
"""An object that no row knows is kept for 30 days, once it was moved out of the way."""
STAGED = {
    "Id": "staged",
    "Prefix": "",
    "ExpirationInDays": 1,
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
"""Nothing of an upload or a copy outlives a day: a second net, below the janitor's."""

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
    CopyRow,
    UploadRow,
    FilesRow,
    PartRow,
    UserRow,
    RefreshRow,
    EnvironmentRow,
    ManagementKeyRow,
    EnvironmentKeyRow,
    FolderRow,
    ChildRow,
    AliasRow,
    ApiRow,
    PrefixRow,
    ConnectionRow,
    EndedApiRow,
    Marker,
    ProgressRow,
    WindowRow,
)


def template(settings: Settings) -> dict[str, Any]:
    """The stateful stack of one stage: tables, the buckets, the KMS key under its alias."""
    resources = {f"{model.__name__}Table": _table(model, settings) for model in TABLES}
    resources |= {"BlobBucket": _blob_bucket(settings), "BlobBucketPolicy": _bucket_policy("BlobBucket")}
    resources |= {"StagingBucket": _staging_bucket(settings), "StagingBucketPolicy": _bucket_policy("StagingBucket")}
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


def _blob_bucket(settings: Settings) -> dict[str, Any]:
    # What `fsck` moved out of the way, and nobody has missed since.
    return _retained("AWS::S3::Bucket", _bucket(settings.blob_bucket, {"SSEAlgorithm": "AES256"}, QUARANTINED))


def _staging_bucket(settings: Settings) -> dict[str, Any]:
    # The one place that holds plaintext: nothing in it is kept, and S3 itself encrypts it under our key.
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["MasterKey", "Arn"]}}
    return {"Type": "AWS::S3::Bucket", "Properties": _bucket(settings.staging_bucket, encryption, STAGED)}


def _bucket(name: str, encryption: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return {
        "BucketName": name,
        "PublicAccessBlockConfiguration": dict.fromkeys(blocked, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": encryption}]},
        "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **rule}]},
    }


def _bucket_policy(bucket: str) -> dict[str, Any]:
    arn = {"Fn::GetAtt": [bucket, "Arn"]}
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, {"Fn::Join": ["/", [arn, "*"]]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": bucket}, "PolicyDocument": policy}}


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
