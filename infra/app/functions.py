"""The functions: what Chalice's template leaves open about them, or gets wrong."""

from typing import Any

from infra.app.config import RUNTIME, Function, Stage
from infra.stateful.names import DEPLOYMENT, Names, imported, own, sub

NO_VALUE = {"Ref": "AWS::NoValue"}
REPORT = ["ReportBatchItemFailures"]
"""What the worker answers with: which messages of a batch failed."""
MOST_JOBS_AT_ONCE = 20
"""Below what is reserved for the function, SQS would hand over messages that Lambda then refuses."""


def arn(function: str) -> dict[str, str]:
    """Where a function is, without a reference to it: its API and it know of each other."""
    return sub(f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{own(function)}")


def when(condition: str, value: Any) -> dict[str, Any]:
    """A value that is there under a condition."""
    return {"Fn::If": [condition, value, NO_VALUE]}


def environment(stage: Stage) -> dict[str, Any]:
    """The variables of a function, as far as CloudFormation knows them better than `.chalice/config.json`."""
    names = Names.deployed()
    api = f"https://${{RestAPI}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{stage.api_stage}"
    public = {"Fn::If": ["HasDomain", sub("https://${DomainName}"), sub(api)]} if stage.side == "public" else sub(api)
    return {
        "STAGE": {"Ref": DEPLOYMENT},
        "TABLE_PREFIX": sub(names.prefix),
        "BLOB_BUCKET": names.blob_bucket,
        "STAGING_BUCKET": names.staging_bucket,
        "KMS_KEY_ID": names.alias,
        "PUBLIC_URL": public,
        "JOBS_QUEUE_URL": sub(f"https://sqs.${{AWS::Region}}.${{AWS::URLSuffix}}/${{AWS::AccountId}}/{own('jobs')}"),
        "CACHE_URL": when("HasCache", imported("CacheUrl")),
    }


def properties(stage: Stage, function: Function) -> dict[str, Any]:
    """Properties that are added to, or replace, those that Chalice wrote."""
    network = {
        "SecurityGroupIds": [imported("FunctionGroup")],
        "SubnetIds": {"Fn::Split": [",", imported("Subnets")]},
    }
    made: dict[str, Any] = {
        "FunctionName": sub(own(function.name)),
        "Runtime": RUNTIME,
        "Environment": {"Variables": environment(stage)},
        "VpcConfig": when("HasCache", network),
        "Tracing": {"Fn::If": ["Traced", "Active", "PassThrough"]},
        # In the package's bucket a version stands for the code; its digest is what a person compares.
        "Description": sub("Fluxvault ${PackageDigest}"),
    }
    if function.concurrency is not None:
        # An account that is new has too little to reserve any of it.
        made["ReservedConcurrentExecutions"] = when("Reserved", function.concurrency)
    if function.name == "jobs":
        source = {
            "Queue": sub(f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{own('jobs')}"),
            "FunctionResponseTypes": REPORT,
            "ScalingConfig": {"MaximumConcurrency": MOST_JOBS_AT_ONCE},
        }
        made["Events"] = {"JobsSqsEventSource": {"Properties": source}}
    return made


def log_group(function: Function) -> dict[str, Any]:
    """Under the function's own name: Chalice's refers to a resource that is not in its template."""
    return {"LogGroupName": sub(f"/aws/lambda/{own(function.name)}")}
