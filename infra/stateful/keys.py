"""The master key, and its alias."""

from typing import Any

from infra.stateful.names import Names
from infra.stateful.storage import retained


def master_key() -> dict[str, Any]:
    """The key that wraps key generations, and the staging bucket's; AWS replaces its material every year."""
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    statement = {
        "Sid": "AccountDecidesByIam",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {
        "Description": "Wraps Fluxvault's key generations",
        "EnableKeyRotation": True,
        "KeyPolicy": policy,
        # The longest there is: without it, nothing that is stored can be read ever again.
        "PendingWindowInDays": 30,
    }
    return retained("AWS::KMS::Key", properties)


def alias(names: Names) -> dict[str, Any]:
    """The name by which the functions know the key."""
    return {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": names.alias, "TargetKeyId": {"Ref": "MasterKey"}}}
