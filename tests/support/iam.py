"""IAM's judgement over the policies of the functions, as far as they use it: wildcards, two conditions, deny first."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.support.recording import Use

ACCOUNT = "123456789012"
ROOM = f"us-east-1:{ACCOUNT}"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "Deployment": "prod",
}
KEY = f"arn:aws:kms:{ROOM}:key/1"
IMPORTED = {"fluxvault-prod-MasterKeyArn": KEY, "fluxvault-prod-ApiEndpoint": "vpce-1"}


def resolved(value: Any) -> Any:
    """What CloudFormation makes of a part of a template, every condition being true."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    match list(value):
        case ["Fn::Sub"]:
            text = value["Fn::Sub"]
            for name, put in VALUES.items():
                text = text.replace(f"${{{name}}}", put)
            assert "${" not in text
            return text
        case ["Fn::ImportValue"]:
            return IMPORTED[resolved(value["Fn::ImportValue"])]
        case ["Fn::If"]:
            return resolved(value["Fn::If"][1])
    return {name: resolved(one) for name, one in value.items()}


def arn(resource: str) -> str:
    """A resource of a kind that `recording` names."""
    kind, _, rest = resource.partition("/")
    buckets = {name: f"arn:aws:s3:::fluxvault-prod-{name}-{ACCOUNT}-us-east-1" for name in ("blobs", "staging")}
    if kind == "table":
        return f"arn:aws:dynamodb:{ROOM}:table/fluxvault-prod-{rest}"
    if kind in buckets:
        return f"{buckets[kind]}/{rest.replace('*', 'some/0')}" if rest else buckets[kind]
    if kind == "elsewhere":
        return f"arn:aws:dynamodb:{ROOM}:table/fluxvault-dev-{rest}"
    return {"queue": f"arn:aws:sqs:{ROOM}:fluxvault-prod-jobs", "key": KEY}[kind]


def context(resource: str) -> dict[str, str]:
    """What conditions may ask about a call: a key's purpose."""
    kind, _, purpose = resource.partition("/")
    return {"kms:EncryptionContext:purpose": purpose} if kind == "key" else {}


def allowed(statements: Iterable[Mapping[str, Any]], use: Use) -> bool:
    """Whether a policy, resolved, lets a function do that."""
    found = {statement["Effect"] for statement in statements if meets(statement, use)}
    return found == {"Allow"}


def meets(statement: Mapping[str, Any], use: Use) -> bool:
    """Whether a statement speaks of that."""
    known = context(use.resource)
    conditions = statement.get("Condition", {})
    assert set(conditions) <= {"StringEquals"}
    return (
        any(fnmatchcase(use.action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(arn(use.resource), pattern) for pattern in statement["Resource"])
        and all(known.get(name) == value for name, value in conditions.get("StringEquals", {}).items())
    )
