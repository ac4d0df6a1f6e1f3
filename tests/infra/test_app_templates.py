"""The templates of what runs: valid, all of it there, each route on its own side alone."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from infra.app import config
from infra.network import network
from infra.packaging import package
from infra.stateful.queues import JOB_SECONDS, VISIBILITY_SECONDS
from infra.stateful.stack import PARAMETER

STAGES = config.stages()
Template = dict[str, Any]

# What each side may have in common with the other one: health, its own description, and the answers to unknown paths.
OF_BOTH = {"/", "/docs", "/health", "/openapi.json", "/{unknown+}"}
INTERNAL = ("/api/v1/meta", "/api/v1/dek", "/api/v1/e/", "/api/v1/stats")
PUBLIC = ("/api/v0", "/v1", "/flux", "/account")
KINDS = {
    "public": {
        "AWS::Serverless::Api": 1,
        "AWS::Serverless::Function": 1,
        "AWS::IAM::Role": 1,
        "AWS::Logs::LogGroup": 1,
        "AWS::Lambda::Permission": 1,
        "AWS::CloudWatch::Alarm": 5,
        "AWS::CloudWatch::Dashboard": 1,
        "AWS::ApiGateway::DomainName": 1,
        "AWS::ApiGateway::BasePathMapping": 1,
        "AWS::Route53::RecordSet": 1,
    },
    "internal": {
        "AWS::Serverless::Api": 1,
        "AWS::Serverless::Function": 3,
        "AWS::IAM::Role": 3,
        "AWS::Logs::LogGroup": 3,
        "AWS::Lambda::Permission": 1,
        "AWS::CloudWatch::Alarm": 14,
        "AWS::CloudWatch::Dashboard": 1,
    },
}
MEMORY = {"APIHandler": (1769, 29), "Jobs": (1792, JOB_SECONDS), "Janitor": (512, 900)}


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return {name: package.app_template(config.stage(name), "digest") for name in STAGES}


def of_kind(template: Template, kind: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == kind}


def functions(template: Template) -> dict[str, Any]:
    return of_kind(template, "AWS::Serverless::Function")


def paths(template: Template) -> set[str]:
    return set(template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"])


def lint(*files: Path) -> str:
    program = str(Path(sys.executable).with_name("cfn-lint"))
    ran = subprocess.run([program, *map(str, files)], capture_output=True, text=True, timeout=120, check=False)
    return "" if ran.returncode == 0 else ran.stdout


def test_cfn_lint_accepts_them_and_would_not_accept_anything(templates: dict[str, Template], tmp_path: Path) -> None:
    named = {**templates, "network": network()}
    for name, template in named.items():
        package.write(tmp_path / f"{name}.json", template)
    broken = json.loads(json.dumps(templates["prod"]))
    broken["Resources"]["APIHandler"]["Properties"]["Timeout"] = "soon"
    package.write(tmp_path / "broken.json", broken)

    assert lint(*(tmp_path / f"{name}.json" for name in named)) == ""
    assert "E3012" in lint(tmp_path / "broken.json")


@pytest.mark.parametrize("stage", STAGES)
def test_all_of_it_is_there(templates: dict[str, Template], stage: str) -> None:
    kinds = Counter(resource["Type"] for resource in templates[stage]["Resources"].values())
    assert kinds == KINDS[config.stage(stage).side]


def test_each_route_is_on_its_own_side_alone(templates: dict[str, Template]) -> None:
    public, internal = paths(templates["prod"]), paths(templates["internal"])
    assert paths(templates["dev"]) == public
    assert {"/", "/health", "/{unknown+}"} <= public & internal <= OF_BOTH
    assert {path for path in public if path.startswith(INTERNAL)} == set()
    assert {path for path in internal if path.startswith(PUBLIC)} == set()
    assert {one for one in PUBLIC if not any(path.startswith(one) for path in public)} <= {"/flux"}
    assert {"/api/v1/meta", "/api/v1/dek/wrap", "/api/v1/dek/unwrap"} <= internal


def test_the_internal_side_is_reached_through_its_endpoint_alone(templates: dict[str, Template]) -> None:
    properties = templates["internal"]["Resources"]["RestAPI"]["Properties"]
    assert properties["EndpointConfiguration"]["Type"] == "PRIVATE"
    assert properties["EndpointConfiguration"]["VPCEndpointIds"]
    policy = properties["DefinitionBody"]["x-amazon-apigateway-policy"]
    assert [statement["Effect"] for statement in policy["Statement"]] == ["Allow", "Deny"]
    for stage in ("dev", "prod"):
        assert templates[stage]["Resources"]["RestAPI"]["Properties"]["EndpointConfiguration"] == {"Type": "REGIONAL"}


@pytest.mark.parametrize("stage", STAGES)
def test_each_function_has_its_size_its_environment_and_no_placeholder(
    templates: dict[str, Template], stage: str
) -> None:
    side = config.stage(stage).side
    for name, properties in functions(templates[stage]).items():
        assert (properties["MemorySize"], properties["Timeout"]) == MEMORY[name]
        assert properties["ReservedConcurrentExecutions"]["Fn::If"][1] >= 1
        assert properties["Runtime"] == config.RUNTIME
        assert properties["Architectures"] == ["x86_64"]
        assert properties["VpcConfig"]["Fn::If"][0] == "HasCache"
        variables = properties["Environment"]["Variables"]
        assert variables["SURFACE"] == side
        assert variables["STAGE"] == {"Ref": "Deployment"}
        assert {"TABLE_PREFIX", "BLOB_BUCKET", "STAGING_BUCKET", "KMS_KEY_ID", "PUBLIC_URL"} <= set(variables)
    # What the app was loaded with, to be packaged at all.
    assert "fluxvault-package" not in json.dumps(templates[stage])
    assert "fluxvault.invalid" not in json.dumps(templates[stage])


@pytest.mark.parametrize("stage", STAGES)
def test_each_function_has_a_log_that_ends_and_alarms(templates: dict[str, Template], stage: str) -> None:
    template = templates[stage]
    names = {properties["FunctionName"]["Fn::Sub"] for properties in functions(template).values()}
    groups = of_kind(template, "AWS::Logs::LogGroup").values()
    assert {group["LogGroupName"]["Fn::Sub"] for group in groups} == {f"/aws/lambda/{name}" for name in names}
    assert {group["RetentionInDays"] for group in groups} == {7 if stage == "dev" else 90}

    alarms = of_kind(template, "AWS::CloudWatch::Alarm").values()
    watched = Counter(
        dimension["Value"]["Fn::Sub"]
        for alarm in alarms
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "FunctionName"
    )
    assert {name for name in names if watched[name] < 3} == set()
    for alarm in alarms:
        assert alarm["AlarmActions"]
        assert len(alarm["AlarmDescription"]) > 20


@pytest.mark.parametrize("stage", STAGES)
def test_the_dashboard_shows_every_function(templates: dict[str, Template], stage: str) -> None:
    template = templates[stage]
    (board,) = of_kind(template, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = json.dumps([widget["properties"]["metrics"] for widget in widgets])
    names = {properties["FunctionName"]["Fn::Sub"] for properties in functions(template).values()}
    assert {name for name in names if name not in shown} == set()
    assert len({(widget["x"], widget["y"]) for widget in widgets}) == len(widgets) >= 8


def test_a_deployment_is_not_called_local() -> None:
    pattern = re.compile(PARAMETER["AllowedPattern"])
    assert [name for name in ("prod", "dev", "d2") if not pattern.fullmatch(name)] == []
    assert [name for name in ("local", "", "p", "Prod", "with-dash", "a" * 13) if pattern.fullmatch(name)] == []


def test_the_worker_takes_one_message_at_a_time_and_says_which_failed(templates: dict[str, Template]) -> None:
    worker = functions(templates["internal"])["Jobs"]
    (source,) = worker["Events"].values()
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["Properties"]["Queue"]["Fn::Sub"].endswith(":fluxvault-${Deployment}-jobs")
    at_once = source["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert at_once <= worker["ReservedConcurrentExecutions"]["Fn::If"][1]
    assert worker["Timeout"] * 6 <= VISIBILITY_SECONDS


def test_the_janitor_comes_every_hour_and_alone(templates: dict[str, Template]) -> None:
    janitor = functions(templates["internal"])["Janitor"]
    (schedule,) = janitor["Events"].values()
    assert schedule["Properties"]["Schedule"] == "rate(1 hour)"
    assert janitor["ReservedConcurrentExecutions"]["Fn::If"][1] == 1


@pytest.mark.parametrize("stage", STAGES)
def test_templates_stay_within_what_cloudformation_takes(
    templates: dict[str, Template], stage: str, tmp_path: Path
) -> None:
    package.write(tmp_path / "app.json", templates[stage])
    # `aws cloudformation package` writes it anew, with indentation: some three times as much; 1 MB is the limit.
    assert (tmp_path / "app.json").stat().st_size < 300_000
    # Each beginning of a path is a resource of API Gateway, which has 300 of an API by default.
    parts = [path.split("/") for path in paths(templates[stage])]
    assert len({tuple(one[:length]) for one in parts for length in range(1, len(one) + 1)}) < 300


def test_the_network_has_doors_for_what_is_used_and_no_way_out() -> None:
    resources = network()["Resources"]
    kinds = Counter(resource["Type"] for resource in resources.values())
    assert not {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"} & set(kinds)
    doors = [one for one in resources.values() if one["Type"] == "AWS::EC2::VPCEndpoint"]
    services = {door["Properties"]["ServiceName"]["Fn::Sub"].rsplit(".", 1)[1] for door in doors}
    assert services == {"dynamodb", "s3", "kms", "sqs", "execute-api"}
    for group in of_kind({"Resources": resources}, "AWS::EC2::SecurityGroup").values():
        for rule in group.get("SecurityGroupIngress", []):
            assert rule.get("CidrIp", "10.42.0.0/16") == "10.42.0.0/16"
    cache = resources["Cache"]["Properties"]
    assert cache["TransitEncryptionEnabled"]
    assert resources["CacheParameters"]["Properties"]["Properties"] == {"maxmemory-policy": "volatile-lru"}
