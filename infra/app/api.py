"""The REST API of a stage, and the domain that the public one may have."""

from typing import Any

from infra.app.config import Stage
from infra.stateful.names import imported, own, sub

RATE = {"public": 2000, "internal": 1000}
"""Calls a second that API Gateway lets through; the limits of accounts are below it, and the functions' own."""
BURST = 1000


def properties(stage: Stage) -> dict[str, Any]:
    """Properties that are added to, or replace, those that Chalice wrote."""
    every = {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "ThrottlingRateLimit": RATE[stage.side],
        "ThrottlingBurstLimit": BURST,
        # Bodies and paths are nobody's to log.
        "DataTraceEnabled": False,
    }
    endpoint: dict[str, Any] = {"Type": "REGIONAL"}
    if stage.side == "internal":
        endpoint = {"Type": "PRIVATE", "VPCEndpointIds": [imported("ApiEndpoint")]}
    return {
        "EndpointConfiguration": endpoint,
        # Without it SAM makes a second stage, called Stage.
        "OpenApiVersion": "2.0",
        "MethodSettings": [every],
        "TracingEnabled": {"Fn::If": ["Traced", True, False]},
        # Metrics go by this name, and another deployment's are its own.
        "DefinitionBody": {"info": {"title": sub(own(stage.side))}},
    }


def domain() -> dict[str, Any]:
    """Resources of the domain, each there only if a domain is given."""
    name = {
        "DomainName": {"Ref": "DomainName"},
        "RegionalCertificateArn": {"Ref": "CertificateArn"},
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_2",
    }
    mapping = {
        "DomainName": {"Ref": "Domain"},
        "RestApiId": {"Ref": "RestAPI"},
        "Stage": {"Ref": "RestAPI.Stage"},
    }
    record = {
        "HostedZoneId": {"Ref": "HostedZoneId"},
        "Name": {"Ref": "DomainName"},
        "Type": "A",
        "AliasTarget": {
            "DNSName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]},
            "HostedZoneId": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]},
        },
    }
    return {
        "Domain": {"Type": "AWS::ApiGateway::DomainName", "Condition": "HasDomain", "Properties": name},
        "DomainMapping": {
            "Type": "AWS::ApiGateway::BasePathMapping",
            "Condition": "HasDomain",
            "Properties": mapping,
        },
        "DomainRecord": {"Type": "AWS::Route53::RecordSet", "Condition": "HasZone", "Properties": record},
    }
