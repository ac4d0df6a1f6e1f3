"""The template that `chalice package --merge-template` puts over its own."""

import json
from typing import Any

from chalicelib.web.routing import VERBS
from infra.app import alarms, api, dashboard, functions
from infra.app.config import Stage
from infra.stateful.names import DEPLOYMENT
from infra.stateful.stack import PARAMETER

ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "${APIHandler.Arn}"


def merge(stage: Stage) -> dict[str, Any]:
    """All that Chalice does not know."""
    resources: dict[str, Any] = {"RestAPI": {"Properties": api.properties(stage)}}
    for function in stage.functions:
        resources[function.resource] = {"Properties": functions.properties(stage, function)}
        resources[function.log_group] = {"Properties": functions.log_group(function)}
        # A function that starts before its log group would make one itself, kept for ever.
        resources[function.resource]["DependsOn"] = function.log_group
    resources |= {**alarms.alarms(stage), "Dashboard": dashboard.dashboard(stage)}
    if stage.side == "public":
        resources |= api.domain()
    return {
        "Description": f"Fluxvault, the {stage.side} side of one deployment: what runs, and holds no state",
        "Parameters": _parameters(stage),
        "Conditions": _conditions(stage),
        "Resources": resources,
    }


def finished(template: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """Chalice's merged template, with the API no longer bound to the function that has to know its address.

    Every path has every verb (decision 3), and Chalice writes each one down: with as many paths as there are, that is
    close to the 1 MB that CloudFormation takes. API Gateway has a word for all of them.
    """
    (function,) = (one for one in stage.functions if one.resource == "APIHandler")
    text = json.dumps(template)
    plain = functions.arn(function.name)["Fn::Sub"]
    made: dict[str, Any] = json.loads(text.replace(_INTEGRATION, plain))
    paths = made["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for path, verbs in paths.items():
        paths[path] = {ANY: _same(path, list(verbs.values()))}
    return made


def _same(path: str, verbs: list[Any]) -> Any:
    if len(verbs) != len(VERBS) or any(verb != verbs[0] for verb in verbs):
        raise ValueError(f"{path} does not treat every verb alike")
    return verbs[0]


def _parameters(stage: Stage) -> dict[str, Any]:
    def choice(default: str, other: str, what: str) -> dict[str, Any]:
        return {"Type": "String", "Default": default, "AllowedValues": [default, other], "Description": what}

    deployment = {**PARAMETER, **({"Default": stage.deployment} if stage.deployment else {})}
    found = {
        DEPLOYMENT: deployment,
        "PackageDigest": {
            "Type": "String",
            "Default": "",
            "Description": "SHA-256 of the package, for a person to see",
        },
        "Cache": choice("none", "valkey", "Where records are cached: valkey is the one of the network stack"),
        "Reserve": choice("yes", "no", "Reserve concurrency; a new account of AWS has too little to do so"),
        "Tracing": choice("off", "on", "Trace calls with X-Ray"),
    }
    if stage.side == "public":
        found |= {
            "DomainName": {
                "Type": "String",
                "Default": "",
                "Description": "Domain of the API, such as api.example.com",
            },
            "CertificateArn": {"Type": "String", "Default": "", "Description": "Its certificate, of the same region"},
            "HostedZoneId": {"Type": "String", "Default": "", "Description": "Zone of Route 53 to put it in, if any"},
        }
    return found


def _conditions(stage: Stage) -> dict[str, Any]:
    def equal(parameter: str, value: str) -> dict[str, Any]:
        return {"Fn::Equals": [{"Ref": parameter}, value]}

    found = {
        "HasCache": equal("Cache", "valkey"),
        "Reserved": equal("Reserve", "yes"),
        "Traced": equal("Tracing", "on"),
    }
    if stage.side == "public":
        found["HasDomain"] = {"Fn::Not": [equal("DomainName", "")]}
        found["HasZone"] = {"Fn::And": [{"Condition": "HasDomain"}, {"Fn::Not": [equal("HostedZoneId", "")]}]}
    return found
