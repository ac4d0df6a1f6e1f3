"""The network of a deployment: where the internal API is reached from, and where the functions live beside a cache.

There is no way out of it but to DynamoDB, S3, KMS and SQS, and of those only to what the deployment owns.
"""

from typing import Any

from infra.stateful.names import DEPLOYMENT, Names, exported, own, sub
from infra.stateful.stack import PARAMETER

RANGE = "10.42.0.0/16"
CACHE_PORT = 6379
ZONES = 2
WITH_CACHE = "HasCache"


def network() -> dict[str, Any]:
    """The stack."""
    resources = {**_ground(), **_gateways(), **_interfaces(), **_cache()}
    subnets = {"Fn::Join": [",", [{"Ref": name} for name in _subnets()]]}
    address = {"Fn::Sub": f"valkeys://${{Cache.PrimaryEndPoint.Address}}:{CACHE_PORT}"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Fluxvault, one deployment: the network of its internal side, and its cache",
        "Parameters": {
            DEPLOYMENT: PARAMETER,
            "CacheNodeType": {
                "Type": "String",
                "Default": "none",
                "Description": "Size of the Valkey server, such as cache.t4g.small; none for no cache",
            },
        },
        "Conditions": {WITH_CACHE: {"Fn::Not": [{"Fn::Equals": [{"Ref": "CacheNodeType"}, "none"]}]}},
        "Resources": resources,
        "Outputs": {
            "Subnets": exported("Subnets", subnets),
            "FunctionGroup": exported("FunctionGroup", {"Ref": "FunctionGroup"}),
            "ApiEndpoint": exported("ApiEndpoint", {"Ref": "ApiEndpoint"}),
            "CacheUrl": {**exported("CacheUrl", address), "Condition": WITH_CACHE},
        },
    }


def _subnets() -> list[str]:
    return [f"Subnet{zone}" for zone in range(ZONES)]


def _resource(kind: str, condition: str | None = None, /, **properties: Any) -> dict[str, Any]:
    made = {"Type": kind, "Properties": properties}
    return made if condition is None else {**made, "Condition": condition}


def _group(what: str, **more: Any) -> dict[str, Any]:
    return _resource("AWS::EC2::SecurityGroup", GroupDescription=what, VpcId={"Ref": "Vpc"}, **more)


def _rule(port: int, **peer: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}


def _ground() -> dict[str, Any]:
    tags = [{"Key": "Name", "Value": sub(own("network"))}]
    within = {"CidrIp": RANGE, "Description": "from within the network"}
    found = {
        "Vpc": _resource("AWS::EC2::VPC", CidrBlock=RANGE, EnableDnsSupport=True, EnableDnsHostnames=True, Tags=tags),
        "Routes": _resource("AWS::EC2::RouteTable", VpcId={"Ref": "Vpc"}, Tags=tags),
        "FunctionGroup": _group("Functions: nobody calls them here"),
        "EndpointGroup": _group("Doors to services of AWS", SecurityGroupIngress=[_rule(443, **within)]),
    }
    for zone, name in enumerate(_subnets()):
        found[name] = _resource(
            "AWS::EC2::Subnet",
            VpcId={"Ref": "Vpc"},
            AvailabilityZone={"Fn::Select": [zone, {"Fn::GetAZs": ""}]},
            CidrBlock=f"10.42.{zone}.0/24",
            MapPublicIpOnLaunch=False,
            Tags=tags,
        )
        found[f"{name}Routes"] = _resource(
            "AWS::EC2::SubnetRouteTableAssociation", SubnetId={"Ref": name}, RouteTableId={"Ref": "Routes"}
        )
    return found


def _gateways() -> dict[str, Any]:
    names = Names.deployed()
    buckets = [names.blob_bucket["Fn::Sub"], names.staging_bucket["Fn::Sub"]]
    tables = f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/{own('*')}"
    objects = [sub(f"arn:${{AWS::Partition}}:s3:::{bucket}{rest}") for bucket in buckets for rest in ("", "/*")]

    def door(service: str, resource: list[Any]) -> dict[str, Any]:
        statement = {"Effect": "Allow", "Principal": "*", "Action": f"{service}:*", "Resource": resource}
        return _resource(
            "AWS::EC2::VPCEndpoint",
            VpcEndpointType="Gateway",
            ServiceName=sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
            VpcId={"Ref": "Vpc"},
            RouteTableIds=[{"Ref": "Routes"}],
            PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        )

    return {"DynamoDbEndpoint": door("dynamodb", [sub(tables)]), "S3Endpoint": door("s3", objects)}


def _interfaces() -> dict[str, Any]:
    def door(service: str, condition: str | None) -> dict[str, Any]:
        return _resource(
            "AWS::EC2::VPCEndpoint",
            condition,
            VpcEndpointType="Interface",
            ServiceName=sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
            VpcId={"Ref": "Vpc"},
            SubnetIds=[{"Ref": name} for name in _subnets()],
            SecurityGroupIds=[{"Ref": "EndpointGroup"}],
            PrivateDnsEnabled=True,
        )

    return {
        # The only way to the internal API.
        "ApiEndpoint": door("execute-api", None),
        # The functions are in here only where there is a cache to reach.
        "KmsEndpoint": door("kms", WITH_CACHE),
        "SqsEndpoint": door("sqs", WITH_CACHE),
    }


def _cache() -> dict[str, Any]:
    functions = {"SourceSecurityGroupId": {"Ref": "FunctionGroup"}, "Description": "from the functions"}
    return {
        "CacheGroup": _group("The cache", SecurityGroupIngress=[_rule(CACHE_PORT, **functions)])
        | {"Condition": WITH_CACHE},
        "CacheSubnets": _resource(
            "AWS::ElastiCache::SubnetGroup",
            WITH_CACHE,
            Description="Fluxvault's cache",
            SubnetIds=[{"Ref": name} for name in _subnets()],
        ),
        "CacheParameters": _resource(
            "AWS::ElastiCache::ParameterGroup",
            WITH_CACHE,
            CacheParameterGroupFamily="valkey8",
            Description="Records go when there is no room, what guards them does not",
            Properties={"maxmemory-policy": "volatile-lru"},
        ),
        "Cache": _resource(
            "AWS::ElastiCache::ReplicationGroup",
            WITH_CACHE,
            ReplicationGroupDescription="Fluxvault's cache of records: one server, which may be lost",
            Engine="valkey",
            EngineVersion="8.0",
            CacheNodeType={"Ref": "CacheNodeType"},
            NumCacheClusters=1,
            AutomaticFailoverEnabled=False,
            CacheParameterGroupName={"Ref": "CacheParameters"},
            CacheSubnetGroupName={"Ref": "CacheSubnets"},
            SecurityGroupIds=[{"Ref": "CacheGroup"}],
            TransitEncryptionEnabled=True,
            AtRestEncryptionEnabled=True,
        ),
    }
