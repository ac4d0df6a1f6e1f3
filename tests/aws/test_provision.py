from typing import Any

from chalicelib.aws import Aws, Marker, scan
from infra.provision import provision
from infra.template import TABLES, template
from tests.aws.rows import Counter, commit, one_more
from tests.support.calls import Calls
from tests.support.system import System


def described(aws: Aws) -> dict[str, Any]:
    """All that was provisioned, as the service tells it."""
    tables = {name: aws.dynamodb.describe_table(TableName=name)["Table"] for name in names(aws)}
    expiry = {name: aws.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"] for name in tables}
    return {
        "tables": tables,
        "expiry": expiry,
        "buckets": [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]],
        "keys": aws.kms.list_keys()["Keys"],
        "aliases": [(alias["AliasName"], alias.get("TargetKeyId")) for alias in aws.kms.list_aliases()["Aliases"]],
    }


def names(aws: Aws) -> list[str]:
    return [properties["TableName"] for properties in table_properties(aws)]


def table_properties(aws: Aws) -> list[dict[str, Any]]:
    resources = template(aws.settings)["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == "AWS::DynamoDB::Table"]


def test_every_table_is_made_as_the_template_has_it(system: System) -> None:
    made = described(system.aws)

    assert len(table_properties(system.aws)) == len(TABLES)
    for wanted in table_properties(system.aws):
        table = made["tables"][wanted["TableName"]]
        assert table["KeySchema"] == wanted["KeySchema"]
        assert table["AttributeDefinitions"] == wanted["AttributeDefinitions"]
        attribute = wanted.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert made["expiry"][wanted["TableName"]].get("AttributeName") == attribute
    assert system.aws.settings.blob_bucket in made["buckets"]
    assert system.aws.settings.kms_key_id in dict(made["aliases"])


def test_provisioning_twice_changes_nothing(store: Aws) -> None:
    commit(one_more())
    before, calls = described(store), Calls(store)

    provision(store)

    assert {name for name in calls.made if not name.startswith("Describe")} == {"CreateTable", "CreateBucket"}
    assert described(store) == before
    assert [len(list(scan(model))) for model in (Counter, Marker)] == [1, 1]
