"""Tables and buckets."""

from typing import Any

from chalicelib.aws import Table
from chalicelib.blobs import objects
from infra.stateful.names import Names

QUARANTINED = {"Id": "quarantine", "Prefix": objects.QUARANTINE, "ExpirationInDays": 30}
"""An object that no row knows is kept for 30 days, once it was moved out of the way."""
DELETED = {
    "Id": "deleted",
    "Prefix": "",
    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
    "ExpiredObjectDeleteMarker": True,
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
"""What was deleted can be fetched back for a week, so that tables put back to a moment of it find their objects."""
STAGED = {
    "Id": "staged",
    "Prefix": "",
    "ExpirationInDays": 1,
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
"""Nothing of an upload or a copy outlives a day: a second net, below the janitor's."""
PACKAGES = {"Id": "packages", "Prefix": "", "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}


def retained(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A resource that stays when its stack goes, or when CloudFormation would replace it."""
    return {"Type": kind, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": properties}


def table(model: type[Table], names: Names) -> dict[str, Any]:
    """The table of a model: paid by use, guarded against deletion, with every second of 35 days to go back to."""
    properties = {
        "TableName": names.prefixed(model.Meta.table_name),
        "BillingMode": "PAY_PER_REQUEST",
        **model.key_schema(),
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    if (expires := model.ttl_attribute()) is not None:
        properties["TimeToLiveSpecification"] = {"AttributeName": expires, "Enabled": True}
    return retained("AWS::DynamoDB::Table", properties)


def blob_bucket(names: Names) -> dict[str, Any]:
    """The bucket of ciphertext."""
    properties = _bucket(names.blob_bucket, {"SSEAlgorithm": "AES256"}, QUARANTINED, DELETED)
    return retained("AWS::S3::Bucket", {**properties, "VersioningConfiguration": {"Status": "Enabled"}})


def staging_bucket(names: Names) -> dict[str, Any]:
    """The one place that holds plaintext: nothing in it is kept, and S3 itself encrypts it under our key."""
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["MasterKey", "Arn"]}}
    return {"Type": "AWS::S3::Bucket", "Properties": _bucket(names.staging_bucket, encryption, STAGED)}


def package_bucket() -> dict[str, Any]:
    """Where `make deploy` puts packages, for Lambda to fetch; older ones stay for a while, to go back to."""
    # Without a name of ours: nothing but the deployment needs to know it.
    properties = _bucket(None, {"SSEAlgorithm": "AES256"}, PACKAGES)
    return retained("AWS::S3::Bucket", {**properties, "VersioningConfiguration": {"Status": "Enabled"}})


def bucket_policy(bucket: str, *, keep: bool) -> dict[str, Any]:
    """Nobody comes without TLS, not even the account's owner; `keep` where the bucket stays as well."""
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
    properties = {"Bucket": {"Ref": bucket}, "PolicyDocument": policy}
    plain = {"Type": "AWS::S3::BucketPolicy", "Properties": properties}
    return retained("AWS::S3::BucketPolicy", properties) if keep else plain


def _bucket(name: Any, encryption: dict[str, Any], *rules: dict[str, Any]) -> dict[str, Any]:
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    default: dict[str, Any] = {"ServerSideEncryptionByDefault": encryption}
    if encryption["SSEAlgorithm"] == "aws:kms":
        # One call to KMS for many objects.
        default["BucketKeyEnabled"] = True
    properties = {
        "PublicAccessBlockConfiguration": dict.fromkeys(blocked, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [default]},
        "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **rule} for rule in rules]},
    }
    return properties if name is None else {"BucketName": name, **properties}
