"""The policies: every call that tests see is allowed, by a statement that is needed, and nothing else is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra import policies, rights
from infra.app import config
from tests.support import iam
from tests.support.recording import Use
from tests.support.rights import catalogue, policy

FUNCTIONS = sorted(rights.POLICIES)
GENERATIONS = "key/fluxvault-generation"

# What AWS calls by itself, with a function's rights and out of sight of any test; reasons stand with the statements.
BY_AWS = {
    "WriteItsLog": {"logs:CreateLogStream", "logs:PutLogEvents"},
    "LiveInTheNetwork": {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    },
    "Trace": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    "StagingUnderTheKey": {"kms:Decrypt", "kms:GenerateDataKey"},
    "TellWhatIsMissing": {"s3:ListBucket"},
    "TakeMessages": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
}

# What no test sees a function do yet, and it does.
UNSEEN = {
    ("janitor", "WriteRows", "dynamodb:ConditionCheckItem"): "clearing away a resource checks who left it",
    ("jobs", "MakeCopies", "s3:AbortMultipartUpload"): "a copy that fails is given up",
}

# What would hurt: none of it is any function's, but for what is named.
HARMFUL = [
    *((action, "table/keys") for action in ("dynamodb:DeleteItem", "dynamodb:UpdateItem")),
    *(("dynamodb:Scan", table) for table in ("table/accounts", "table/pins", "table/users", "table/keys")),
    ("dynamodb:DeleteTable", "table/pins"),
    ("dynamodb:UpdateTable", "table/pins"),
    ("dynamodb:PutItem", "elsewhere/pins"),
    ("dynamodb:GetItem", "elsewhere/keys"),
    ("s3:GetObject", "blobs/quarantine/*"),
    ("s3:DeleteObject", "blobs/quarantine/*"),
    ("s3:PutObject", "blobs/quarantine/*"),
    ("s3:PutBucketPolicy", "blobs"),
    ("s3:DeleteObjectVersion", "blobs/*"),
    ("s3:PutObject", "staging/elsewhere/*"),
    ("kms:Decrypt", "key/another-purpose"),
    ("kms:Encrypt", GENERATIONS),
    ("kms:ScheduleKeyDeletion", "key"),
    ("sqs:PurgeQueue", "queue"),
    ("iam:PassRole", "key"),
]
# What another function may, and this one must not.
NOT_OURS = {
    "internal": [
        ("dynamodb:GetItem", "table/pins"),
        ("dynamodb:GetItem", "table/accounts"),
        ("dynamodb:PutItem", "table/accounts"),
        ("s3:GetObject", "blobs/*"),
        ("s3:GetObject", "staging/uploads/*"),
    ],
    "public": [("dynamodb:Scan", "table/uploads"), ("s3:GetObject", "staging/uploads/*")],
    "jobs": [("dynamodb:PutItem", "table/keys"), ("dynamodb:GetItem", "table/users")],
    "janitor": [
        ("kms:Decrypt", GENERATIONS),
        ("s3:GetObject", "blobs/*"),
        ("s3:PutObject", "blobs/*"),
        ("dynamodb:PutItem", "table/keys"),
    ],
}


def forbidden(function: str) -> list[Use]:
    return [Use(function, *deed) for deed in (*HARMFUL, *NOT_OURS[function])]


def statement_names() -> list[tuple[str, str]]:
    return [(function, statement.sid) for function in FUNCTIONS for statement in rights.POLICIES[function]]


@pytest.mark.parametrize("name", [f"policy-{name}.json" for name in (*FUNCTIONS, "endpoint")])
def test_the_files_are_what_the_page_says(name: str) -> None:
    """If not: python -m infra.rights."""
    assert (config.CHALICE / name).read_text() == policies.files(rights.POLICIES)[name]


def test_each_function_of_a_stage_has_its_own_policy() -> None:
    chosen = {}
    for stage in config.stages():
        said = config.load()
        for name, function in {**said["lambda_functions"], **said["stages"][stage]["lambda_functions"]}.items():
            file = {**said["lambda_functions"][name], **function}["iam_policy_file"]
            chosen[stage, name] = file.removeprefix("policy-").removesuffix(".json")
    sides = {stage: config.stage(stage).side for stage in config.stages()}
    wanted = {(stage, name): sides[stage] if name == "api_handler" else name for stage, name in chosen}
    assert chosen == wanted
    assert not any(said["autogen_policy"] for said in (config.load(),))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_all_that_was_seen_is_allowed(function: str) -> None:
    seen = [use for use in catalogue() if use.function == function]
    assert len(seen) > 10
    assert [use for use in seen if not iam.allowed(policy(function), use)] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_that_would_hurt_is_allowed(function: str) -> None:
    assert [use for use in forbidden(function) if iam.allowed(policy(function), use)] == []


@pytest.mark.parametrize(("function", "sid"), statement_names())
def test_no_statement_can_be_spared(function: str, sid: str) -> None:
    statements = policy(function)
    others = [statement for statement in statements if statement["Sid"] != sid]
    assert len(others) == len(statements) - 1
    if sid in BY_AWS:
        (its,) = [statement for statement in statements if statement["Sid"] == sid]
        assert set(its["Action"]) == BY_AWS[sid]  # type: ignore[arg-type]
        return

    lost = [use for use in catalogue() if use.function == function and not iam.allowed(others, use)]
    opened = [use for use in forbidden(function) if iam.allowed(others, use)]
    assert lost or opened


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_action_is_used_by_somebody(function: str) -> None:
    seen = [use for use in catalogue() if use.function == function]
    idle = [
        (statement.sid, action)
        for statement in rights.POLICIES[function]
        if statement.effect == "Allow" and not statement.by_aws
        for action in statement.actions
        if (function, statement.sid, action) not in UNSEEN
        if not any(iam.meets({**resolved(statement), "Action": [action]}, use) for use in seen)
    ]
    assert idle == []


def resolved(statement: policies.Statement) -> Mapping[str, Any]:
    found: Mapping[str, Any] = iam.resolved(statement.document())
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_statement_has_a_reason_and_narrow_resources(function: str) -> None:
    for statement in rights.POLICIES[function]:
        assert len(statement.reason) > 20
        assert statement.effect == "Deny" or not any("*" in action for action in statement.actions)
        if "*" in statement.resources:
            assert statement.sid in {"LiveInTheNetwork", "Trace"}
            assert statement.when


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_fits_what_iam_takes(function: str) -> None:
    assert len(json.dumps(policy(function), separators=(",", ":"))) < 10_240 - 500


def test_the_internal_api_is_called_through_its_endpoint_alone() -> None:
    document = iam.resolved(json.loads((config.CHALICE / "policy-endpoint.json").read_text()))
    allow, deny = document["Statement"]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    assert deny["Principal"] == "*"
    assert deny["Condition"] == {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
