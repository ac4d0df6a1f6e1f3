"""The stack of what holds state, of one deployment."""

from collections.abc import Iterable
from typing import Any

from chalicelib.aws import Table
from infra.stateful import keys, queues, storage
from infra.stateful.names import APP, DEPLOYMENT, Names, exported

PARAMETER = {
    "Type": "String",
    "AllowedPattern": "(?!local$)[a-z][a-z0-9]{1,11}",
    "ConstraintDescription": "2 to 12 lower-case letters and digits, and not local",
    "Description": "Name of the deployment, such as prod: part of the name of all that belongs to it",
}
"""The parameter `Deployment` of every template; the length leaves room for the longest region in a bucket's name."""


def stack(tables: Iterable[type[Table]], names: Names, whose: str) -> dict[str, Any]:
    """Everything that holds state."""
    resources = {f"{model.__name__}Table": storage.table(model, names) for model in tables}
    resources |= {
        "BlobBucket": storage.blob_bucket(names),
        "BlobBucketPolicy": storage.bucket_policy("BlobBucket", keep=True),
        "StagingBucket": storage.staging_bucket(names),
        "StagingBucketPolicy": storage.bucket_policy("StagingBucket", keep=False),
        "MasterKey": keys.master_key(),
        "MasterKeyAlias": keys.alias(names),
        "Jobs": queues.jobs_queue(names),
        "JobsDeadLetters": queues.dead_letters(names),
        "QueuePolicy": queues.queue_policy("Jobs", "JobsDeadLetters"),
        "Alarms": queues.topic(names),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Fluxvault, {whose}: everything that holds state",
        "Resources": resources,
    }


def deployed(tables: Iterable[type[Table]]) -> dict[str, Any]:
    """The same as `make deploy` gives it to CloudFormation, for whatever deployment."""
    made = stack(tables, Names.deployed(), "one deployment")
    made["Parameters"] = {DEPLOYMENT: PARAMETER}
    made["Resources"] |= {
        "PackageBucket": storage.package_bucket(),
        "PackageBucketPolicy": storage.bucket_policy("PackageBucket", keep=True),
    }
    made["Outputs"] = {
        # Imported by the other stacks, so that this one cannot go before them.
        "MasterKeyArn": exported("MasterKeyArn", {"Fn::GetAtt": ["MasterKey", "Arn"]}),
        "PackageBucketName": {"Value": {"Ref": "PackageBucket"}},
        "BlobBucketName": {"Value": {"Ref": "BlobBucket"}},
        "StagingBucketName": {"Value": {"Ref": "StagingBucket"}},
        "AlarmTopic": {"Value": {"Ref": "Alarms"}},
    }
    made["Metadata"] = {"Application": APP}
    return made
