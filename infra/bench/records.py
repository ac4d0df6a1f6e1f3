"""A long list of one user's records: what a page costs at its beginning, in its middle, and how many there are."""

import time
from collections.abc import Iterator
from typing import Any

from chalicelib.aws import current
from chalicelib.composition import Services
from chalicelib.metadata import ids
from chalicelib.metadata.tables import Record
from infra.bench.measure import counted, line

FEW, MANY = 1_000, 100_000
PAGE = 100


def run(system: Services) -> None:
    """Calls and read units of a page of 100 at 1,000 and at 100,000 records."""
    print("list of one user's records, a page of 100")
    for count in (FEW, MANY):
        user = f"bench-{count}"
        orders = _fill(user, count)
        middle = sorted(orders, reverse=True)[count // 2]
        for where, after in (("first page", None), ("middle", middle)):
            with counted(current()) as calls:
                rows, _ = system.metadata.of_user(user, PAGE, after)
            operations = ", ".join(calls)
            line(f"{count:>7,} records, {where}", f"{len(rows)} rows by {operations}, {_units(user, after)} read units")


def _fill(user: str, count: int) -> list[str]:
    owner, start = ids.owner_key(user), time.time()
    orders = [ids.new_order(now=start - at) for at in range(count)]
    for chunk in _chunks(orders):
        puts = [{"PutRequest": {"Item": _row(owner, order, user).serialize()}} for order in chunk]
        current().dynamodb.batch_write_item(RequestItems={Record.physical_name(): puts})
    return orders


def _row(owner: str, order: str, user: str) -> Record:
    return Record(
        owner=owner,
        order=order,
        user=user,
        filename_enc="f" * 64,
        size=1,
        mime_type="text/plain",
        dek_enc="d" * 400,
        uploaded=0,
    )


def _chunks(orders: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(orders), 25):
        yield orders[at : at + 25]


def _units(user: str, after: str | None) -> Any:
    owner = ids.owner_key(user)
    place = {"ExclusiveStartKey": Record.item_key(owner, after)} if after else {}
    answer = current().dynamodb.query(
        TableName=Record.physical_name(),
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": owner}},
        ConsistentRead=True,
        ScanIndexForward=False,
        Limit=PAGE,
        ReturnConsumedCapacity="TOTAL",
        **place,
    )
    return answer["ConsumedCapacity"]["CapacityUnits"]
