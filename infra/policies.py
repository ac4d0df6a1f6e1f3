"""What each function may do on AWS, statement by statement, each with its reason.

`python -m infra.policies` writes them to `.chalice/policy-*.json`, where `chalice package` finds them; a test holds the
files to this page, and another evaluates against them every call that the tests see a function make.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.aws import Table
from chalicelib.blobs import objects, staging
from infra.app.config import CHALICE
from infra.stateful.names import Names, imported, own, sub

VERSION = "2012-10-17"
READS = ("BatchGetItem", "GetItem", "Query")
WRITES = ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
_HERE = "${AWS::Region}:${AWS::AccountId}"
_NAMES = Names.deployed()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy.

    Attributes:
        sid: Its name, letters and digits.
        reason: Why the function has it.
        actions: With their service, such as `s3:GetObject`.
        resources: ARNs, as CloudFormation takes them.
        effect: `Allow`, or `Deny` for what a wide one must not reach.
        by_aws: The calls are AWS's own, with the function's rights: no test sees them.
        when: Condition of the template under which it is there.
        condition: Under which a call may be made.
    """

    sid: str
    reason: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    effect: str = "Allow"
    by_aws: bool = False
    when: str | None = None
    condition: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """As IAM takes it, or as CloudFormation decides over it."""
        made: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect, "Action": list(self.actions)}
        made["Resource"] = list(self.resources)
        if self.condition is not None:
            made["Condition"] = self.condition
        return made if self.when is None else {"Fn::If": [self.when, made, {"Ref": "AWS::NoValue"}]}


def tables(*models: type[Table]) -> tuple[Any, ...]:
    """The tables of models."""
    return tuple(table(model.Meta.table_name) for model in models)


def table(name: str) -> Any:
    """A table by its logical name; `*` for all of the deployment."""
    return sub(f"arn:${{AWS::Partition}}:dynamodb:{_HERE}:table/{own(name)}")


def dynamodb(*actions: str) -> tuple[str, ...]:
    """Actions on tables."""
    return tuple(f"dynamodb:{action}" for action in actions)


def blobs(rest: str = "/*") -> Any:
    """Objects of the blob bucket."""
    return sub(f"arn:${{AWS::Partition}}:s3:::{_NAMES.blob_bucket['Fn::Sub']}{rest}")


def staged(prefix: str | None) -> Any:
    """Objects of the staging bucket, below a prefix; the bucket itself if None."""
    rest = "" if prefix is None else f"/{prefix}*"
    return sub(f"arn:${{AWS::Partition}}:s3:::{_NAMES.staging_bucket['Fn::Sub']}{rest}")


QUEUE = sub(f"arn:${{AWS::Partition}}:sqs:{_HERE}:{own('jobs')}")
KEY = imported("MasterKeyArn")
UPLOADS, COPIES = staging.UPLOADS, staging.COPIES
QUARANTINE = objects.QUARANTINE


def runs(function: str) -> list[Statement]:
    """What AWS does with the rights of any function, as it runs it."""
    logs = f"arn:${{AWS::Partition}}:logs:{_HERE}:log-group:/aws/lambda/{own(function)}:*"
    return [
        Statement(
            "WriteItsLog",
            "Lambda writes what the function prints; the group is the template's, so none may be made",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            (sub(logs),),
            by_aws=True,
        ),
        Statement(
            "LiveInTheNetwork",
            "Lambda puts the function into the network of the cache; these actions know no narrower resource",
            (
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ),
            ("*",),
            by_aws=True,
            when="HasCache",
        ),
        Statement(
            "Trace",
            "Lambda sends traces where X-Ray is on; these actions know no narrower resource",
            ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
            ("*",),
            by_aws=True,
            when="Traced",
        ),
    ]


def staging_key(*actions: str) -> Statement:
    """What S3 does with the master key for whoever reads or writes the staging bucket."""
    return Statement(
        "StagingUnderTheKey",
        "S3 encrypts the staging bucket under the master key with the rights of whoever reads or writes there",
        tuple(f"kms:{action}" for action in actions),
        (KEY,),
        by_aws=True,
        condition={"StringEquals": {"kms:ViaService": sub("s3.${AWS::Region}.${AWS::URLSuffix}")}},
    )


def policy(statements: Iterable[Statement]) -> dict[str, Any]:
    """The document of a function's statements."""
    return {"Version": VERSION, "Statement": [statement.document() for statement in statements]}


def endpoint() -> dict[str, Any]:
    """The policy of the internal API: it is called through the network's own endpoint, or not at all."""
    everything = "execute-api:/*"
    through = {"aws:SourceVpce": imported("ApiEndpoint")}
    allow = {"Sid": "Call", "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": everything}
    deny = {**allow, "Sid": "FromElsewhere", "Effect": "Deny", "Condition": {"StringNotEquals": through}}
    return {"Version": VERSION, "Statement": [allow, deny]}


def write(policies: Mapping[str, Sequence[Statement]]) -> None:
    """Write all policy files."""
    for name, document in files(policies).items():
        (CHALICE / name).write_text(document)


def files(policies: Mapping[str, Sequence[Statement]]) -> dict[str, str]:
    """The policy files by name, as they should stand."""
    documents = {function: policy(statements) for function, statements in policies.items()}
    documents["endpoint"] = endpoint()
    return {f"policy-{name}.json": json.dumps(made, indent=2) + "\n" for name, made in documents.items()}
